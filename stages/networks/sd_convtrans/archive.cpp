#include "stages/networks/sd_convtrans/archive.h"

#include <torch/csrc/jit/serialization/pickle.h>

#include <fstream>
#include <map>
#include <stdexcept>

#include "stages/io/atomic_file.h"
#include "stages/io/ordinary_file.h"
#include "stages/io/zip_file.h"
#include "stages/networks/sd_convtrans/pickle.h"

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

c10::ScalarType scalar_type(StorageType type) {
  switch (type) {
    case StorageType::kFloat:
      return c10::kFloat;
    case StorageType::kDouble:
      return c10::kDouble;
    case StorageType::kHalf:
      return c10::kHalf;
    case StorageType::kBFloat16:
      return c10::kBFloat16;
    case StorageType::kLong:
      return c10::kLong;
    case StorageType::kInt:
      return c10::kInt;
    case StorageType::kShort:
      return c10::kShort;
    case StorageType::kChar:
      return c10::kChar;
    case StorageType::kByte:
      return c10::kByte;
    case StorageType::kBool:
      return c10::kBool;
  }
  throw std::logic_error("a storage of no type");
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
