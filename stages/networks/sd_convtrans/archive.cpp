#include "stages/networks/sd_convtrans/archive.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <torch/csrc/jit/serialization/unpickler.h>

#include <cstring>
#include <fstream>
#include <stdexcept>

#include "stages/io/atomic_file.h"
#include "stages/networks/sd_convtrans/pickle_rewrite.h"

namespace depthmill::sd_convtrans {
namespace {

// First line of a LibTorch message, which carries a stack trace behind it.
std::string first_line(const std::string& what) { return what.substr(0, what.find('\n')); }

std::string leading_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file.string() + ": there is no such file, or it cannot be opened");
  std::string bytes(16, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

}  // namespace

c10::IValue read_archive(const std::filesystem::path& file) {
  const std::string head = leading_bytes(file);
  // Protocol 2, a ten-byte integer: the magic number with which the format of torch.save before 1.6 starts.
  if (head.compare(0, 4, "\x80\x02\x8a\x0a") == 0)
    throw std::runtime_error(
        file.string() +
        ": written in the old file format of torch.save (before PyTorch 1.6). Convert it once: python3 -c "
        "\"import torch; torch.save(torch.load('" +
        file.string() + "', map_location='cpu'), '" + file.stem().string() + ".zip" +
        file.extension().string() + "')\"");
  if (head.compare(0, 2, "PK") != 0)
    throw std::runtime_error(file.string() + ": not a checkpoint of torch.save (no zip archive)");
  try {
    caffe2::serialize::PyTorchStreamReader reader(file.string());
    const auto [bytes, size] = reader.getRecord("data.pkl");
    const std::string pickle = readable_for_libtorch({static_cast<const char*>(bytes.get()), size});
    std::size_t at = 0;
    torch::jit::Unpickler unpickler(
        [&](char* buffer, std::size_t wanted) {
          const std::size_t n = std::min(wanted, pickle.size() - at);
          std::memcpy(buffer, pickle.data() + at, n);
          at += n;
          return n;
        },
        nullptr, nullptr,
        [&](const std::string& name) { return std::get<0>(reader.getRecord("data/" + name)); },
        c10::Device(c10::kCPU));
    unpickler.set_version(reader.version());
    return unpickler.parse_ivalue();
  } catch (const std::exception& e) {
    throw std::runtime_error(file.string() +
                             ": cannot be read as a checkpoint (only tensors, numbers, text, lists and "
                             "dictionaries can): " +
                             first_line(e.what()));
  }
}

void write_archive(const std::filesystem::path& file, const c10::IValue& value) {
  const std::vector<char> bytes = torch::jit::pickle_save(value);
  io::write_whole_file(file, std::string_view(bytes.data(), bytes.size()));
}

c10::IValue entry(const c10::IValue& dictionary, const std::string& key) {
  if (!dictionary.isGenericDict()) return {};
  for (const auto& pair : dictionary.toGenericDict())
    if (pair.key().isString() && pair.key().toStringRef() == key) return pair.value();
  return {};
}

TensorMap tensors_of(const c10::IValue& dictionary) {
  TensorMap tensors;
  if (!dictionary.isGenericDict()) return tensors;
  for (const auto& pair : dictionary.toGenericDict())
    if (pair.key().isString() && pair.value().isTensor())
      tensors[pair.key().toStringRef()] = pair.value().toTensor();
  return tensors;
}

c10::impl::GenericDict make_dictionary() {
  return c10::impl::GenericDict(c10::StringType::get(), c10::AnyType::get());
}

c10::IValue dictionary_of(const TensorMap& tensors) {
  c10::impl::GenericDict dictionary = make_dictionary();
  for (const auto& [name, tensor] : tensors) dictionary.insert(name, tensor);
  return dictionary;
}

}  // namespace depthmill::sd_convtrans
