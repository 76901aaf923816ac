// "1 frame", "2 frames".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace depthmill {

inline std::string counted(std::size_t number, std::string_view what) {
  return std::to_string(number) + " " + std::string(what) + (number == 1 ? "" : "s");
}

}  // namespace depthmill
