// An engine: one way to have a network. Each is a row of the table in stages/networks/engines.h; whatever library it
// leans on, it shows none of it here.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "stages/networks/engine/network.h"
#include "stages/networks/engine/precision.h"

namespace depthmill::networks {

// What an engine is asked for. Of the card: file, select and value.
struct NetworkRequest {
  std::filesystem::path file = {};  // weights
  std::string select =
      {};            // which of several outputs: a number, or a key, nested "0.depth"; "" = there is one
  double value = 1;  // metres, of the engine that answers with one depth
  std::string device = "auto";  // auto | cpu | cuda | cuda:N | cuda:0,cuda:1 (the network once on each)
  Precision precision = Precision::kFp32;  // of weights and arithmetic; input and output stay float32
  int intra_op_threads = 0;                // of one forward pass on the processor; 0 = as the library likes
  bool optimise = true;                    // freeze, fuse and reorder; off = run the file as it was saved
};

struct Device {
  std::string name;         // as NetworkRequest::device takes it: "cpu", "cuda:0"
  std::string description;  // e.g. "8 threads by default", "visible to LibTorch 2.8.0"
};

struct Exported {
  cv::Size picture;    // that the written network takes
  std::string engine;  // by which the written file runs
  std::string remark;  // what loading had to say; empty = nothing
};

struct Engine {
  std::string_view name;          // the word of a card's key `backend`
  std::string_view endings = {};  // of its files, with blanks between: ".pt .ts"; empty = it needs no file
  std::string_view file = {};     // what such a file is called
  std::string_view remedy = {};   // where one comes from, when a card names none
  std::string_view devices;       // kinds of device it runs on, with blanks between: "cpu cuda"
  bool fixed_size = false;        // its files are for one size of picture each, see Network::picture()
  // Throws std::runtime_error: no such file, no file of its kind, device absent, precision not possible, the engine's
  // module not to be found.
  std::unique_ptr<Network> (*load)(const NetworkRequest& request) = nullptr;
  // Writes FILE's network in another format, which the ending of OUT says: weights in a format of the engine's own, for
  // every other ending TorchScript, which answers in metres. Null where that is not possible. Throws
  // std::runtime_error.
  Exported (*export_file)(const std::filesystem::path& file, const std::filesystem::path& out) = nullptr;
};

}  // namespace depthmill::networks
