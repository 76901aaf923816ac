#include "stages/run_folder/plane_files.h"

#include <stdexcept>
#include <string>

#include "stages/base/planes.h"
#include "stages/io/safe_name.h"

namespace depthmill::run_folder {
namespace fs = std::filesystem;
namespace {

fs::path with_ending(const fs::path& folder, std::string_view scene, std::string_view frame,
                     std::string_view plane_name, std::string_view ending) {
  fs::path file = scene.empty() ? folder : folder / io::folder_name(scene);  // an empty scene adds no level
  file /= io::file_name(frame);
  file += "." + std::string(plane_name) + "." + std::string(ending);
  return file;
}

const io::FileFormat& written_format(std::string_view plane_name, const io::FileFormat& depth_format) {
  const PlaneKind kind = plane_kind(plane_name);
  if (kind == PlaneKind::kDepth) {
    const PlaneRow* row = find_plane_row(plane_name);
    const bool exact = row && row->traits.exact;
    return exact && depth_format.depth_bits < 64 ? *io::formats_for(kind).front() : depth_format;
  }
  for (const io::FileFormat* format : io::formats())
    if (format->writes.has(kind)) return *format;
  throw std::invalid_argument("plane '" + std::string(plane_name) + "' is read, never written");
}

}  // namespace

fs::path plane_path(const fs::path& run, std::string_view scene, std::string_view frame,
                    std::string_view plane_name, const io::FileFormat& depth_format) {
  return with_ending(run / "planes", scene, frame, plane_name,
                     written_format(plane_name, depth_format).ending());
}

fs::path find_plane(const fs::path& run, std::string_view scene, std::string_view frame,
                    std::string_view plane_name) {
  return find_plane_below(run / "planes", scene, frame, plane_name);
}

fs::path find_plane_below(const fs::path& folder, std::string_view scene, std::string_view frame,
                          std::string_view plane_name) {
  for (const io::FileFormat* format : io::formats_for(plane_kind(plane_name))) {
    const fs::path file = with_ending(folder, scene, frame, plane_name, format->ending());
    std::error_code ignored;
    if (fs::exists(file, ignored)) return file;
  }
  return {};
}

}  // namespace depthmill::run_folder
