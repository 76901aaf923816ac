#include "pipeline/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace depthmill::pipeline {
namespace {

// Lock-free, so that the handler may touch it.
std::atomic<int> g_signals{0};
std::atomic<bool> g_drain{false};

void on_signal(int signal_number) {
  if (g_signals.fetch_add(1) > 0) _exit(128 + signal_number);
  g_drain = signal_number != SIGINT;
  static constexpr char kText[] = "\ninterrupted: finishing the frames in flight (again to stop at once)\n";
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, kText, sizeof kText - 1);
}

}  // namespace

void install_interrupt_handler() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGUSR1, &action, nullptr);
}

bool interrupted() { return g_signals.load() > 0; }
bool told_to_drain() { return g_drain.load(); }

}  // namespace depthmill::pipeline
