#include "stages/run_folder/moved.h"

#include "stages/io/ini.h"
#include "stages/run_folder/shards.h"

namespace depthmill::run_folder {
namespace {

namespace fs = std::filesystem;

// Without "." and "..", and without a slash at the end.
fs::path plain(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

}  // namespace

Moved::Moved(const Call& call, const fs::path& run)
    : working_folder_(call.working_folder), run_(job_folder(plain(fs::absolute(run)))) {
  std::string out;
  try {
    out = io::IniFile::parse(call.settings, "settings").text("run", "out", "");
  } catch (const io::TextFileError&) {  // another version's
  }
  if (out.empty()) return;
  before_ = plain(working_folder_ / out);
  std::error_code absent;
  moved_ = before_ != run_ && !fs::equivalent(before_, run_, absent);
}

fs::path Moved::then(const fs::path& named) const { return plain(working_folder_ / named); }

fs::path Moved::now(const fs::path& named) const {
  const fs::path file = then(named);
  if (!moved_) return file;
  const fs::path below = file.lexically_relative(before_);
  if (below.empty()) return file;
  if (*below.begin() == "..") {  // of a project that was moved as a whole it lies beside the folder as it did
    const fs::path beside = plain(run_ / below);
    std::error_code absent;
    return !fs::exists(file, absent) && fs::exists(beside, absent) ? beside : file;
  }
  return below == "." ? run_ : run_ / below;
}

}  // namespace depthmill::run_folder
