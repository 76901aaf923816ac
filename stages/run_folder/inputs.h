// What a past run's settings say of where its planes came from: the one place beside the table of options that knows
// these keys (a test holds the two together).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace depthmill::run_folder {

struct RunInputs {
  double pred_scale = 0, gt_scale = 0;                // samples a metre of either side; 0 = not told
  std::string layout = "auto", pred_layout = "auto";  // of the leading input, and of the predictions
  std::vector<std::string> no_reading;                // samples that mean so; empty = as the layout has it
  std::string calibration;                            // file that the predictions were read by; empty = none
  std::string mask;                                   // folder of masks; empty = none
  double depth_scale = 1000;  // integer steps a metre in the 16-bit files it read and wrote
  // RUN, DIR, LIST or FILE[:NAME] as they were given; empty = not given.
  std::string in, images, pred, pred_mirror, gt;
  std::string pred_plane = "pred";  // the plane of `pred` that was scored
  std::string gt_plane = "auto";    // the plane of `gt` that was the truth; auto = as each protocol says
};

// Defaults where there are no settings, or none that can be read: then they name nothing.
RunInputs read_inputs(const std::filesystem::path& run);

// Samples a metre of the 16-bit files of each plane that stages have written into this folder, as the journal says of
// the last call that made it; empty without a journal. Throws std::runtime_error when it cannot be read.
std::map<std::string, double> plane_scales(const std::filesystem::path& run);

// Of one 16-bit file below a run folder, whichever way it was come by; nothing when no journal above it says. Throws as
// plane_scales.
std::optional<double> written_scale(const std::filesystem::path& file);

// The settings as the last call left them in the journal, whatever has become of config.ini; without a journal (tables
// that were made by hand) config.ini as it stands there; "" when there is neither.
std::string settings_text(const std::filesystem::path& run);

}  // namespace depthmill::run_folder
