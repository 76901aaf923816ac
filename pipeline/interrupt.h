// Ctrl-C, SIGTERM and SIGUSR1 (Slurm's notices before a job's time is over, or its place is taken): the first asks the run to drain and stop,
// a second one ends the process at once.
#pragma once

namespace depthmill::pipeline {

void install_interrupt_handler();
bool interrupted();
// Was it SIGTERM or SIGUSR1, by which schedulers say that the job is to go on elsewhere or later?
bool told_to_drain();

}  // namespace depthmill::pipeline
