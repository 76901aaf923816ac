// The table of engines: what a card's `backend` may name. A new engine is its file and a row in engines.cpp.
#pragma once

#include <span>
#include <string_view>

#include "stages/networks/engine/engine.h"

namespace depthmill::networks {

// The first is that of a file given without a card.
std::span<const Engine> engines();

// nullptr when no engine has this name.
const Engine* find_engine(std::string_view name);

}  // namespace depthmill::networks
