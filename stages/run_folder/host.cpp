#include "stages/run_folder/host.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

namespace depthmill::run_folder {

std::string host_name() {
  char name[256] = "";
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

std::string job_name() {
  const auto said = [](const char* name) {
    const char* text = std::getenv(name);
    return std::string(text ? text : "");
  };
  const std::string array = said("SLURM_ARRAY_JOB_ID"), restarts = said("SLURM_RESTART_COUNT");
  std::string job = array.empty() ? said("SLURM_JOB_ID") : array + "_" + said("SLURM_ARRAY_TASK_ID");
  if (job.empty()) return "";
  job.insert(0, "Slurm job ");
  return restarts.empty() ? job : job + ", restart " + restarts;
}

bool process_lives(std::int64_t process) {
  return process > 0 && (::kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM);
}

std::string time_text(std::int64_t seconds) {
  const std::time_t time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  char text[40] = "";
  ::gmtime_r(&time, &utc);
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc);
  return text;
}

}  // namespace depthmill::run_folder
