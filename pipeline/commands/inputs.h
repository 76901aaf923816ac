// From what the command line names to a list of frames: which data set it is, which planes each frame has.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/stage_run.h"
#include "stages/data/pick_frames.h"

namespace depthmill::pipeline {

// --raw, --scene, --every, --max-time-gap: frames with raw_rgb, depth_rel and accel.
StageRun raw_frames(const ParsedCommand& parsed);
// --in: frames with rgb and raw_depth.
StageRun fill_frames(const ParsedCommand& parsed);
// The same; with --gt the frames' true depth as gt, and with --pred what a network made of the frames as each rule of
// --hide left them, as completed_plane(0), (1), ...: of the folder that hidden_folder() names below --pred, or of --pred
// itself where there is one rule.
StageRun hidden_frames(const ParsedCommand& parsed);
std::string completed_plane(std::size_t rule);
std::string hidden_folder(const std::string& rule);  // "random:0.2" -> "random-0.2"
std::string completion_name(const Config& config);   // of --pred in the tables: its folder's
// Do the pictures of --in come along into the run folder? Those of a folder of pairs do, so that what is filled or split
// is trained and predicted on with them; those of a run folder lie where they lie.
bool brings_rgb(const Config& config);
// --in: frames with depth; rgb too when decompose needs it, or where it comes along.
StageRun filled_frames(const ParsedCommand& parsed);
// --in: frames with rgb and the depth that is packed, base where the layout takes it. Settles which depth that is, in
// `parsed`: the layout's where every frame has it, else the other one.
StageRun packed_frames(ParsedCommand& parsed);
// --in: frames with the plane that --plane means, which is said in `plane`; rgb where they have it.
StageRun measured_frames(const ParsedCommand& parsed, std::string& plane);
// --raw: the pictures of the colour camera in the order of their times, whether or not they have depth.
StageRun raw_pictures(const ParsedCommand& parsed);
// --images: frames with rgb.
StageRun image_frames(const ParsedCommand& parsed);
// --pred, --gt, --list: frames with pred and gt (or raw_depth and depth of a run folder).
StageRun scored_frames(const ParsedCommand& parsed);

// The maps that some protocols look at besides, as given: plane -> RUN, DIR or FILE.
std::map<std::string, std::string> companion_maps(const Config& config);
// Are there maps of normals and no depth?
bool only_normals(const Config& config);

// --gt of `baseline mean`: frames with gt, the filled depth of a run folder unless --gt-plane says otherwise.
FrameList depth_frames(const ParsedCommand& parsed);

// --scene, --list, --skip-list, --every and --limit.
data::Pick pick_of(const DataSettings& data);

// Is this one plane (FILE, FILE:NAME) rather than a folder or a list?
bool is_single_plane(const std::string& text);
// Maps in a stack, FILE or FILE:NAME; 0: it is none.
std::size_t maps_in(const std::string& text);
// A source for it, with the scale, the layout and the mask that it was told. Throws ConfigError when the file
// is not there.
PlaneSource single_plane(const ParsedCommand& parsed, const std::string& text, const std::string& flag);

}  // namespace depthmill::pipeline
