// Ctrl-C and SIGTERM (Slurm's notice before a job's time is over): the first asks the run to drain and stop,
// a second one ends the process at once.
#pragma once

namespace depthmill::pipeline {

void install_interrupt_handler();
bool interrupted();

}  // namespace depthmill::pipeline
