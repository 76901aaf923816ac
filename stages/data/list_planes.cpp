#include "stages/data/list_planes.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "stages/data/account.h"
#include "stages/data/join_frames.h"

namespace depthmill::data {
namespace {

// What one request gave.
struct Input {
  const PlaneRequest* request;
  bool single;                                      // one file
  std::vector<Frame> frames;                        // in the order of the listing
  std::unordered_map<std::string, std::size_t> at;  // id -> place in `frames`

  void index() {
    at.clear();
    for (std::size_t i = 0; i < frames.size(); ++i) at[frames[i].id()] = i;
  }
};

std::string any_of_planes(const PlaneRequest& request) {
  std::string text;
  for (const std::string& plane : request.planes) text += (text.empty() ? "" : " or ") + plane;
  return text;
}

// "3 frames with raw_depth in DIR have no rgb: a, b, c"
std::string extra_text(const Input& lead, const Input& other, const std::vector<std::string>& extra) {
  constexpr std::size_t kShown = 3;
  std::string text = std::to_string(extra.size()) + " frames with " + any_of_planes(*other.request) + " in " +
                     other.request->where.string() + " have no " + any_of_planes(*lead.request) + ": ";
  for (std::size_t i = 0; i < std::min(kShown, extra.size()); ++i) text += (i ? ", " : "") + extra[i];
  return text + (extra.size() > kShown ? ", ..." : "");
}

void fail_without_planes(Frame& frame, const PlaneRequest& request) {
  if (request.required)
    frame.fail(kListStage, FailureReason::kNoPartner,
               frame.id() + ": no " + any_of_planes(request) + " in " + request.where.string());
}

// What `input` has of the frame; sources that are there already stay.
void take_planes(Frame& frame, Input& input) {
  const auto found = input.at.find(frame.id());
  if (found == input.at.end()) return fail_without_planes(frame, *input.request);
  Frame& other = input.frames[found->second];
  if (!other.ok()) frame.fail(other.failed_stage, other.failure, other.failure_text);
  if (other.sources.empty()) return fail_without_planes(frame, *input.request);
  frame.sources.merge(other.sources);
}

// Of frames with one name, which would share their files and their row in the ledger, the first is kept.
void drop_repeated(Listing& listing) {
  std::set<std::pair<std::string, std::string>> seen;
  std::erase_if(listing.frames, [&](const Frame& frame) {
    if (seen.insert({frame.scene, frame.name}).second) return false;
    const std::string file = frame.sources.empty() ? "" : ": " + frame.sources.begin()->second.text();
    listing.failures.push_back(
        {frame.scene, FailureReason::kUnreadable,
         frame.id() + ": a frame of this name is there already, this one is left out" + file});
    return true;
  });
}

}  // namespace

Listing list_planes(std::span<const PlaneRequest> requests) {
  if (requests.empty()) throw std::invalid_argument("list_planes: nothing is asked for");
  Listing listing;
  std::vector<Input> inputs;
  Account account;
  for (const PlaneRequest& request : requests) {
    if (const auto bad = request.problem(); !bad.empty()) throw std::invalid_argument(bad);
    const Tree tree(request.where);
    const Layout& layout = layout_of(request, tree);
    if (!layout.list)
      throw std::invalid_argument("layout " + std::string(layout.name) + " gives no list of frames");
    Listing own = layout.list(request, tree);
    account.add(request, layout, own);
    std::move(own.notes.begin(), own.notes.end(), std::back_inserter(listing.notes));
    std::move(own.failures.begin(), own.failures.end(), std::back_inserter(listing.failures));
    inputs.push_back({&request, layout.single, std::move(own.frames), {}});
  }
  Input& lead = inputs.front();
  if (lead.frames.empty() && listing.failures.empty())
    throw std::runtime_error(lead.request->where.string() + ": holds no file that could be " +
                             any_of_planes(*lead.request) + account.what_else_is_there());

  const bool one_frame = std::all_of(inputs.begin(), inputs.end(), [](const Input& i) { return i.single; });
  lead.index();
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    Input& other = inputs[i];
    if (one_frame) {
      other.frames[0].scene = lead.frames[0].scene;
      other.frames[0].name = lead.frames[0].name;
    } else if (const std::string rule = join_frames(lead.frames, other.frames); !rule.empty()) {
      listing.notes.push_back({"", FailureReason::kNone,
                               lead.request->where.string() + " and " + other.request->where.string() +
                                   " are joined by " + rule});
    }
    other.index();
    std::vector<std::string> extra;
    for (const Frame& frame : other.frames)
      if (!lead.at.contains(frame.id())) extra.push_back(frame.id());
    if (!extra.empty())
      listing.notes.push_back({"", FailureReason::kNoPartner, extra_text(lead, other, extra)});
  }

  for (Frame& frame : lead.frames) {
    if (frame.sources.empty()) fail_without_planes(frame, *lead.request);
    for (std::size_t i = 1; i < inputs.size(); ++i) take_planes(frame, inputs[i]);
  }
  listing.frames = std::move(lead.frames);
  drop_repeated(listing);
  number_frames(listing.frames);
  listing.account = account.lines(listing.frames);
  return listing;
}

std::vector<std::string> gt_planes(const std::string& name) {
  if (name == "auto") return {plane::kGt, plane::kRawDepth, plane::kDepth};
  return {name};
}

}  // namespace depthmill::data
