#include "stages/io/h5_file.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include "stages/io/atomic_file.h"
#include "stages/io/h5_bytes.h"
#include "stages/io/h5_handle.h"
#include "stages/io/h5_large_file.h"
#include "stages/io/h5_layout.h"
#include "stages/io/h5_object.h"
#include "stages/io/stack.h"
#include "stages/io/suggest.h"

namespace depthmill::io {
namespace {

hid_t native_type(Element e) {
  switch (e) {
    case Element::kU8:
      return H5T_NATIVE_UINT8;
    case Element::kI8:
      return H5T_NATIVE_INT8;
    case Element::kU16:
      return H5T_NATIVE_UINT16;
    case Element::kI16:
      return H5T_NATIVE_INT16;
    case Element::kU32:
      return H5T_NATIVE_UINT32;
    case Element::kI32:
      return H5T_NATIVE_INT32;
    case Element::kU64:
      return H5T_NATIVE_UINT64;
    case Element::kI64:
      return H5T_NATIVE_INT64;
    case Element::kF32:
      return H5T_NATIVE_FLOAT;
    case Element::kF64:
      return H5T_NATIVE_DOUBLE;
  }
  return H5I_INVALID_HID;
}

// Objects of the file by name, each once: the first of its names, in the order of names.
class H5Listing {
 public:
  explicit H5Listing(H5Bytes& file) : file_(file) { add_group(file.root(), "", 0); }
  const std::vector<DataSetInfo>& sets() const { return sets_; }

 private:
  void add_group(H5Address group, const std::string& path, int depth) {
    constexpr int kMostDepth = 64;
    constexpr std::size_t kMostSets = 1'000'000;
    if (depth > kMostDepth || !seen_.insert(group).second) return;
    std::map<std::string, H5Address> links;
    h5_visit_links(file_, group, [&](const std::string& name, H5Address header) {
      // MATLAB's own: #refs#, #subsystem#.
      if (depth > 0 || !name.starts_with('#')) links.emplace(name, header);
      return links.size() >= kMostSets;
    });
    for (const auto& [name, header] : links) {
      if (sets_.size() >= kMostSets) return;
      const auto messages = h5_messages(file_, header);
      if (!h5_find(messages, H5Message::kLayout)) {
        add_group(header, path + name + "/", depth + 1);
      } else if (seen_.insert(header).second) {
        const auto shape = h5_shape(file_, messages);
        if (shape && h5_number(file_, messages))
          sets_.push_back({path + name, {shape->now.begin(), shape->now.end()}});
      }
    }
  }

  H5Bytes& file_;
  std::set<H5Address> seen_;
  std::vector<DataSetInfo> sets_;
};

// The object that a path leads to, or nothing.
std::optional<H5Address> find_object(H5Bytes& file, std::string_view path) {
  H5Address at = file.root();
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    if (name.empty()) continue;
    std::optional<H5Address> found;
    h5_visit_links(file, at, [&](const std::string& link, H5Address header) {
      if (link == name) found = header;
      return found.has_value();
    });
    if (!found) return std::nullopt;
    at = *found;
  }
  return at;
}

std::vector<DataSetInfo> list_open(H5Bytes& file, H5Layout layout) {
  std::vector<DataSetInfo> found = H5Listing(file).sets();
  if (layout == H5Layout::kMatlab)
    for (DataSetInfo& set : found) std::reverse(set.shape.begin(), set.shape.end());
  return found;
}

}  // namespace

std::vector<DataSetInfo> list_h5(const std::filesystem::path& file, H5Layout layout) {
  H5Bytes bytes(file);
  return list_open(bytes, layout);
}

Array read_h5(const std::filesystem::path& path, const std::string& name, H5Layout layout) {
  const std::string label = path.string() + ":" + name;
  H5Bytes file(path);
  const auto header = find_object(file, name);
  const auto messages = header ? h5_messages(file, *header) : std::vector<H5Message>{};
  if (!h5_find(messages, H5Message::kLayout)) {
    std::vector<std::string> names;
    for (const auto& info : list_open(file, layout)) names.push_back(info.name);
    fail(FailureReason::kUnreadable, path.string(),
         "has no data set '" + name + "' (there are: " + name_list(names) + ")" + did_you_mean(name, names));
  }
  const auto number = h5_number(file, messages);
  const auto shape = h5_shape(file, messages);
  if (!number || !shape) fail(FailureReason::kUnreadable, label, "does not hold plain numbers");
  Array a{{shape->now.begin(), shape->now.end()}, number->element(), {}};
  const std::size_t count = checked_count(a.shape, label);
  auto stored = h5_read_numbers(file, messages, *shape, number->size, count * number->size, label);
  if (number->stored_as_read()) {
    a.bytes = std::move(stored);
  } else {
    a.bytes.resize(count * element_size(a.element));
    number->convert(stored, a.bytes);
  }
  if (layout == H5Layout::kRowMajor) return a;
  std::reverse(a.shape.begin(), a.shape.end());
  return from_column_major(std::move(a));
}

