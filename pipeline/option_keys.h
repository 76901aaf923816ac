// Keys with the commands that take them, as the table of options (options_table.cpp) is put together from.
#pragma once

#include <string>
#include <vector>

#include "pipeline/options.h"

namespace depthmill::pipeline {

using Commands = std::vector<std::string>;

// A key of one part of the configuration and the commands that take it.
template <class S>
struct Taken {
  io::Key<S> key;
  Commands commands;
};

std::vector<Taken<DataSettings>> data_keys();

// Names of the layouts that are read.
std::vector<std::string> read_layout_names();

}  // namespace depthmill::pipeline
