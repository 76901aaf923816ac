// The table of data sets and layouts in which frames are found. One row each; every listing of a command goes through it
// (list_planes.h), `depthmill info` prints it.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/base/frame.h"
#include "stages/data/folders.h"
#include "stages/data/listing.h"
#include "stages/io/image_file.h"

namespace depthmill::data {

// One input of a command: where it is and which planes it may give.
struct PlaneRequest {
  // Planes that serve, for example {"gt", "raw_depth", "depth"}. A file whose name says nothing about its
  // plane ("scene/0001.png") counts as the first.
  std::vector<std::string> planes = {};
  std::filesystem::path where = {};
  // As in PlaneSource; not given: what the layout is known to have, else 1000.
  std::optional<double> depth_scale = std::nullopt;
  std::string variable = {};  // data set inside .h5 and .mat files, as PlaneSource::name
  bool required = true;       // a frame that gets none of `planes` from here fails (kNoPartner)
  std::string layout = {};    // name of a row; empty = the row that recognises `where`
  bool scale_floats = false;  // depth_scale goes for floating-point files, too
  // Samples that mean "no reading"; not given: what the layout is known to have, else 65535 in 16-bit files.
  std::optional<std::vector<double>> no_reading = std::nullopt;
  std::optional<Calibration> calibration = std::nullopt;  // of predictions
  // Every picture is a frame of its own, also where two names would become one (a.jpg and a.png): for
  // commands that take pictures and nothing else.
  bool every_picture = false;

  // Of layouts with scenes of their own (see help of the rows):
  std::vector<std::string> scenes = {};  // only these; empty = all. One that is not there is a failure
  int every = 1;                         // every n-th frame of a scene, beginning with the first; 1 or more
  double max_time_gap = 0;  // seconds between depth and colour; a frame with more fails. 0 = no limit

  std::string problem() const;  // "" or a sentence that names the bad field
};

// What is asked for where masks are wanted: pictures that are 0 where there is no reading.
inline constexpr const char* kMaskPlane = "mask";

// The folders of a layout that has them for training and for testing.
enum class Part { kTrain, kTest };
inline constexpr std::string_view kPartNames[] = {"train", "test"};
constexpr std::string_view part_name(Part part) { return kPartNames[static_cast<std::size_t>(part)]; }

// Where the files of a layout that is told by its paths lie (rules.h).
struct PathRule {
  std::string_view pattern;  // see path_pattern.h; without the file's ending
  std::string_view endings;  // "png jpg", lower case; "" = whatever holds the plane
  std::string_view planes;   // that the file may be, best first, separated by spaces; kMaskPlane: a mask
  std::string_view variable = {};  // data set inside the file
  double depth_scale = 0;          // where it is not the layout's
  bool telling = true;             // no other layout has such names: one file is enough to know it
};

struct Layout {
  std::string_view name;
  std::string_view gives;  // planes of its frames, separated by spaces; "" = whatever is asked for
  std::string_view help;   // one line

  // Is it laid out so? Looks at names of files and folders only, of a list at its lines. nullptr: the rules tell, or, where
  // there are none, a command has to name the layout.
  bool (*detect)(const Tree& tree) = nullptr;

  // The frames with sources for the planes that are asked for, sorted by scene and name unless the layout has
  // an order of its own. A frame that cannot go on (a file that is not there, no partner in time) is listed
  // as failed, stage "list"; one that has nothing of what is asked for may be listed without sources. Reads
  // names, lists and indices, no plane. Throws std::runtime_error naming what cannot be read. nullptr: by the
  // rules; without rules it is not listed.
  Listing (*list)(const PlaneRequest& request, const Tree& tree) = nullptr;

  std::span<const PathRule> rules = {};
  std::span<const std::string_view> marks = {};  // see follows() in rules.h

  bool parts = false;   // has folders for training and for testing, which are its scenes
  bool single = false;  // one file is one frame

  // What the samples of its depth mean, where the request does not say otherwise.
  double depth_scale = 0;                   // 0: not fixed
  std::span<const double> no_reading = {};  // beside what is never a reading; empty: not fixed
  bool rotated_bits = false;                // see DepthCoding
  std::string_view remark = {};             // what its user must know of the depth, for the log
  bool general = false;                     // takes whatever is there; tried last

  bool recognises(const Tree& tree) const;
  bool lists() const { return list || !rules.empty(); }
  // As `list`. Where a command has named a layout whose files lie otherwise, the files of a folder are told by their
  // names (layout folder), and read as the layout's.
  Listing frames(const PlaneRequest& request, const Tree& tree) const;
};

// All rows, in the order in which they are tried.
std::span<const Layout* const> layouts();

// The row of that name. Throws std::invalid_argument that names all.
const Layout& find_layout(std::string_view name);

// The row that a request means: by its name, or the one that recognises the tree and gives one of the planes.
// Throws std::runtime_error when nothing is there, or when two rows recognise it: it names both.
const Layout& layout_of(const PlaneRequest& request, const Tree& tree);
inline const Layout& layout_of(const PlaneRequest& request) {
  return layout_of(request, Tree(request.where));
}

// A source for `file`, as the request says and, where it does not, as the layout has it.
PlaneSource source_for(const PlaneRequest& request, const Layout& layout, const std::filesystem::path& file);

}  // namespace depthmill::data
