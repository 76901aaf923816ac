#include "stages/report/tables.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <utility>

#include "stages/io/csv.h"
#include "stages/report/markup.h"

namespace depthmill::report {
namespace {

std::set<std::string> frame_ids(const ProtocolScores& scores) {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < scores.frames.size(); ++i)
    ids.insert(std::string(scores.frames.scene(i)).append("/").append(scores.frames.frame(i)));
  return ids;
}

void add_remarks(Table& table, const std::vector<const ProtocolScores*>& scores) {
  for (std::size_t i = 1; i < scores.size(); ++i) {
    const Row &first = table.rows.front(), &row = table.rows[i];
    if (row.images != first.images)
      table.remarks.push_back(row.label + " is over " + std::to_string(row.images) + " images, " +
                              first.label + " over " + std::to_string(first.images) +
                              ": the rows are not of the same images.");
    else if (!scores[i]->frames.empty() && !scores[0]->frames.empty() &&
             frame_ids(*scores[i]) != frame_ids(*scores[0]))
      table.remarks.push_back(row.label + " and " + first.label +
                              " are over equally many, but not the same images.");
    if (!scores[i]->sentence.empty() && !table.sentence.empty() && scores[i]->sentence != table.sentence)
      table.remarks.push_back("In " + row.label + " the protocol '" + table.protocol +
                              "' was another one: " + scores[i]->sentence);
  }
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const Row& row = table.rows[i];
    const ScoreTable& frames = scores[i]->frames;
    std::size_t noted = 0, first = 0;
    for (std::size_t f = frames.size(); f-- > 0;)
      if (!frames.note(f).empty()) ++noted, first = f;
    if (noted > 0)
      table.remarks.push_back(row.label + ": " + std::to_string(noted) +
                              (noted == 1 ? " image has a note" : " images have a note") +
                              " in frames.csv, the first being \"" + std::string(frames.note(first)) + "\".");
  }
}

std::string marked(const Cell& cell) {
  std::string behind;
  for (std::size_t i = 0; i < cell.stars.size(); ++i) behind += "\\*";
  if (!cell.interval.empty()) behind += " " + cell.interval;
  if (cell.mark == Mark::kBest) return "**" + cell.text + "**" + behind;
  if (cell.mark == Mark::kSecond) return "<ins>" + cell.text + "</ins>" + behind;
  return cell.text + behind;
}

// Of a heading, whose letters are ASCII.
std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string count_text(const Row& row, std::size_t count) {
  return row.has_manifest ? std::to_string(count) : std::string();
}

}  // namespace

std::string printed(double value) {
  if (std::isnan(value)) return {};
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const double size = std::fabs(value);
  const int decimals = size < 9.99995 ? 4 : size < 99.9995 ? 3 : size < 999.995 ? 2 : 1;
  char text[400];
  if (size > 0 && size < 0.00095)
    std::snprintf(text, sizeof text, "%.1e", value);
  else
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

namespace {

void mark_cells(std::vector<Cell*> cells, Better better) {
  if (cells.size() < 2) return;
  std::stable_sort(cells.begin(), cells.end(), [&](const Cell* a, const Cell* b) {
    return better == Better::kLower ? a->value < b->value : a->value > b->value;
  });
  // What a reader cannot tell apart is not told apart: cells that print alike share a mark.
  auto next =
      std::find_if(cells.begin(), cells.end(), [&](const Cell* c) { return c->text != cells[0]->text; });
  if (next == cells.end()) return;
  for (auto it = cells.begin(); it != next; ++it) (*it)->mark = Mark::kBest;
  if (cells.size() < 3 || next - cells.begin() > 1) return;
  const std::string second = (*next)->text;
  for (auto it = next; it != cells.end() && (*it)->text == second; ++it) (*it)->mark = Mark::kSecond;
}

}  // namespace

void mark_column(Table& table, std::size_t column) {
  const Better better = table.columns[column].better;
  if (better == Better::kUnknown) return;
  std::vector<Cell*> cells;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    Row& row = table.rows[r];
    if (r > 0 && row.group != table.rows[r - 1].group) mark_cells(std::exchange(cells, {}), better);
    if (std::isfinite(row.cells[column].value)) cells.push_back(&row.cells[column]);
  }
  mark_cells(cells, better);
}

std::size_t Table::place_of(const std::string& key) const {
  return static_cast<std::size_t>(
      std::find_if(columns.begin(), columns.end(), [&](const MetricName& c) { return c.key == key; }) -
      columns.begin());
}

std::vector<std::string> Table::heads() const {
  std::vector<std::string> out;
  if (by != Grouping::kNone)
    out.push_back(by == Grouping::kScene ? "Scene" : by == Grouping::kType ? "Scene type" : "True depth");
  out.push_back("Run");
  if (!rows.empty() && !rows.front().alignment.empty()) out.push_back("Alignment");
  return out;
}

std::vector<std::string> Table::titles(const Row& row) const {
  std::vector<std::string> out;
  if (by != Grouping::kNone) out.push_back(row.group.empty() ? "(none)" : row.group);
  out.push_back(row.label);
  if (!rows.front().alignment.empty()) out.push_back(row.alignment);
  return out;
}

