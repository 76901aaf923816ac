#include <signal.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "pipeline/commands.h"

#if defined(__AVX2__) && defined(__FMA__)
// A program for processors with AVX2 would end at its first such instruction on an older one, without a word: this comes
// before its other constructors.
__attribute__((constructor(101))) static void refuse_older_processors() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    return;
  constexpr char kSentence[] =
      "depthmill: this build needs a processor with AVX2, FMA and BMI2 (2013 and newer); "
      "for an older one build with -DDEPTHMILL_X86_64_V3=OFF\n";
  [[maybe_unused]] const auto written = ::write(2, kSentence, sizeof kSentence - 1);
  ::_exit(3);  // the run itself stopped
}
#endif

int main(int argc, char** argv) {
  ::signal(SIGXFSZ,
           SIG_IGN);  // a limit on sizes of files is told by the write that meets it, like a full disk
  return depthmill::pipeline::run_program(std::vector<std::string>(argv + 1, argv + argc));
}
