#include "stages/networks/engine/blas_core.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>

namespace depthmill::networks {
namespace {

// Of the OpenBLAS that is loaded; what a module brings along is not among the process's own symbols.
template <class Function>
Function* symbol(const char* name) {
  void* const library = ::dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_NOLOAD);
  void* const found = ::dlsym(library ? library : RTLD_DEFAULT, name);
  if (library) ::dlclose(library);
  return reinterpret_cast<Function*>(found);
}

constexpr const char* kVariable = "OPENBLAS_CORETYPE";

}  // namespace

ProcessorFeatures processor_features() {
#if defined(__x86_64__)
  ProcessorFeatures features;
  features.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  features.avx512 = features.avx2 && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return features;
#else
  return {};
#endif
}

std::string better_core(const std::string& core, const ProcessorFeatures& features) {
  if (core.empty() || !features.avx2) return "";
  // Those with AVX2 and beyond. Haswell on a processor with AVX-512 is a choice, not a fall: of AMD's, or of a build
  // without it.
  constexpr const char* kGood[] = {"Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"};
  if (std::ranges::find(kGood, core) != std::end(kGood)) return "";
  return features.avx512 ? "SkylakeX" : "Haswell";
}

std::string openblas_core() {
  const auto name = symbol<char*()>("openblas_get_corename");
  return name ? name() : "";
}

void choose_blas_core() {
  if (std::getenv(kVariable)) return;
  const std::string better = better_core(openblas_core(), processor_features());
  const auto quit = symbol<void()>("gotoblas_dynamic_quit"), init = symbol<void()>("gotoblas_dynamic_init");
  if (better.empty() || !quit || !init) return;
  ::setenv(kVariable, better.c_str(), 0);
  quit();
  init();
}

}  // namespace depthmill::networks
