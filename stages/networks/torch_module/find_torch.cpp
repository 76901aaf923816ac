#include "stages/networks/torch_module/find_torch.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "stages/io/array.h"
#include "stages/module/module.h"
#include "stages/networks/engine/blas_core.h"

namespace depthmill::networks {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "torch-", kEnding = ".so";

std::optional<fs::path> from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? std::optional<fs::path>(value) : std::nullopt;
}

// "torch-2.8.so" -> "2.8"; "" for a file of another name.
std::string version_of(const fs::path& module) {
  const std::string name = module.filename().string();
  if (!name.starts_with(kPrefix) || !name.ends_with(kEnding) || name.size() < kPrefix.size() + kEnding.size())
    return "";
  return name.substr(kPrefix.size(), name.size() - kPrefix.size() - kEnding.size());
}

std::pair<int, int> numbers_of(const std::string& version) {
  std::pair<int, int> both{0, 0};
  const char* const end = version.data() + version.size();
  const auto major = std::from_chars(version.data(), end, both.first);
  if (major.ec == std::errc() && major.ptr != end) std::from_chars(major.ptr + 1, end, both.second);
  return both;
}

// The first python3 of PATH, as it is named there and as what its links lead to: an environment's is a link to the
// system's.
std::vector<fs::path> pythons() {
  std::istringstream path(from_environment("PATH").value_or("").string());
  std::error_code ignored;
  for (std::string folder; std::getline(path, folder, ':');)
    if (const fs::path python = fs::path(folder) / "python3"; fs::exists(python, ignored))
      return {python, fs::canonical(python, ignored)};
  return {};
}

// The torch packages of Python environments, in the order in which they are tried. Python itself is not run.
std::vector<fs::path> packages() {
  std::vector<fs::path> environments, found;
  std::error_code ignored;
  environments.push_back(fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path());
  for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX"})
    if (const auto folder = from_environment(name)) environments.push_back(*folder);
  for (const fs::path& python : pythons()) environments.push_back(python.parent_path().parent_path());
  if (const auto home = from_environment("HOME")) environments.push_back(*home / ".local");
  for (const fs::path& environment : environments)
    for (const auto& entry : fs::directory_iterator(environment / "lib", ignored))
      if (entry.path().filename().string().starts_with("python3"))
        if (fs::path torch = entry.path() / "site-packages/torch";
            fs::exists(torch / "lib/libtorch.so", ignored) && std::ranges::find(found, torch) == found.end())
          found.push_back(std::move(torch));
  return found;
}

// Loads a package's libraries, so that a module which names them finds them loaded. What they name themselves lies
// beside them, or where they say. Returns the loader's sentence, "" when all went well.
std::string load_package(const fs::path& torch) {
  for (const char* name :
       {"libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"}) {
    const fs::path file = torch / "lib" / name;
    std::error_code ignored;
    if (!fs::exists(file, ignored)) continue;  // a build without CUDA
    if (const module::Library library(file, true); !library.loaded()) return library.why_not();
  }
  return "";
}

// Where the LibTorch lies that this process has loaded, as the system says; "" when it has none.
fs::path loaded_package() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (const auto at = line.find('/'); at != std::string::npos && line.ends_with("/libtorch_cpu.so"))
      return fs::path(line.substr(at)).parent_path().parent_path();
  return {};
}

struct Search {
  const TorchModule* module = nullptr;
  std::vector<FoundModule> found;
  std::string looked;  // where, for the sentence
};

// Tries one file; its fate goes into `found`.
void try_module(Search& search, const fs::path& file, const std::string& note) {
  const module::Library library(file);
  std::string& said = search.found.emplace_back(file).said;
  if (!library.loaded()) {
    said = library.why_not();
    return;
  }
  // The loader takes what LD_LIBRARY_PATH has, of whatever version.
  const fs::path torch = loaded_package();
  if (const std::string version = package_version(torch); !version.empty() && version != version_of(file)) {
    said = "the loader has given it LibTorch " + version + " of " + torch.string() +
           " (is that on LD_LIBRARY_PATH?); set DEPTHMILL_LIBTORCH to the folder of another one";
    return;
  }
  const auto theirs = library.function<BoundaryFunction>(kBoundaryName);
  const auto door = library.function<TorchModuleFunction>(kTorchModuleName);
  if (!theirs || !door)
    said = "no module of depthmill";
  else if (theirs() != boundary())
    said = std::string("of another build of depthmill (") + theirs() + "; the program: " + boundary() + ")";
  else {
    search.module = door();
    search.module->set_max_pixels(io::max_pixels());
    said = "loaded" + note;
  }
}

