// Random numbers by counting: every value is a hash of a key and a counter, so it does not matter who draws
// first. Integer arithmetic and exact conversions only: the same on every machine.
#pragma once

#include <cstdint>

namespace depthmill::sample {

// The finaliser of splitmix64 (Steele, Lea, Flood 2014): a bijection whose output bits all depend on all
// input bits.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return mix(mix(a) ^ b); }
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b, std::uint64_t c) { return mix(mix(a, b), c); }

// [0, 1) from the upper 53 bits.
constexpr double unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

// Nearly normal, mean 0 and variance 1, within +-3.46: four 16-bit uniforms summed (Irwin-Hall).
constexpr double nearly_normal(std::uint64_t bits) {
  const auto sum =
      static_cast<double>((bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48));
  return (sum - 131070.0) * (1.7320508075688772 / 65536.0);
}

// A stream of draws for building things, one after the other.
class Random {
 public:
  explicit constexpr Random(std::uint64_t key) : key_(mix(key)) {}
  constexpr std::uint64_t bits() { return mix(key_, counter_++); }
  constexpr double uniform() { return unit(bits()); }
  constexpr double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // low..high, both included.
  constexpr int integer(int low, int high) {
    return low + static_cast<int>(bits() % static_cast<std::uint64_t>(high - low + 1));
  }
  constexpr bool chance(double probability) { return uniform() < probability; }
  constexpr double normal() { return nearly_normal(bits()); }

 private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

// Keys that keep independent uses of one seed apart.
enum class Use : std::uint64_t { kRoom = 1, kPath, kTimes, kRgbNoise, kDepthNoise, kAccelNoise, kView };
constexpr std::uint64_t key_for(std::uint64_t seed, std::uint64_t scene, Use use) {
  return mix(seed, scene, static_cast<std::uint64_t>(use));
}

}  // namespace depthmill::sample
