#include "stages/data/list_planes.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "stages/base/counted.h"
#include "stages/data/account.h"
#include "stages/data/frame_index.h"
#include "stages/data/join_frames.h"
#include "stages/io/plane_file.h"

namespace depthmill::data {
namespace {

// What one request gave.
struct Input {
  const PlaneRequest* request;
  bool single = false;  // one file
  Listing listing;
};

std::string any_of_planes(const PlaneRequest& request) {
  std::string text;
  for (const std::string& plane : request.planes) text += (text.empty() ? "" : " or ") + plane;
  return text;
}

// "3 frames with raw_depth in DIR have no rgb: a, b, c"
std::string extra_text(const Input& lead, const Input& other, const std::vector<std::string>& extra) {
  constexpr std::size_t kShown = 3;
  std::string text = counted(extra.size(), "frame") + " with " + any_of_planes(*other.request) + " in " +
                     other.request->where.string() + (extra.size() == 1 ? " has no " : " have no ") +
                     any_of_planes(*lead.request) + ": ";
  for (std::size_t i = 0; i < std::min(kShown, extra.size()); ++i) text += (i ? ", " : "") + extra[i];
  return text + (extra.size() > kShown ? ", ..." : "");
}

void fail_without_planes(Frame& frame, const PlaneRequest& request) {
  if (request.required)
    frame.fail(kListStage, FailureReason::kNoPartner,
               frame.id() + ": no " + any_of_planes(request) + " in " + request.where.string());
}

// What `input` has of the frame; sources that are there already stay.
void take_planes(Frame& frame, const Input& input, const FrameIndex& by_id) {
  const auto found = by_id.find(frame.id());
  if (found.empty()) return fail_without_planes(frame, *input.request);
  Frame other = input.listing.frames[found.back()];
  if (!other.ok()) frame.fail(other.failed_stage, other.failure, other.failure_text);
  if (other.sources.empty()) return fail_without_planes(frame, *input.request);
  frame.sources.merge(other.sources);
}

// One picture cannot be the colours and the depth of a frame, as a pattern without words would have it; in a list of
// pairs it stands there twice because somebody wants it so.
void fail_where_depth_is_its_picture(Frame& frame) {
  const auto rgb = frame.sources.find(plane::kRgb);
  if (rgb == frame.sources.end()) return;
  const io::FileFormat* format = io::find_format(rgb->second.file);
  if (!format || format->has_names) return;
  for (const auto& [name, source] : frame.sources)
    if (plane_kind(name) == PlaneKind::kDepth && source.file == rgb->second.file)
      frame.fail(kListStage, FailureReason::kUnreadable,
                 source.text() + ": is found as rgb and as " + name + " of " + frame.id() +
                     "; one file cannot be both");
}

// Of frames with one name, which would share their files and their row in the ledger, the first is kept.
void drop_repeated(Listing& listing) {
  const FrameIndex by_name(listing.frames, [](std::string_view scene, std::string_view name) {
    return std::string(scene).append(1, '\0').append(name);  // neither holds a NUL
  });
  std::vector<std::size_t> repeated;
  for (std::size_t i = 0; i < listing.frames.size(); ++i)
    if (by_name.find(by_name.key(i)).front() != i) repeated.push_back(i);
  if (repeated.empty()) return;
  listing.frames.edit([&](const Frame& frame) {
    if (!std::binary_search(repeated.begin(), repeated.end(), frame.index)) return true;
    const std::string file = frame.sources.empty() ? "" : ": " + frame.sources.begin()->second.text();
    listing.failures.push_back(
        {frame.scene, FailureReason::kUnreadable,
         frame.id() + ": a frame of this name is there already, this one is left out" + file});
    return false;
  });
}

}  // namespace

Listing list_planes(std::span<const PlaneRequest> requests) {
  if (requests.empty()) throw std::invalid_argument("list_planes: nothing is asked for");
  Listing listing;
  std::vector<Input> inputs;
  inputs.reserve(requests.size());  // they stay where they are
  Account account;
  for (const PlaneRequest& request : requests) {
    if (const auto bad = request.problem(); !bad.empty()) throw std::invalid_argument(bad);
    const Tree tree(request.where);
    const Layout& layout = layout_of(request, tree);
    if (!layout.lists())
      throw std::invalid_argument("layout " + std::string(layout.name) + " gives no list of frames");
    Listing& own = inputs.emplace_back(Input{&request, layout.single, layout.frames(request, tree)}).listing;
    inputs.back().single &= own.frames.size() == 1;  // stacks are joined by name
    account.add(request, layout, own);
    std::move(own.notes.begin(), own.notes.end(), std::back_inserter(listing.notes));
    std::move(own.failures.begin(), own.failures.end(), std::back_inserter(listing.failures));
  }
  const Input& lead = inputs.front();
  const FrameList& leading = lead.listing.frames;
  if (leading.empty() && listing.failures.empty())
    throw std::runtime_error(lead.request->where.string() + ": holds no file that could be " +
                             any_of_planes(*lead.request) + account.what_else_is_there());

  const bool one_frame = std::all_of(inputs.begin(), inputs.end(), [](const Input& i) { return i.single; });
  const FrameIndex lead_by_id(leading);
  std::vector<FrameIndex> by_id;  // of the others
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    const Input& other = inputs[i];
    FrameList& joined = inputs[i].listing.frames;
    if (one_frame) {
      joined.edit([&](Frame& frame) {
        frame.scene = leading.scene(0), frame.name = leading.name(0);
        return true;
      });
    } else if (const std::string rule = join_frames(leading, joined); !rule.empty()) {
      listing.notes.push_back({"", FailureReason::kNone,
                               lead.request->where.string() + " and " + other.request->where.string() +
                                   " are joined by " + rule});
    }
    by_id.emplace_back(joined);
    std::vector<std::string> extra;
    for (std::size_t k = 0; k < joined.size(); ++k)
      if (!lead_by_id.contains(joined.id(k))) extra.push_back(joined.id(k));
    if (!extra.empty())
      listing.notes.push_back({"", FailureReason::kNoPartner, extra_text(lead, other, extra)});
  }

  for (Frame frame : leading) {
    if (frame.sources.empty()) fail_without_planes(frame, *lead.request);
    for (std::size_t i = 1; i < inputs.size(); ++i) take_planes(frame, inputs[i], by_id[i - 1]);
    if (lead.request->layout.find('{') != std::string::npos) fail_where_depth_is_its_picture(frame);
    listing.frames.push_back(std::move(frame));
  }
  drop_repeated(listing);
  listing.account = account.lines(listing.frames);
  return listing;
}

void hang_masks(FrameList& frames) {
  frames.edit([](Frame& frame) {
    if (const auto mask = frame.sources.extract(kMaskPlane))
      for (auto& [name, source] : frame.sources)
        if (const PlaneRow* row = find_plane_row(name); row && row->traits.holes)
          source.coding.masks.push_back(mask.mapped().file);
    return true;
  });
}

std::vector<std::string> gt_planes(const std::string& name) {
  if (name == "auto") return {plane::kGt, plane::kRawDepth, plane::kDepth};
  return {name};
}

void take_only_depth(FrameList& frames) {
  frames.edit([](Frame& frame) {
    for (auto [name, other] : {std::pair{plane::kRawDepth, plane::kDepth}, {plane::kDepth, plane::kRawDepth}})
      if (!frame.sources.contains(other) && !frame.sources.contains(plane::kGt))
        if (auto node = frame.sources.extract(name)) frame.sources[plane::kGt] = node.mapped();
    return true;
  });
}

}  // namespace depthmill::data
