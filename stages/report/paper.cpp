#include "stages/report/paper.h"

#include <cmath>

#include "stages/io/json_text.h"
#include "stages/report/markup.h"
#include "stages/report/pictures.h"

namespace depthmill::report {
namespace {

std::string latex_arrow(Better better) {
  if (better == Better::kLower) return "\\,$\\downarrow$";
  if (better == Better::kHigher) return "\\,$\\uparrow$";
  return {};
}

std::string latex_cell(const Cell& cell) {
  if (cell.text.empty()) return "--";
  // A minus sign or an exponent is mathematics; digits alone are set alike in both.
  std::string text = cell.text;
  if (const auto e = text.find('e'); e != std::string::npos)
    text = "$" + text.substr(0, e) + "\\times10^{" + std::to_string(std::stoi(text.substr(e + 1))) + "}$";
  else if (text == "inf" || text == "-inf")
    text = text[0] == '-' ? "$-\\infty$" : "$\\infty$";
  else if (text[0] == '-')
    text = "$" + text + "$";
  const std::string behind = cell.interval.empty() ? "" : "\\,{\\scriptsize " + cell.interval + "}";
  if (cell.mark == Mark::kBest) return "\\textbf{" + text + "}" + behind;
  if (cell.mark == Mark::kSecond) return "\\underline{" + text + "}" + behind;
  return text + behind;
}

std::string lost_note(const Table& table) {
  std::string note;
  for (const Row& row : table.rows)
    if (row.failed + row.skipped > 0)
      note += (note.empty() ? "" : "; ") + row.label + ": " + std::to_string(row.failed) + " failed, " +
              std::to_string(row.skipped) + " skipped";
  return note.empty() ? note : "Frames without a result: " + note + ".";
}

std::string json_lost(const std::vector<run_folder::ManifestRow>& frames) {
  std::string out = "[";
  for (const run_folder::ManifestRow& f : frames) {
    if (out.size() > 1) out += ',';
    out += "\n        {\"scene\": " + io::json_text(f.scene) + ", \"frame\": " + io::json_text(f.frame) +
           ", \"stage\": " + io::json_text(f.stage) + ", \"reason\": " + io::json_text(f.reason) +
           ", \"detail\": " + io::json_text(f.detail) + "}";
  }
  return out + (out.size() > 1 ? "\n      ]" : "]");
}

const char* better_text(Better better) {
  return better == Better::kLower ? "\"lower\"" : better == Better::kHigher ? "\"higher\"" : "null";
}

}  // namespace

std::string tables_latex(std::span<const Table> tables) {
  std::string out =
      "% Needs \\usepackage{booktabs,graphicx}. Made from the runs' CSV files; do not edit by hand.\n";
  for (const Table& table : tables) {
    out +=
        "\n\\begin{table}[t]\n\\centering\n\\caption{Protocol \\texttt{" + latex_text(table.protocol) + "}";
    if (!table.sentence.empty()) out += "\\textsuperscript{$\\ast$}";
    out += ".";
    if (table.rows.size() > 1) out += " Best in bold, second underlined.";
    // A table that is wider than its column is made as narrow.
    out +=
        "}\n\\label{tab:" + file_name_of(table.protocol) +
        "}\n\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n\\begin{tabular}{@{}l" +
        std::string(table.columns.size() + 1, 'r') + "@{}}\n\\toprule\nMethod";
    for (const MetricName& column : table.columns) out += " & " + column.latex + latex_arrow(column.better);
    out += " & Images \\\\\n\\midrule\n";
    for (const Row& row : table.rows) {
      out += latex_text(row.label);
      for (const Cell& cell : row.cells) out += " & " + latex_cell(cell);
      out += " & " + std::to_string(row.images) + " \\\\\n";
    }
    out += "\\bottomrule\n\\end{tabular}}\n";
    const auto note = [&](const std::string& text) {
      out += "\\par\\smallskip\n\\parbox{\\linewidth}{\\scriptsize\\sloppy\\emergencystretch=3em " + text +
             "}\n";
    };
    if (!table.sentence.empty()) note("\\textsuperscript{$\\ast$} " + latex_text(table.sentence));
    if (const std::string lost = lost_note(table); !lost.empty()) note(latex_text(lost));
    for (const std::string& remark : table.remarks) note(latex_text(remark));
    out += "\\end{table}\n";
  }
  return out;
}

std::string report_json(std::span<const Table> tables, std::span<const RunData> runs) {
  std::string out = "{\n  \"tables\": [";
  for (std::size_t t = 0; t < tables.size(); ++t) {
    const Table& table = tables[t];
    out += std::string(t ? "," : "") + "\n    {\"protocol\": " + io::json_text(table.protocol) +
           ",\n      \"sentence\": " + io::json_text(table.sentence) + ",\n      \"metrics\": [";
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      out += std::string(c ? ", " : "") + "{\"key\": " + io::json_text(table.columns[c].key) +
             ", \"better\": " + better_text(table.columns[c].better) +
             ", \"unit\": " + io::json_text(table.columns[c].unit) + "}";
    out += "],\n      \"rows\": [";
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      const Row& row = table.rows[r];
      auto count = [&](std::size_t n) { return row.has_manifest ? std::to_string(n) : std::string("null"); };
      out += std::string(r ? "," : "") + "\n        {\"run\": " + io::json_text(row.label) +
             ", \"images\": " + std::to_string(row.images) + ", \"failed\": " + count(row.failed) +
             ", \"skipped\": " + count(row.skipped) + ", \"values\": {";
      for (std::size_t c = 0; c < row.cells.size(); ++c)
        out += std::string(c ? ", " : "") + io::json_text(table.columns[c].key) + ": " +
               io::json_number(row.cells[c].value);
      out += "}";
      std::string intervals;
      for (std::size_t c = 0; c < row.cells.size(); ++c)
        if (!std::isnan(row.cells[c].low))
          intervals += std::string(intervals.empty() ? "" : ", ") + io::json_text(table.columns[c].key) +
                       ": [" + io::json_number(row.cells[c].low) + ", " + io::json_number(row.cells[c].high) +
                       "]";
      if (!intervals.empty()) out += ", \"interval95\": {" + intervals + "}";
      out += "}";
    }
    out += "],\n      \"remarks\": [";
    for (std::size_t i = 0; i < table.remarks.size(); ++i)
      out += std::string(i ? ", " : "") + io::json_text(table.remarks[i]);
    out += "]}";
  }
  out += "\n  ],\n  \"runs\": [";
  for (std::size_t r = 0; r < runs.size(); ++r)
    out += std::string(r ? "," : "") + "\n    {\"label\": " + io::json_text(runs[r].label) +
           ",\n      \"failed\": " + json_lost(runs[r].failed) +
           ",\n      \"skipped\": " + json_lost(runs[r].skipped) +
           ",\n      \"config\": " + io::json_text(runs[r].config) + "}";
  return out + "\n  ]\n}\n";
}

}  // namespace depthmill::report
