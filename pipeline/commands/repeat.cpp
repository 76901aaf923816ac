#include <algorithm>

#include "pipeline/commands.h"
#include "pipeline/commands/folder_words.h"
#include "pipeline/stage_run.h"
#include "stages/run_folder/moved.h"

namespace depthmill::pipeline {
namespace {

namespace fs = std::filesystem;
using run_folder::Call;

// The folder a process works in, as long as this lives.
class WorkingFolder {
 public:
  explicit WorkingFolder(const fs::path& folder) : before_(fs::current_path()) { fs::current_path(folder); }
  ~WorkingFolder() {
    std::error_code ignored;
    fs::current_path(before_, ignored);
  }

 private:
  fs::path before_;
};

// Of a folder that lies elsewhere now: what the call was told of places inside it is told of this one, on its command
// line, which goes on record again ...
void tell_new_places(std::vector<std::string>& arguments, const run_folder::Moved& moved) {
  for (std::string& argument : arguments) {
    const std::size_t equals = argument.starts_with("--") ? argument.find('=') : std::string::npos;
    const std::size_t from = equals == std::string::npos ? 0 : equals + 1;
    const fs::path named = argument.substr(from), now = moved.now(named);
    std::error_code absent;
    if (!named.empty() && now != moved.then(named) && fs::exists(now, absent))
      argument = argument.substr(0, from) + now.string();
  }
}

// ... and in a file of settings.
void tell_new_places(Config& config, const Call& call, const run_folder::Moved& moved) {
  const fs::path& run = moved.run();
  // A call may have made several run folders below its --out.
  const fs::path out = moved.now(config.run.out), below = moved.before().lexically_relative(out);
  if (out == run)
    config.run.out = run;
  else if (!below.empty() && *below.begin() != ".." && run.string().ends_with("/" + below.string()))
    config.run.out = run.string().substr(0, run.string().size() - below.string().size() - 1);
  else
    throw ConfigError(run.string() + ": lies elsewhere than when '" + call.command_line() +
                      "' was given, which made several folders: give the command again");
  DataSettings& data = config.data;
  for (fs::path* place :
       {&data.raw, &data.test_in, &data.in, &data.list, &data.skip_list, &data.pairs, &config.evaluate.poses})
    if (!place->empty()) *place = moved.now(*place);
  for (std::string* place :
       {&data.rgb, &data.depth, &data.images, &data.pred, &data.gt, &data.pred_mirror, &data.edges,
        &data.plane_labels, &data.hidden, &data.pred_normals, &data.gt_normals, &data.mask})
    if (!place->empty()) *place = moved.now(*place).string();
}

}  // namespace

int repeat_call(const Call& call, const fs::path& run, const std::function<void(Config&)>& change) {
  if (!fs::is_directory(call.working_folder))
    throw ConfigError(
        "'" + call.command_line() + "' was given in " + call.working_folder.string() +
        ", which is no longer there: give the command again where its inputs are now, with --out " +
        run.string());
  const WorkingFolder there(call.working_folder);
  for (const Command& command : commands()) {
    const std::string name(command.name);
    const std::size_t words = 1 + static_cast<std::size_t>(std::count(name.begin(), name.end(), ' '));
    if (call.arguments.size() < words) continue;
    std::string said = call.arguments[0];
    for (std::size_t i = 1; i < words; ++i) said += " " + call.arguments[i];
    if (said != name) continue;
    std::vector<std::string> arguments(call.arguments.begin() + static_cast<std::ptrdiff_t>(words),
                                       call.arguments.end());
    const run_folder::Moved moved(call, run);
    if (moved) tell_new_places(arguments, moved);
    ParsedCommand parsed = parse_command(name, arguments);
    if (moved) tell_new_places(parsed.config, call, moved);
    parsed.config.run.restart = false;
    change(parsed.config);
    return command.run(parsed);
  }
  throw ConfigError("this program has no command '" + call.arguments.front() + "' to repeat");
}

}  // namespace depthmill::pipeline
