// What LibTorch's exceptions mean, in one sentence: its own messages carry stack traces and the model's
// source. Private to this room, as is what out of memory reads like: others ask is_out_of_memory().
#pragma once

#include <string>

namespace depthmill::networks {

// The cause out of a message with traces: the last "SomethingError: ..." line of an interpreter trace, else
// the first line.
std::string short_torch_message(const std::string& what);

// Does the message of an exception, of whatever type, say that the device has no memory left?
bool says_out_of_memory(const std::string& what);

// Why FILE did not load: not TorchScript, or made by a newer PyTorch than `version` reads.
std::string load_failure(const std::string& file, const std::string& what, const std::string& version);

}  // namespace depthmill::networks
