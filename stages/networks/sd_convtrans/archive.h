// Zip archives of pickled values, the file format of torch.save and of our checkpoints, and safetensors. Private to the
// room (torch header).
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "stages/networks/sd_convtrans/torch_api.h"

namespace depthmill::sd_convtrans {

using TensorMap = std::map<std::string, at::Tensor>;

// Nothing of the file is run, and nothing is handed to LibTorch's own reader (pickle.h). Dictionaries keep
// their text keys alone. Throws std::runtime_error naming the file: absent, old format (with the command that
// converts it), no archive, a record whose CRC-32 or length is wrong, Python objects other than numbers,
// text, lists, dictionaries and tensors.
c10::IValue read_archive(const std::filesystem::path& file);

// Whole or not at all. Python's torch.load reads the result.
void write_archive(const std::filesystem::path& file, const c10::IValue& value);

// A dictionary: the tensors under `model`, and the texts of the file's metadata by their names. Throws
// std::runtime_error naming the file.
c10::IValue read_safetensors(const std::filesystem::path& file);

// Whole or not at all. Python's safetensors.torch.load_file reads the result. Tensors are contiguous, on the processor.
void write_safetensors(const std::filesystem::path& file, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata);

// The value of a text key of a dictionary, or None.
c10::IValue entry(const c10::IValue& dictionary, const std::string& key);
// The tensors of a dictionary by name; other values are left out.
TensorMap tensors_of(const c10::IValue& dictionary);
c10::IValue dictionary_of(const TensorMap& tensors);

// Dictionary of text to anything.
c10::impl::GenericDict make_dictionary();

}  // namespace depthmill::sd_convtrans
