#include "stages/data/account.h"
#include "stages/base/counted.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>

namespace depthmill::data {
namespace {

constexpr std::size_t kNamesShown = 3;

// Calls `visit` with every file that is a source of a frame.
template <class Visit>
void for_each_source(const FrameList& frames, Visit&& visit) {
  for (const Frame& frame : frames)
    for (const auto& [plane, source] : frame.sources) visit(source.file.native());
}

std::uint64_t hash_of(const std::string& file) { return std::hash<std::string>{}(file); }

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
  at->lists.push_back(&listing.frames);
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

std::vector<std::string> Account::lines(const FrameList& frames) const {
  std::vector<std::uint64_t> used;  // hashes: a twentieth of the paths' room
  for_each_source(frames, [&](const std::string& file) { used.push_back(hash_of(file)); });
  std::sort(used.begin(), used.end());
  std::vector<std::string> lines;
  for (const Input& input : inputs_) {
    if (input.layout->single && input.frames == 1) continue;
    std::map<std::string, std::string> unused;
    for (const auto& [file, why] : input.left_out)
      if (why.size() == input.requests) unused[file] = why.front();
    for (const FrameList* list : input.lists)
      for_each_source(*list, [&](const std::string& file) {
        if (!std::binary_search(used.begin(), used.end(), hash_of(file))) unused[file] = "without a partner";
      });
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
