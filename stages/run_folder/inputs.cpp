#include "stages/run_folder/inputs.h"

#include <algorithm>

#include "stages/io/csv.h"
#include "stages/io/ini.h"
#include "stages/io/key_table.h"
#include "stages/run_folder/ledger.h"

namespace depthmill::run_folder {

RunInputs read_inputs(const std::filesystem::path& run) {
  RunInputs inputs;
  try {
    const io::IniFile ini = io::IniFile::parse(settings_text(run), run / "config.ini");
    inputs.in = ini.text("data", "in", inputs.in);
    inputs.images = ini.text("data", "images", inputs.images);
    inputs.pred = ini.text("data", "pred", inputs.pred);
    inputs.pred_mirror = ini.text("data", "pred-mirror", inputs.pred_mirror);
    inputs.gt = ini.text("data", "gt", inputs.gt);
    inputs.pred_plane = ini.text("data", "pred-plane", inputs.pred_plane);
    inputs.gt_plane = ini.text("data", "gt-plane", inputs.gt_plane);
    inputs.pred_scale = ini.number("data", "pred-scale", inputs.pred_scale);
    inputs.gt_scale = ini.number("data", "gt-scale", inputs.gt_scale);
    inputs.layout = ini.text("data", "layout", inputs.layout);
    inputs.pred_layout = ini.text("data", "pred-layout", inputs.pred_layout);
    io::read_value(ini.text("data", "no-reading", ""), inputs.no_reading);
    inputs.mask = ini.text("data", "mask", inputs.mask);
    inputs.calibration = ini.text("data", "calibration", inputs.calibration);
    inputs.depth_scale = ini.number("output", "depth-scale", inputs.depth_scale);
  } catch (const io::TextFileError&) {
    return {};
  }
  return inputs;
}

std::map<std::string, double> plane_scales(const std::filesystem::path& run) {
  std::map<std::string, double> scales;
  const auto take = [&](std::uint64_t, const JournalCells& cells) {
    try {
      for (const StageSettings& stage : call_of(cells).stages)
        for (const auto& [name, value] : stage.values)
          if (name == kDepthScaleValue)
            for (const std::string& plane_name : stage.adds) scales[plane_name] = io::parse_number(value);
    } catch (const std::exception&) {  // another version's
    }
  };
  read_journal(run / kJournalFile, take, 0, "call");
  return scales;
}

std::optional<double> written_scale(const std::filesystem::path& file) {
  namespace fs = std::filesystem;
  struct Known {
    FileLook look;
    std::map<std::string, double> scales;
  };
  thread_local std::map<std::string, Known> journals;  // one folder's files are asked for in a row
  std::error_code absent;
  fs::path folder = fs::absolute(file).parent_path();
  for (int up = 0; up < 4; ++up, folder = folder.parent_path()) {
    if (!fs::exists(folder / kJournalFile, absent)) continue;
    const FileLook look = look_of(folder / kJournalFile);
    Known& known = journals[folder.string()];
    if (known.look != look) known = {look, plane_scales(folder)};
    const auto& scales = known.scales;
    const std::string plane = file.stem().extension().string();
    if (const auto at = scales.find(plane.empty() ? plane : plane.substr(1)); at != scales.end())
      return at->second;
    // Files of names that were asked for do not say their plane.
    const bool one = !scales.empty() && std::all_of(scales.begin(), scales.end(), [&](const auto& scale) {
      return scale.second == scales.begin()->second;
    });
    return one ? std::optional(scales.begin()->second) : std::nullopt;
  }
  return std::nullopt;
}

std::string settings_text(const std::filesystem::path& run) {
  if (std::filesystem::exists(run / kJournalFile)) {
    const auto call = last_call(run);
    return call ? call->settings : std::string();
  }
  const std::filesystem::path file = run / "config.ini";
  return std::filesystem::exists(file) ? io::read_text_file(file) : std::string();
}

}  // namespace depthmill::run_folder
