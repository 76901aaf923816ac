// Any text as an INI file; what is read can be written and read back.
#include "stages/io/key_table.h"
#include "tests/fuzz/fuzz_support.h"

using namespace depthmill;

namespace {

template <class T>
void read_as(const std::string& text) {
  T value{}, again{};
  try {
    io::read_value(text, value);
  } catch (const std::invalid_argument&) {
    return;
  }
  io::read_value(io::write_value(value), again);
  fuzz::require(value == again, "the same value again");
}

}  // namespace

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
    // Every value as every type: it is refused with a reason, or written so that it reads back.
    for (const auto& entry : ini.entries()) {
      read_as<bool>(entry.value);
      read_as<int>(entry.value);
      read_as<std::uint64_t>(entry.value);
      read_as<double>(entry.value);
      read_as<std::vector<double>>(entry.value);
      read_as<std::array<double, 3>>(entry.value);
    }
    static const std::vector<io::Key<double>> table = {
        io::key<double>(
            "fill", "alpha", [](auto& value) -> auto& { return value; })
            .above(0)};
    double alpha = 1;
    io::read_keys(ini, table, alpha);
    fuzz::require(alpha > 0, "a value in its range");
  } catch (const io::TextFileError&) {
  }
  return 0;
}
