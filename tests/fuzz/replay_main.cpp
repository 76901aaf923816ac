// Stands in for libFuzzer in an ordinary build: runs the target on every file of the corpus folder and on
// seeded mutations of each (bit flips, cuts, doublings), so that every build exercises every parser.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::vector<std::vector<std::uint8_t>> seeds{{}};
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream in(entry.path(), std::ios::binary);
      seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
  }
  std::mt19937 rng(20120618);
  std::size_t runs = 0;
  for (const auto& seed : seeds) {
    LLVMFuzzerTestOneInput(seed.data(), seed.size());
    ++runs;
    for (int round = 0; round < 300 && !seed.empty(); ++round) {
      auto input = seed;
      if (round % 3 == 0) input.resize(rng() % (input.size() + 1));
      if (round % 7 == 0) input.insert(input.end(), seed.begin(), seed.end());
      for (unsigned flips = rng() % 8; flips > 0 && !input.empty(); --flips)
        input[rng() % input.size()] = static_cast<std::uint8_t>(rng());
      LLVMFuzzerTestOneInput(input.data(), input.size());
      ++runs;
    }
  }
  std::cout << runs << " inputs, none crashed\n";
  return 0;
}
