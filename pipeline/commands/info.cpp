#include <cstdio>
#include <optional>

#include "metrics/sentence.h"
#include "pipeline/commands/all.h"
#include "pipeline/configs_folder.h"
#include "pipeline/registry.h"
#include "pipeline/stage_run.h"
#include "pipeline/version.h"
#include "stages/data/layout.h"
#include "stages/io/ini_folder.h"
#include "stages/io/plane_file.h"
#include "stages/networks/model_card.h"
#include "stages/networks/torch_module/find_torch.h"
#include "stages/pack/layout.h"
#include "stages/report/markup.h"
#include "stages/scoring/protocol_file.h"

namespace depthmill::pipeline {
namespace {

void print_list(const char* title, const std::vector<std::string>& names) {
  std::printf("%-12s", title);
  for (std::size_t i = 0; i < names.size(); ++i) std::printf("%s%s", i > 0 ? ", " : " ", names[i].c_str());
  std::printf("%s\n", names.empty() ? " none" : "");
}

void print_torch() {
  const networks::TorchModule* torch = networks::find_torch();
  std::printf("LibTorch     %s\n", torch ? torch->version().c_str() : networks::no_torch_sentence().c_str());
  for (const networks::FoundModule& one : networks::found_modules())
    std::printf("  %s: %s\n", one.file.c_str(), one.said.c_str());
  if (!torch) return;
  std::vector<std::string> devices;
  for (const networks::Device& device : torch->list_devices())
    devices.push_back(device.name + " (" + device.description + ")");
  print_list("devices", devices);
  if (const auto warning = torch->blas_warning(); !warning.empty())
    std::printf("warning      %s\n", warning.c_str());
}

struct Citation {
  std::string authors, year, title, code;
};

// "Authors YEAR, Title; code", the last such year being the one; the code may be absent.
std::optional<Citation> citation_of(const std::string& source) {
  const auto digit = [&](std::size_t at) { return source[at] >= '0' && source[at] <= '9'; };
  for (std::size_t comma = source.rfind(", "); comma != std::string::npos && comma > 5;
       comma = source.rfind(", ", comma - 1)) {
    const std::string year = source.substr(comma - 4, 4);
    if (source[comma - 5] != ' ' || !(year.starts_with("19") || year.starts_with("20")) ||
        !digit(comma - 2) || !digit(comma - 1))
      continue;
    const std::string rest = source.substr(comma + 2);
    const std::size_t end = rest.find(';');
    const bool code = end != std::string::npos;
    if (end == 0 || rest.empty() || (code && (rest.size() < end + 3 || rest[end + 1] != ' '))) continue;
    return Citation{source.substr(0, comma - 5), year, rest.substr(0, end), code ? rest.substr(end + 2) : ""};
  }
  return std::nullopt;
}

// An entry for the protocol: its source reads "Authors YEAR, Title; code", or it is taken as it is.
std::string bibtex(const metrics::Protocol& protocol) {
  std::string entry = "@misc{" + protocol.name;
  const auto field = [&](const char* name, const std::string& value) {
    if (!value.empty()) entry += std::string(",\n  ") + name + " = {" + report::latex_text(value) + "}";
  };
  if (const auto cited = citation_of(protocol.source)) {
    std::string authors = cited->authors;
    if (const auto others = authors.find(" et al."); others != std::string::npos)
      authors = authors.substr(0, others) + " and others";
    field("author", authors);
    field("year", cited->year);
    field("title", cited->title);
    field("howpublished", cited->code);
  } else {
    field("title", protocol.source);
  }
  field("note", "Evaluated as: " + metrics::protocol_sentence(protocol));
  return entry + "\n}\n";
}

int run_info(const ParsedCommand& parsed) {
  const auto configs = configs_folder();
  if (parsed.has("protocol")) {
    for (const metrics::Protocol& protocol : evaluate_protocols(parsed.config.evaluate)) {
      if (parsed.config.info.format == InfoFormat::kBibtex)
        std::fputs(bibtex(protocol).c_str(), stdout);
      else
        std::printf("%s: %s Source: %s.\n", protocol.name.c_str(),
                    metrics::protocol_sentence(protocol).c_str(), protocol.source.c_str());
    }
    return kExitOk;
  }
  std::printf("depthmill    %s\n", DEPTHMILL_VERSION);
  print_torch();
  print_list("stages", stage_names());
  print_list("protocols", io::list_ini(configs / "protocols"));
  print_list("models", io::list_ini(configs / "models"));
  std::printf("formats\n");
  for (const io::FileFormat* format : io::formats())
    std::printf("  %-10s %-22s %s%s\n", std::string(format->endings).c_str(), format->reads.text().c_str(),
                std::string(format->help).c_str(), format->writes.empty() ? " (read only)" : "");
  std::printf("planes\n");
  for (const PlaneRow& plane : plane_table())
    std::printf("  %-13s %-8s %-7s %s\n", plane.name, std::string(kind_name(plane.kind)).c_str(), plane.unit,
                plane.help);
  const auto print_row = [](const auto& row) {
    std::printf("  %-13s %s\n", std::string(row.name).c_str(), std::string(row.help).c_str());
  };
  std::printf("layouts\n");
  for (const data::Layout* layout : data::layouts()) print_row(*layout);
  std::printf("layouts that are packed\n");
  for (const pack::PackLayout* layout : pack::layouts()) print_row(*layout);
  std::printf("configs      %s\n", configs.c_str());
  return kExitOk;
}

}  // namespace

Command command_info() {
  return {
      "info", "version, devices, protocols, models, formats; a protocol in a sentence for a paper",
      R"(Says what this build can do. With --protocol NAME it prints the protocol as a sentence that a paper
can use, and its source; with --format bibtex as an entry for a bibliography.)",
      R"(  depthmill info
  depthmill info --protocol eigen
  depthmill info --protocol moge-affine --format bibtex
)",
      run_info};
}

}  // namespace depthmill::pipeline
