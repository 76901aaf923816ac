#include "stages/networks/libtorch/message.h"

#include <sstream>

namespace depthmill::networks {
namespace {

constexpr std::size_t kLongest = 400;  // characters; a manifest row should stay readable

std::string trimmed(const std::string& s) {
  const auto first = s.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return s.substr(first, s.find_last_not_of(" \t\r\n") - first + 1);
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

std::string short_torch_message(const std::string& what) {
  std::string first, cause;
  std::istringstream in(what);
  for (std::string line; std::getline(in, line);) {
    const std::string text = trimmed(line);
    if (text.starts_with("Exception raised from") || text.starts_with("frame #")) break;
    if (first.empty()) first = text;
    const auto colon = text.find("Error: ");
    // "RuntimeError: shape ..." at the start of a line, not in the middle of a quoted source line.
    if (colon != std::string::npos && text.find(' ') > colon) cause = text.substr(colon + 7);
  }
  std::string sentence = cause.empty() ? first : cause;
  if (const auto trace = sentence.find(" (function"); trace != std::string::npos) sentence.resize(trace);
  if (sentence.size() > kLongest) sentence = sentence.substr(0, kLongest) + " ...";
  return sentence.empty() ? "LibTorch gives no reason" : sentence;
}

bool says_out_of_memory(const std::string& what) {
  return has(what, "out of memory") || has(what, "can't allocate memory") || has(what, "not enough memory") ||
         has(what, "_STATUS_ALLOC_FAILED");  // cuBLAS's and cuDNN's workspaces
}

std::string load_failure(const std::string& file, const std::string& what, const std::string& version) {
  const bool newer_format = has(what, "maximum supported version") ||
                            has(what, "produced_file_format_version") ||
                            has(what, "Attempted to read a PyTorch file with version");
  const bool unknown_operator = has(what, "Unknown builtin op") || has(what, "unknown builtin op") ||
                                has(what, "Couldn't find an operator") ||
                                has(what, "Could not find operator") || has(what, "Unknown type name") ||
                                has(what, "Arguments for call are not valid");
  if (newer_format || unknown_operator) {
    std::string sentence = file + " needs a newer LibTorch than " + version;
    std::string remedy = "export the network with an older PyTorch";
    if (const auto op = what.find("builtin op: "); op != std::string::npos) {
      std::string name = what.substr(op + 12, what.find_first_of(" \n", op + 12) - op - 12);
      while (!name.empty() && name.back() == '.') name.pop_back();
      sentence += ", which does not know " + name;
      remedy = "export the network without that operator (docs/exporting.md)";
    } else if (unknown_operator) {
      sentence += " (" + short_torch_message(what) + ")";
    }
    return sentence + ": " + remedy + ", or build with " +
           (version.starts_with("1.") ? "LibTorch 2.x (scripts/setup.sh --libtorch cpu or cuda)"
                                      : "a newer one (scripts/fetch_libtorch.sh cpu or cuda, --version)");
  }
  if (has(what, "constants.pkl") || has(what, "data.pkl"))
    return file +
           " is a PyTorch archive but no TorchScript module (weights saved with torch.save?): export it "
           "with torch.jit.trace or torch.jit.script, see docs/exporting.md";
  if (has(what, "PytorchStreamReader") || has(what, "zip") || has(what, "magic number"))
    return file + " is no TorchScript file, or is damaged: " + short_torch_message(what);
  return file + " cannot be loaded: " + short_torch_message(what);
}

}  // namespace depthmill::networks
