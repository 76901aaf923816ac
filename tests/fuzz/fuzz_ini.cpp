// Any text as an INI file; what is read can be written and read back.
#include "stages/io/ini.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto ini = io::IniFile::parse(fuzz::text(data, size), "input.ini");
    std::string written;
    for (const auto& entry : ini.entries()) {
      if (!entry.section.empty()) written += "[" + entry.section + "]\n";
      try {
        written += entry.key + " = " + io::ini_value(entry.value) + "\n";
      } catch (const std::invalid_argument&) {
        return 0;  // a value with both quotes and comment signs has no spelling
      }
    }
    const auto again = io::IniFile::parse(written, "again.ini");
    fuzz::require(again.entries().size() == ini.entries().size(), "as many entries again");
    for (std::size_t i = 0; i < ini.entries().size(); ++i) {
      const auto &a = ini.entries()[i], &b = again.entries()[i];
      fuzz::require(a.section == b.section && a.key == b.key && a.value == b.value, "the same entries again");
    }
    for (const auto& entry : ini.entries()) {
      try {
        ini.numbers(entry.section, entry.key, {});
        ini.number(entry.section, entry.key, 0);
        ini.integer(entry.section, entry.key, 0);
        ini.flag(entry.section, entry.key, false);
      } catch (const io::TextFileError&) {
      }
    }
    ini.check_known({{"fill", {"alpha"}}});
  } catch (const io::TextFileError&) {
  }
  return 0;
}
