// bench_sd_convtrans [--repeat N] [--threads N]: seconds and processor seconds of one forward pair of the
// published SD-ConvTrans at full size, and the peak resident memory. peer_sd_convtrans.py is the Python side.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

#include "stages/networks/libtorch/libtorch.h"
#include "stages/networks/sd_convtrans/network.h"

int main(int argc, char** argv) {
  int repeat = 3, threads = 1;
  for (int i = 1; i + 1 < argc; i += 2)
    (std::string(argv[i]) == "--threads" ? threads : repeat) = std::stoi(argv[i + 1]);
  using namespace depthmill;
  if (const std::string warning = networks::blas_warning(); !warning.empty())
    std::printf("%s\n", warning.c_str());
  const auto net = sd_convtrans::make_random_network({}, 1);
  net->set_intra_op_threads(threads);
  const networks::Tensor high = networks::make_tensor({1, 3, 480, 640});
  for (std::size_t i = 0; i < high.size(); ++i)
    high.data.get()[i] = static_cast<float>(i * 2654435761u % 256) / 255.0f;
  for (int i = 0; i <= repeat; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    net->forward(high);
    if (i == 0) continue;  // warm-up
    std::printf("forward %.3f s wall %.3f s cpu\n",
                std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
                static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("peak %ld MiB\n", usage.ru_maxrss / 1024);
  return 0;
}