// With DEPTHMILL_LIBTORCH: the module of that version, and no other.
void try_given(Search& search, const std::vector<fs::path>& modules, const fs::path& torch) {
  const std::string version = package_version(torch);
  for (const fs::path& file : modules) {
    if (search.module || (!version.empty() && version_of(file) != version)) {
      search.found.push_back({file, search.module ? "not needed" : "DEPTHMILL_LIBTORCH is " + version});
      continue;
    }
    if (const std::string failed = load_package(torch); !failed.empty()) {
      search.found.push_back({file, "DEPTHMILL_LIBTORCH: " + failed});
      continue;
    }
    try_module(search, file, " with " + torch.string());
  }
}

void try_all(Search& search, const std::vector<fs::path>& modules) {
  const std::vector<fs::path> beside = packages();
  for (const fs::path& file : modules) {
    if (search.module) {
      search.found.push_back({file, "not needed"});
      continue;
    }
    try_module(search, file, "");
    if (search.module) continue;
    for (const fs::path& torch : beside) {
      if (package_version(torch) != version_of(file)) continue;
      if (const std::string failed = load_package(torch); !failed.empty()) {
        search.found.push_back({torch, failed});
        continue;
      }
      std::erase_if(search.found,
                    [&](const FoundModule& one) { return one.file == file; });  // tried once more
      try_module(search, file, " with " + torch.string());
      if (search.module) break;
    }
  }
  for (const fs::path& torch : beside)
    if (const std::string version = package_version(torch);
        std::ranges::find(modules, version, version_of) == modules.end())
      search.found.push_back({torch, "LibTorch " + version + ", for which there is no module here"});
}

Search searched() {
  Search search;
  std::vector<fs::path> folders, modules;
  if (const auto given = from_environment("DEPTHMILL_ENGINES"))
    folders = {*given};
  else
    folders = module::folders("engines");
  for (const fs::path& folder : folders) {
    search.looked += (search.looked.empty() ? "" : ", ") + folder.string();
    for (fs::path& file : list_modules(folder)) modules.push_back(std::move(file));
  }
  if (const auto torch = from_environment("DEPTHMILL_LIBTORCH"))
    try_given(search, modules, *torch);
  else
    try_all(search, modules);
  if (search.module) choose_blas_core();
  return search;
}

std::atomic<const TorchModule*> asked_for{nullptr};

const Search& search() {
  static const Search result = [] {
    Search made = searched();
    asked_for = made.module;
    return made;
  }();
  return result;
}

}  // namespace

const TorchModule* find_torch() { return search().module; }
const TorchModule* loaded_torch() { return asked_for; }
std::vector<FoundModule> found_modules() { return search().found; }

const TorchModule& torch() {
  if (const TorchModule* found = find_torch()) return *found;
  throw std::runtime_error(no_torch_sentence());
}

std::string no_torch_sentence() {
  const Search& made = search();
  const bool none =
      std::ranges::none_of(made.found, [](const FoundModule& one) { return !version_of(one.file).empty(); });
  std::string why;
  for (const FoundModule& one : made.found) why += "; " + one.file.string() + ": " + one.said;
  if (none)
    return "there is no engine for it here: " +
           (made.looked.empty() ? "no folder lib/depthmill/engines beside the program"
                                : "no torch-*.so in " + made.looked) +
           why +
           "; install libtorch-dev (or run scripts/setup.sh --libtorch cpu) and build again, or set "
           "DEPTHMILL_ENGINES to a folder with engines";
  return "no engine for it could be loaded" + why +
         "; set DEPTHMILL_LIBTORCH to the folder of its LibTorch ('depthmill info' lists the engines)";
}

std::vector<fs::path> list_modules(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (!version_of(entry.path()).empty()) files.push_back(entry.path());
  std::ranges::sort(files, std::ranges::greater(), [](const fs::path& file) {
    return std::pair(numbers_of(version_of(file)), file.string());
  });
  return files;
}

std::string package_version(const fs::path& torch) {
  std::ifstream in(torch / "version.py");
  for (std::string line; std::getline(in, line);) {
    const auto quote = line.find_first_of("'\"");
    if (!line.starts_with("__version__") || quote == std::string::npos) continue;
    const auto minor = line.find('.', quote);
    if (minor == std::string::npos) return "";
    return line.substr(quote + 1, line.find_first_not_of("0123456789", minor + 1) - quote - 1);
  }
  return "";
}

}  // namespace depthmill::networks
