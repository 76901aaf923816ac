#include "stages/networks/sd_convtrans/archive.h"

#include <torch/csrc/jit/serialization/pickle.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "stages/io/atomic_file.h"
#include "stages/io/ordinary_file.h"
#include "stages/io/zip_file.h"
#include "stages/networks/sd_convtrans/pickle.h"
#include "stages/networks/sd_convtrans/safetensors.h"

namespace depthmill::sd_convtrans {
namespace {

std::string leading_bytes(const std::filesystem::path& file) {
  if (const auto refusal = io::refusal_of(file))
    throw std::runtime_error(file.string() + ": " + refusal->why);
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file.string() + ": cannot be opened");
  std::string bytes(16, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

constexpr std::pair<StorageType, c10::ScalarType> kTypes[] = {
    {StorageType::kFloat, c10::kFloat}, {StorageType::kDouble, c10::kDouble},
    {StorageType::kHalf, c10::kHalf},   {StorageType::kBFloat16, c10::kBFloat16},
    {StorageType::kLong, c10::kLong},   {StorageType::kInt, c10::kInt},
    {StorageType::kShort, c10::kShort}, {StorageType::kChar, c10::kChar},
    {StorageType::kByte, c10::kByte},   {StorageType::kBool, c10::kBool},
};

c10::ScalarType scalar_type(StorageType type) {
  for (const auto& [stored, scalar] : kTypes)
    if (stored == type) return scalar;
  throw std::logic_error("a storage of no type");
}

StorageType storage_type(c10::ScalarType type) {
  for (const auto& [stored, scalar] : kTypes)
    if (scalar == type) return stored;
  throw std::logic_error("a tensor of a type that no checkpoint has");
}

// The values of a pickle with the tensors' own memory: each record is read once, whoever shares it.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file), zip_(file) {
    // All records lie in one folder named after the file that was once written.
    for (const std::string& name : zip_.names())
      if (name == "data.pkl" || name.ends_with("/data.pkl"))
        folder_ = name.substr(0, name.size() - 8), found_ = true;
    if (!found_) refuse("it has no record data.pkl");
    if (zip_.size(folder_ + "byteorder") && zip_.read_text(folder_ + "byteorder") != "little")
      refuse("its numbers are big-endian");
  }

  c10::IValue read() {
    const std::string pickle = zip_.read_text(folder_ + "data.pkl");
    try {
      return value_of(*parse_pickle(pickle));
    } catch (const PickleError& e) {
      refuse(e.what());
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw std::runtime_error(file_.string() + ": cannot be read as a checkpoint: " + why);
  }

  at::Tensor tensor_of(const StoredTensor& stored) {
    const std::string record = folder_ + "data/" + stored.record;
    const std::size_t bytes = zip_.size(record).value_or(0);
    const std::size_t item = item_size(stored.type);
    if (bytes / item < static_cast<std::size_t>(stored.storage_items))
      refuse("its record data/" + stored.record + " has " + std::to_string(bytes) + " bytes, too few for " +
             std::to_string(stored.storage_items) + " numbers of " + std::to_string(item) + " bytes");
    auto [at, fresh] = storages_.try_emplace(stored.record);
    if (fresh) {
      at->second = at::empty({static_cast<int64_t>(bytes)}, at::kByte);
      if (bytes > 0) zip_.read(record, {at->second.data_ptr<std::uint8_t>(), bytes});
    }
    return at::empty({0}, scalar_type(stored.type))
        .set_(at->second.storage(), stored.offset, stored.sizes, stored.strides);
  }

  c10::IValue value_of(const PickledValue& value) {
    struct Visitor {
      Reader& reader;
      c10::IValue operator()(std::monostate) const { return {}; }
      c10::IValue operator()(bool b) const { return b; }
      c10::IValue operator()(std::int64_t n) const { return n; }
      c10::IValue operator()(double x) const { return x; }
      c10::IValue operator()(const std::string& s) const { return s; }
      c10::IValue operator()(const StoredTensor& t) const { return reader.tensor_of(t); }
      c10::IValue operator()(const PickledList& l) const {
        c10::impl::GenericList list(c10::AnyType::get());
        for (const auto& item : l) list.push_back(reader.value_of(*item));
        return list;
      }
      c10::IValue operator()(const PickledDictionary& d) const {
        c10::impl::GenericDict dictionary = make_dictionary();
        for (const auto& [key, item] :
             d)  // an optimizer's state has numbers for keys, which nobody here asks for
          if (const auto* name = std::get_if<std::string>(&key->data))
            dictionary.insert_or_assign(*name, reader.value_of(*item));
        return dictionary;
      }
    };
    return std::visit(Visitor{*this}, value.data);
  }

  std::filesystem::path file_;
  io::ZipFile zip_;
  std::string folder_;
  bool found_ = false;
  std::map<std::string, at::Tensor> storages_;  // bytes of each record
};

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
  return Reader(file).read();
}

void write_archive(const std::filesystem::path& file, const c10::IValue& value) {
  const std::vector<char> bytes = torch::jit::pickle_save(value);
  io::write_whole_file(file, std::string_view(bytes.data(), bytes.size()));
}

c10::IValue read_safetensors(const std::filesystem::path& file) {
  const io::OrdinaryFile in(file);
  const auto text_at = [&](std::uint64_t at, std::uint64_t size) {
    std::string text(static_cast<std::size_t>(std::min(size, in.size() - at)), '\0');
    if (!text.empty()) in.read(at, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return text;
  };
  SafetensorsHeader header;
  std::size_t data = 0;
  try {
    const std::size_t json = safetensors_header_size(text_at(0, kSafetensorsLengthBytes), in.size());
    data = kSafetensorsLengthBytes + json;
    header = parse_safetensors(text_at(kSafetensorsLengthBytes, json), in.size() - data);
  } catch (const SafetensorsError& e) {
    throw std::runtime_error(file.string() + ": cannot be read as safetensors: " + e.what());
  }
  TensorMap tensors;
  for (const auto& [name, stored] : header.tensors) {
    at::Tensor tensor = at::empty(stored.shape, scalar_type(stored.type));
    if (stored.end > stored.begin)
      in.read(data + stored.begin,
              {static_cast<std::uint8_t*>(tensor.data_ptr()), stored.end - stored.begin});
    tensors[name] = tensor;
  }
  c10::impl::GenericDict dictionary = make_dictionary();
  for (const auto& [key, value] : header.metadata) dictionary.insert_or_assign(key, value);
  dictionary.insert_or_assign("model", dictionary_of(tensors));
  return dictionary;
}

void write_safetensors(const std::filesystem::path& file, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata) {
  SafetensorsHeader header;
  header.metadata = metadata;
  // Wider items first, as Python's library has them: each tensor then begins at a multiple of its item.
  std::vector<std::pair<std::string, at::Tensor>> in_order(tensors.begin(), tensors.end());
  std::ranges::stable_sort(in_order, std::ranges::greater(),
                           [](const auto& one) { return one.second.element_size(); });
  std::size_t at = 0;
  for (const auto& [name, tensor] : in_order) {
    SafeTensor& stored = header.tensors[name];
    stored.type = storage_type(tensor.scalar_type());
    stored.shape = tensor.sizes().vec();
    stored.begin = at;
    stored.end = at += tensor.nbytes();
  }
  std::string bytes = safetensors_text(header);
  bytes.reserve(bytes.size() + at);
  for (const auto& [name, tensor] : in_order)
    bytes.append(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
  io::write_whole_file(file, bytes);
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
