// Which LibTorch there is: finds the modules of engines, loads one, and says why not the others. A process has one
// LibTorch, chosen when it is first asked for; a command that never asks loads none of it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "stages/networks/torch_module/torch_module.h"

namespace depthmill::networks {

struct FoundModule {
  std::filesystem::path file;  // of a package: its folder
  std::string said;            // "loaded", or why it is not
};

// The module that is loaded; nullptr when none could be. Modules lie in the folder DEPTHMILL_ENGINES where that is
// set, else in lib/depthmill/engines beside the program. The newest LibTorch whose module loads is taken. A module
// whose LibTorch the system's loader does not find is tried with that of a Python environment of the same version:
// site-packages/torch of the environment in which the program is installed, of VIRTUAL_ENV, of CONDA_PREFIX, of the
// first python3 of PATH, of the user's own packages (~/.local).
// DEPTHMILL_LIBTORCH, a folder with lib/libtorch.so, is taken before all others and instead of them.
// Safe to call from several threads; the search is made once.
const TorchModule* find_torch();

// Throws std::runtime_error with no_torch_sentence() where find_torch() has none.
const TorchModule& torch();

// As find_torch(), but looks for nothing: nullptr until somebody has asked for it.
const TorchModule* loaded_torch();

// Why there is no module, and what to do; one sentence.
std::string no_torch_sentence();

// Every module of the search, with what became of it; and torch packages that could not be loaded, or for whose version
// there is no module.
std::vector<FoundModule> found_modules();

// The modules of a folder, those of the newest LibTorch first (2.10 is newer than 2.8).
std::vector<std::filesystem::path> list_modules(const std::filesystem::path& folder);

// The version of a torch package's folder by its version.py, "2.8"; "" when it has none.
std::string package_version(const std::filesystem::path& torch);

}  // namespace depthmill::networks
