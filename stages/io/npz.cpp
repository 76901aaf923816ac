#include "stages/io/npz.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stages/io/array.h"
#include "stages/io/h5_file.h"
#include "stages/io/npy.h"
#include "stages/io/ordinary_file.h"
#include "stages/io/suggest.h"
#include "stages/io/zip_file.h"

namespace depthmill::io {
namespace {

constexpr std::string_view kRecordEnding = ".npy";

std::vector<std::uint8_t> record(const ZipFile& zip, const std::string& name) {
  std::vector<std::uint8_t> bytes(zip.size(name).value_or(0));
  zip.read(name, bytes);
  return bytes;
}

std::vector<std::string> array_names(const ZipFile& zip) {
  std::vector<std::string> names;
  for (std::string& name : zip.names())
    if (name.ends_with(kRecordEnding)) names.push_back(name.substr(0, name.size() - kRecordEnding.size()));
  return names;
}

Array read_array(const ZipFile& zip, const PlaneSource& source, const std::string& name) {
  const std::string label = source.file.string() + ":" + name;
  return parse_npy(record(zip, name + std::string(kRecordEnding)), label);
}

Array read_npz(const PlaneSource& source, PlaneKind kind, std::string_view plane_name) {
  { const OrdinaryFile there(source.file); }  // no pipe, no empty file
  try {
    const ZipFile zip(source.file);
    const std::vector<std::string> names = array_names(zip);
    std::string name = source.name;
    if (name.empty()) {
      std::vector<DataSetInfo> there;
      for (const std::string& one : names) {
        // An array of something else (text, Python objects) is not the plane, and need not be readable.
        try {
          there.push_back({one, read_array(zip, source, one).shape});
        } catch (const FrameError&) {
          if (names.size() == 1) throw;
        }
      }
      name = choose_data_set(there, source, kind, plane_name);
    } else if (!zip.size(name + std::string(kRecordEnding))) {
      fail(FailureReason::kUnreadable, source.file.string(),
           "has no array '" + name + "' (there are: " + name_list(names) + ")" + did_you_mean(name, names));
    }
    return read_array(zip, source, name);
  } catch (const FrameError&) {
    throw;
  } catch (const std::runtime_error& e) {
    throw FrameError(FailureReason::kUnreadable, e.what());
  }
}

}  // namespace

std::vector<DataSetInfo> list_npz(const std::filesystem::path& file) {
  const OrdinaryFile there(file);  // no pipe, no empty file
  const ZipFile zip(file);
  PlaneSource source;
  source.file = file;
  std::vector<DataSetInfo> found;
  for (const std::string& name : array_names(zip)) {
    // An array of something else (text, Python objects) is not the plane, and need not be readable.
    try {
      found.push_back({name, read_array(zip, source, name).shape});
    } catch (const FrameError&) {
    }
  }
  return found;
}

constinit const FileFormat kNpzFormat{
    .endings = "npz",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kLabels, PlaneKind::kNormals},
    .depth_bits = 64,
    .has_names = true,
    .help = "NumPy arrays in a zip; FILE:NAME",
    .read = read_npz,
};

}  // namespace depthmill::io
