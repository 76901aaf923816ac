#include "stages/data/account.h"

#include <algorithm>
#include <set>

namespace depthmill::data {
namespace {

constexpr std::size_t kNamesShown = 3;

std::string counted(std::size_t n, const char* what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

}  // namespace

void Account::add(const PlaneRequest& request, const Layout& layout, const Listing& listing) {
  const std::string where = request.where.string();
  auto at = std::find_if(inputs_.begin(), inputs_.end(),
                         [&](const Input& i) { return i.where == where && i.layout == &layout; });
  if (at == inputs_.end()) {
    at = inputs_.insert(inputs_.end(), Input{});
    at->where = where;
    at->layout = &layout;
    at->frames = listing.frames.size();
  }
  ++at->requests;
  at->files = std::max(at->files, listing.files);
  if (at->how.empty()) at->how = listing.how;
  at->planes += (at->planes.empty() ? "" : " and ") + request.planes.front();
  for (const LeftOut& left : listing.left_out) at->left_out[left.file.string()].push_back(left.why);
  for (const Frame& frame : listing.frames)
    for (const auto& [plane, source] : frame.sources) at->sources.push_back(source.file.string());
}

std::string Account::left_out_text(const Input& input, const std::map<std::string, std::string>& unused) {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const auto& [file, why] : unused) by_reason[why].push_back(file);
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons(by_reason.begin(), by_reason.end());
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  std::string text;
  for (const auto& [why, files] : reasons) {
    text += (text.empty() ? "" : ", ") + std::to_string(files.size()) + " " + why;
    std::string names;
    for (std::size_t i = 0; i < std::min(kNamesShown, files.size()); ++i)
      names +=
          (i ? ", " : "") + std::filesystem::path(files[i]).lexically_relative(input.where).generic_string();
    text += ": " + names + (files.size() > kNamesShown ? ", ..." : "");
  }
  return text;
}

std::string Account::what_else_is_there() const {
  if (inputs_.empty() || inputs_.front().files == 0) return "";
  std::map<std::string, std::string> unused;
  for (const auto& [file, why] : inputs_.front().left_out) unused[file] = why.front();
  return " (" + counted(inputs_.front().files, "file") + (unused.empty() ? "" : ": ") +
         left_out_text(inputs_.front(), unused) + ")";
}

std::vector<std::string> Account::lines(const std::vector<Frame>& frames) const {
  std::set<std::string> used;
  for (const Frame& frame : frames)
    for (const auto& [plane, source] : frame.sources) used.insert(source.file.string());
  std::vector<std::string> lines;
  for (const Input& input : inputs_) {
    if (input.layout->single) continue;
    std::map<std::string, std::string> unused;
    for (const auto& [file, why] : input.left_out)
      if (why.size() == input.requests) unused[file] = why.front();
    for (const std::string& file : input.sources)
      if (!used.contains(file)) unused[file] = "without a partner";
    std::string line = input.where + ": layout " + std::string(input.layout->name) + ": ";
    if (input.files > 0) line += counted(input.files, "file") + ": ";
    line += counted(input.frames, "frame") + " taken";
    if (!input.how.empty()) line += ", " + input.how;
    if (!unused.empty())
      line += "; " + std::to_string(unused.size()) + " left out: " + left_out_text(input, unused);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace depthmill::data
