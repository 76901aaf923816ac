// Any bytes as the name of a scene or frame: the path stays inside and leads back. Any bytes as a sentence: one line
// of UTF-8.
#include "stages/base/quote.h"
#include "stages/io/safe_name.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view name = fuzz::text(data, size);
  for (const std::filesystem::path& path : {io::file_name(name), io::folder_name(name)}) {
    fuzz::require(io::name_of_file(path.generic_string()) == name, "the name comes back");
    fuzz::require(path.is_relative(), "below the folder it is put into");
    for (const std::filesystem::path& level : path) {
      fuzz::require(level.string().size() <= io::kLongestLevel + 1, "a level that file systems take");
      fuzz::require(!level.string().starts_with('.'), "no level leads up or is hidden");
    }
    for (const std::string& text : {path.string(), printable(name), in_quotes(name)})
      for (std::size_t at = 0; at < text.size(); at += shown_bytes(text, at))
        fuzz::require(shown_bytes(text, at) > 0, "it only shows itself");
  }
  return 0;
}