std::vector<Table> make_tables(std::span<const RunData> runs) {
  std::vector<Table> tables;
  for (const RunData& run : runs)
    for (const ProtocolScores& scores : run.protocols)
      if (std::none_of(tables.begin(), tables.end(),
                       [&](const Table& t) { return t.protocol == scores.name; }))
        tables.emplace_back().protocol = scores.name;

  for (Table& table : tables) {
    std::vector<const ProtocolScores*> present;
    for (const RunData& run : runs) {
      const ProtocolScores* scores = run.find(table.protocol);
      if (!scores) continue;
      present.push_back(scores);
      if (table.sentence.empty()) table.sentence = scores->sentence;
      for (const std::string& key : scores->keys)
        if (std::none_of(table.columns.begin(), table.columns.end(),
                         [&](const MetricName& c) { return c.key == key; }))
          table.columns.push_back(metric_name(key));
      table.rows.push_back({run.label,
                            scores->images,
                            run.failed.size(),
                            run.skipped.size(),
                            run.has_manifest,
                            {},
                            scores->name});
    }
    for (std::size_t r = 0; r < present.size(); ++r)
      for (const MetricName& column : table.columns) {
        const int k = present[r]->key_index(column.key);
        Cell& cell = table.rows[r].cells.emplace_back();
        cell.value = std::nan("");
        if (k < 0) continue;
        const auto at = static_cast<std::size_t>(k);
        cell.value = present[r]->summary[at];
        cell.text = printed(cell.value);
        if (at < present[r]->low.size()) cell.low = present[r]->low[at];
        if (at < present[r]->high.size()) cell.high = present[r]->high[at];
      }
    for (std::size_t c = 0; c < table.columns.size(); ++c) mark_column(table, c);
    add_remarks(table, present);
  }
  return tables;
}

std::string tables_markdown(std::span<const Table> tables) {
  std::string out;
  for (const Table& table : tables) {
    const bool whole = table.by == Grouping::kNone;
    const std::vector<std::string> heads = table.heads();
    if (!out.empty()) out += '\n';
    out += (whole ? "### Protocol " : "#### By " + lower(heads[0]) + ", protocol ") +
           markdown_text(table.protocol) + "\n\n";
    if (!table.sentence.empty() && whole) out += markdown_text(table.sentence) + "\n\n";
    std::string head = "|", rule = "|";
    for (const std::string& title : heads) head += " " + lower(title) + " |", rule += " :-- |";
    for (const MetricName& column : table.columns) {
      const bool told = column.plain.ends_with("(%)") && !column.key.ends_with("pct");
      head += " " + markdown_text(column.key) + (told ? " (%)" : "") + column.arrow() + " |";
      rule += " --: |";
    }
    out += head + (table.by == Grouping::kDepth ? " pixels |" : " images |") +
           (whole ? " failed | skipped |\n" : "\n") + rule + " --: |" + (whole ? " --: | --: |\n" : "\n");
    for (const Row& row : table.rows) {
      out += "|";
      for (const std::string& title : table.titles(row)) out += " " + markdown_text(title) + " |";
      for (const Cell& cell : row.cells) out += " " + marked(cell) + " |";
      out += " " + std::to_string(row.images) + " |";
      if (whole) out += " " + count_text(row, row.failed) + " | " + count_text(row, row.skipped) + " |";
      out += '\n';
    }
    if (table.rows.size() > 1 && whole)
      out += "\nBest value bold, second underlined; the arrow shows which way is better.\n";
    if (!table.stars_note.empty()) out += "\n" + markdown_text(table.stars_note) + "\n";
    for (const std::string& remark : table.remarks) out += "\n> " + markdown_text(remark) + "\n";
  }
  return out;
}

std::string tables_csv(std::span<const Table> tables) {
  std::vector<std::string> header = {"protocol", "run", "images", "failed", "skipped"};
  auto place = [&](const std::string& name) {
    auto at = std::find(header.begin(), header.end(), name);
    if (at == header.end()) at = header.insert(at, name);
    return static_cast<std::size_t>(at - header.begin());
  };
  for (const Table& table : tables)
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      place(table.columns[c].key);
      if (std::all_of(table.rows.begin(), table.rows.end(),
                      [&](const Row& row) { return std::isnan(row.cells[c].low); }))
        continue;
      place(table.columns[c].key + "_low");
      place(table.columns[c].key + "_high");
    }
  std::vector<std::vector<std::string>> rows;
  for (const Table& table : tables)
    for (const Row& row : table.rows) {
      std::vector<std::string>& cells = rows.emplace_back();
      cells = {table.protocol, row.label, std::to_string(row.images), count_text(row, row.failed),
               count_text(row, row.skipped)};
      cells.resize(header.size());
      for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const std::string& key = table.columns[c].key;
        cells[place(key)] = io::format_number(row.cells[c].value);
        if (std::isnan(row.cells[c].low)) continue;
        cells[place(key + "_low")] = io::format_number(row.cells[c].low);
        cells[place(key + "_high")] = io::format_number(row.cells[c].high);
      }
    }
  return io::csv_text(header, rows);
}

std::string groups_csv(std::span<const Table> tables) {
  std::vector<std::string> header = {"protocol", "by", "group", "run", "count"};
  for (const Table& table : tables)
    for (const MetricName& column : table.columns)
      if (std::find(header.begin(), header.end(), column.key) == header.end()) header.push_back(column.key);
  std::vector<std::vector<std::string>> rows;
  for (const Table& table : tables)
    for (const Row& row : table.rows) {
      std::vector<std::string>& cells = rows.emplace_back();
      cells = {table.protocol, std::string(kGroupings.word(table.by)), row.group, row.label,
               std::to_string(row.images)};
      cells.resize(header.size());
      for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const auto at = std::find(header.begin(), header.end(), table.columns[c].key);
        cells[static_cast<std::size_t>(at - header.begin())] = io::format_number(row.cells[c].value);
      }
    }
  return io::csv_text(header, rows);
}

}  // namespace depthmill::report