std::string choose_data_set(std::span<const DataSetInfo> there, const PlaneSource& source, PlaneKind kind,
                            std::string_view plane_name) {
  std::string names;
  std::vector<std::string> fitting;
  for (const auto& info : there) {
    names += (names.empty() ? "" : ", ") + info.name;
    const bool stack = StackScope::active() && (maps_in_stack(info.shape, kind, false) > 0 ||
                                                maps_in_stack(info.shape, kind, true) > 0);
    if (!fits(info.shape, kind) && !stack) continue;
    if (info.name == plane_name) return info.name;
    fitting.push_back(info.name);
  }
  if (fitting.size() == 1) return fitting[0];
  if (there.empty()) fail(FailureReason::kUnreadable, source.text(), "holds no data set of numbers");
  fail(FailureReason::kUnreadable, source.text(),
       std::string(fitting.empty() ? "no data set in it has the shape of this plane"
                                   : "several data sets in it could be this plane, say FILE:NAME") +
           " (there are: " + names + ")");
}

std::vector<std::uint8_t> h5_bytes(const std::filesystem::path& file, const std::function<bool(hid_t)>& fill,
                                   std::string_view user_block) {
  std::vector<std::uint8_t> image(user_block.begin(), user_block.end());
  const H5Session session;
  // Nothing of it touches the disk: a file whose last bytes found no room can neither be closed nor let go,
  // and the library then crashes when the process ends.
  const H5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  const H5Handle create(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  const bool in_memory = access.ok() && H5Pset_fapl_core(access, std::size_t{1} << 20, 0) >= 0 &&
                         create.ok() && H5Pset_userblock(create, user_block.size()) >= 0;
  H5Handle out(in_memory ? H5Fcreate(file.c_str(), H5F_ACC_TRUNC, create, access) : H5I_INVALID_HID,
               H5Fclose);
  const bool filled = out.ok() && fill(out) && H5Fflush(out, H5F_SCOPE_GLOBAL) >= 0;
  const ssize_t size = filled ? H5Fget_file_image(out, nullptr, 0) : -1;
  // The library hands out what stands behind the user block.
  if (size > 0) image.resize(user_block.size() + static_cast<std::size_t>(size));
  if (size <= 0 ||
      H5Fget_file_image(out, image.data() + user_block.size(), static_cast<std::size_t>(size)) != size ||
      !out.close())
    throw std::runtime_error(file.string() + ": cannot be written as HDF5");
  return image;
}

void write_h5_whole(const std::filesystem::path& file, const std::function<bool(hid_t)>& fill,
                    std::string_view user_block) {
  write_whole_file(file, h5_bytes(file, fill, user_block));
}

void write_large_h5_whole(const std::filesystem::path& file, const std::function<bool(hid_t)>& fill,
                          std::string_view user_block) {
  H5LargeFile out(file, user_block);
  out.fill(fill);
  out.close();
}

void write_h5(const std::filesystem::path& file, const std::string& name, const Array& array) {
  write_h5_whole(file, [&](hid_t out) {
    const std::vector<hsize_t> dims(array.shape.begin(), array.shape.end());
    const H5Handle space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), H5Sclose);
    const H5Handle create(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const H5Handle link(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    if (!space.ok() || !create.ok() || !link.ok()) return false;
    H5Pset_obj_track_times(create, 0);
    H5Pset_create_intermediate_group(link, 1);
    const hid_t type = native_type(array.element);
    const H5Handle set(H5Dcreate2(out, name.c_str(), type, space, link, create, H5P_DEFAULT), H5Dclose);
    return set.ok() && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.bytes.data()) >= 0;
  });
}

constinit const FileFormat kHdf5Format{
    .endings = "h5 hdf5",
    .reads = {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kCodes, PlaneKind::kAccel, PlaneKind::kLabels,
              PlaneKind::kNormals},
    .writes = {PlaneKind::kDepth},
    .depth_bits = 64,
    .depth_word = "h5",
    .has_names = true,
    .help = "HDF5, row-major; FILE:NAME",
    .read =
        [](const PlaneSource& source, PlaneKind kind, std::string_view plane_name) {
          constexpr auto kLayout = H5Layout::kRowMajor;
          const bool named = !source.name.empty();
          return read_h5(
              source.file,
              named ? source.name : choose_data_set(list_h5(source.file, kLayout), source, kind, plane_name),
              kLayout);
        },
    .write = [](const std::filesystem::path& file, const cv::Mat& m, PlaneKind,
                const WriteOptions& options) { write_h5(file, options.name, to_array(m)); },
};

}  // namespace depthmill::io
