#include "stages/run_folder/crash.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>

namespace depthmill::run_folder {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
// More threads than this work unnoted.
constexpr std::size_t kSlots = 2048;
constexpr std::size_t kStackBytes = std::size_t{1} << 16;

std::atomic<int> g_journal{-1};
std::array<std::atomic<AtWork*>, kSlots> g_at_work;
thread_local AtWork* t_at_work = nullptr;
std::array<struct sigaction, std::size(kSignals)> g_before;

// A stack for the handler of each thread, for when the thread's own has run over.
struct HandlerStack {
  std::unique_ptr<char[]> bytes{new char[kStackBytes]};
  HandlerStack() {
    stack_t stack{};
    stack.ss_sp = bytes.get();
    stack.ss_size = kStackBytes;
    ::sigaltstack(&stack, nullptr);
  }
  ~HandlerStack() {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }
};

void put(int descriptor, std::string_view text) {
  [[maybe_unused]] const auto written = ::write(descriptor, text.data(), text.size());
}

}  // namespace

struct Handler {
  // Calls nothing but write(), which a handler may.
  static void on_crash(int number) {
    const int journal = g_journal.exchange(-1);
    if (journal >= 0) {
      put(journal, "\n");  // another thread may be in the middle of a line
      if (const AtWork* mine = t_at_work) {
        put(journal, mine->sure_);
        put(STDERR_FILENO, mine->name_);
      } else {
        for (const auto& slot : g_at_work)
          if (const AtWork* one = slot.load()) put(journal, one->suspected_);
        put(STDERR_FILENO, "\ndepthmill: a library crashed; the same command goes on from here\n");
      }
    }
    ::signal(number, SIG_DFL);
    ::raise(number);
  }
};

CrashNotes::CrashNotes(const Ledger& ledger) {
  thread_local const HandlerStack stack;
  g_journal = ledger.descriptor();
  struct sigaction action {};
  action.sa_handler = Handler::on_crash;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < g_before.size(); ++i) ::sigaction(kSignals[i], &action, &g_before[i]);
}

CrashNotes::~CrashNotes() {
  g_journal = -1;
  for (std::size_t i = 0; i < g_before.size(); ++i) ::sigaction(kSignals[i], &g_before[i], nullptr);
}

AtWork::AtWork(std::string_view stage, std::span<const FrameRecord> frames) : before_(t_at_work) {
  if (g_journal < 0 || frames.empty()) return;
  thread_local const HandlerStack stack;
  for (const FrameRecord& frame : frames) {
    JournalCells cells{
        "crashed", frame.scene, frame.frame, std::string(stage), frame.call, hash_text(frame.made_from.look),
        "alone"};
    if (frames.size() == 1) sure_ = journal_line(cells);
    cells.back() = "among others";
    suspected_ += journal_line(cells);
  }
  if (sure_.empty()) sure_ = suspected_;
  name_ = "\ndepthmill: a library crashed in " + std::string(stage) + " at " + frames.front().id() +
          (frames.size() == 1 ? "; the same command goes on without this frame\n"
                              : " or a frame beside it; the same command tries these one by one\n");
  t_at_work = this;
  for (std::size_t i = 0; i < kSlots; ++i) {
    AtWork* free = nullptr;
    if (g_at_work[i].load() == nullptr && g_at_work[i].compare_exchange_strong(free, this)) {
      slot_ = static_cast<int>(i);
      break;
    }
  }
}

AtWork::~AtWork() {
  t_at_work = before_;
  if (slot_ >= 0) g_at_work[static_cast<std::size_t>(slot_)] = nullptr;
}

}  // namespace depthmill::run_folder
