// Decoders that lie in modules of their own, lib/depthmill/codecs/<file>, because what they lean on is slow to load.
#pragma once

#include <string>

#include "stages/module/module.h"

namespace depthmill::io {

// The decoder of this name; nullptr and the reason where there is none. Ask once and keep the answer.
template <class Function>
struct CodecModule {
  Function* decode = nullptr;
  std::string why_not;

  CodecModule(const std::string& file, const char* name)
      : why_not("no lib/depthmill/codecs/" + file + " beside the program") {
    for (const auto& folder : module::folders("codecs")) {
      const module::Library library(folder / file);
      decode = library.function<Function>(name);
      if (decode) break;
      why_not =
          library.loaded() ? (folder / file).string() + " is no module of depthmill" : library.why_not();
    }
  }
};

}  // namespace depthmill::io
