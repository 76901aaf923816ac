#include <algorithm>
#include <cmath>

#include "stages/io/csv.h"
#include "stages/report/html_parts.h"
#include "stages/report/markup.h"
#include "stages/report/pictures.h"

namespace depthmill::report {
namespace {

constexpr std::size_t kGroupRows = 4000;  // about 80 bytes a number

std::string interval_text(const Cell& cell) {
  if (std::isnan(cell.low) || std::isnan(cell.high)) return {};
  return "<br><small>" + printed(cell.low) + "–" + printed(cell.high) + "</small>";
}

std::string count_cell(bool known, std::size_t count) {
  const std::string text = known ? std::to_string(count) : std::string();
  return "<td data-v=\"" + text + "\">" + (known ? text : "–") + "</td>";
}

std::string stars_text(const Cell& cell) { return cell.stars.empty() ? "" : "<sup>" + cell.stars + "</sup>"; }

bool has_intervals(const Table& table) {
  for (const Row& row : table.rows)
    for (const Cell& cell : row.cells)
      if (!std::isnan(cell.low)) return true;
  return false;
}

std::string group_title(const Table& table) {
  const char* what = table.by == Grouping::kScene  ? "Scenes"
                     : table.by == Grouping::kType ? "Scene types"
                                                   : "Depths";
  return std::string(what) + " under protocol " + table.protocol;
}

}  // namespace

std::string Head::operator()(const std::string& name, bool words, bool high_first,
                             const std::string& title) const {
  std::string out = "<th scope=\"col\"";
  if (!title.empty()) out += " title=\"" + html_text(title) + "\"";
  if (!sorts) return out + ">" + html_text(name) + "</th>";
  if (words) out += " data-words";
  if (high_first) out += " data-first=\"descending\"";
  return out + "><button type=\"button\">" + html_text(name) + "</button></th>";
}

std::string Head::operator()(const MetricName& m) const {
  std::string title = m.key;
  if (!m.unit.empty()) title += ", in " + m.unit;
  if (m.better == Better::kLower) title += ", lower is better";
  if (m.better == Better::kHigher) title += ", higher is better";
  return (*this)(m.plain + m.arrow(), false, m.better == Better::kHigher, title);
}

std::string number_cell(double value, const std::string& text, const std::string& more) {
  return "<td" + more + " data-v=\"" + io::format_number(value) + "\">" + text + "</td>";
}

std::string scroll(const std::string& label, const std::string& inside) {
  return "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" + html_text(label) + "\">" +
         inside + "</div>\n";
}

std::string folded(const std::string& title, bool open, const std::string& inside) {
  return "<details" + std::string(open ? " open" : "") + "><summary>" + html_text(title) + "</summary>\n" +
         inside + "</details>\n";
}

std::string result_table(const Table& table) {
  const bool compare = table.rows.size() > 1;  // one row has nothing to sort
  const bool whole = table.by == Grouping::kNone;
  const Head head{compare};
  std::string out = "<table";
  if (compare)
    out += " class=\"sortable\"><caption><span>" + html_text(table.protocol) +
           ": best value bold, second underlined</span></caption>";
  else
    out += ">";
  out += "\n<thead><tr>" + [&] {
    std::string titles;
    for (const std::string& title : table.heads()) titles += head(title, true, false);
    return titles;
  }();
  for (const MetricName& column : table.columns) out += head(column);
  // Counts come last: on a phone the scores are what must be seen without scrolling.
  out += head(table.by == Grouping::kDepth ? "Pixels" : "Images", false, true);
  if (whole) out += head("Failed", false, false) + head("Skipped", false, false);
  out += "</tr></thead>\n<tbody>\n";
  for (const Row& row : table.rows) {
    const std::vector<std::string> titles = table.titles(row);
    out += "<tr><th scope=\"row\">" + html_text(titles.front()) + "</th>";
    for (std::size_t i = 1; i < titles.size(); ++i)
      out += "<td class=\"name\">" + html_text(titles[i]) + "</td>";
    for (const Cell& cell : row.cells)
      out += number_cell(cell.value,
                         cell.text.empty() ? "–" : cell.text + stars_text(cell) + interval_text(cell),
                         cell.mark == Mark::kBest     ? " class=\"best\""
                         : cell.mark == Mark::kSecond ? " class=\"second\""
                                                      : "");
    out += number_cell(static_cast<double>(row.images), std::to_string(row.images));
    if (whole) out += count_cell(row.has_manifest, row.failed) + count_cell(row.has_manifest, row.skipped);
    out += "</tr>\n";
  }
  return out + "</tbody></table>";
}

std::string tables_section(std::span<const Table> tables) {
  std::string out = "<section id=\"tables\"><h2>Tables</h2>\n";
  if (tables.size() > 3) {
    out += "<p class=\"jump\">Protocols:";
    for (const Table& table : tables)
      out +=
          " <a href=\"#protocol-" + file_name_of(table.protocol) + "\">" + html_text(table.protocol) + "</a>";
    out += "</p>\n";
  }
  for (const Table& table : tables) {
    out += "<h3 id=\"protocol-" + html_text(file_name_of(table.protocol)) + "\">Protocol " +
           html_text(table.protocol) + "</h3>\n";
    if (!table.sentence.empty())
      out += "<details class=\"protocol\"><summary>What it does</summary><p>" + html_text(table.sentence) +
             "</p></details>\n";
    out += scroll("Results under protocol " + table.protocol, result_table(table));
    if (has_intervals(table))
      out += "<p class=\"quiet\">Small: 95 % interval, by bootstrap over images.</p>\n";
    if (!table.stars_note.empty()) out += "<p class=\"quiet\">" + html_text(table.stars_note) + "</p>\n";
    for (const std::string& remark : table.remarks)
      out += "<p class=\"remark\">" + html_text(remark) + "</p>\n";
  }
  return out + "</section>\n";
}

std::string run_list(std::span<const RunData> runs) {
  std::string out = "<ul class=\"runs\">";
  for (std::size_t r = 0; r < runs.size(); ++r)
    out += "<li class=\"c" + std::to_string(r % 8) + "\"><span>" + html_text(runs[r].label) + "</span></li>";
  return out + "</ul>\n";
}

std::vector<MetricName> plotted(const Table& table) {
  std::vector<MetricName> all;
  for (const char* key : {"abs_rel", "rmse", "d1"})
    for (const MetricName& column : table.columns)
      if (column.key == key) all.push_back(column);
  for (const MetricName& column : table.columns)
    if (all.size() < 2 &&
        std::none_of(all.begin(), all.end(), [&](const MetricName& m) { return m.key == column.key; }))
      all.push_back(column);
  return all;
}

std::string groups_section(std::span<const Table> groups) {
  std::string body, left_out;
  std::size_t rows = 0;
  for (const Table& table : groups) {
    if (rows + table.rows.size() > kGroupRows) {
      left_out += (left_out.empty() ? "" : ", ") + group_title(table);
      continue;
    }
    rows += table.rows.size();
    std::string remarks;
    for (const std::string& remark : table.remarks)
      remarks += "<p class=\"quiet\">" + html_text(remark) + "</p>\n";
    body += folded(group_title(table), false, scroll(group_title(table), result_table(table)) + remarks);
  }
  if (!left_out.empty())
    body +=
        "<p class=\"quiet\">Too long for a page, and in groups.csv and report.json: " + html_text(left_out) +
        ".</p>\n";
  if (body.empty()) return {};
  return "<section id=\"scenes\"><h2>Part by part</h2>\n" + body + "</section>\n";
}

}  // namespace depthmill::report
