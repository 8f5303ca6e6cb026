// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <algorithm>
#include <cmath>

namespace monodr {
namespace {

// SplitMix64's finaliser: neighbouring seeds and indices must not give neighbouring states.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::uint64_t hash_of(std::string_view text) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view stream, std::uint64_t index)
    : engine_(mixed(mixed(mixed(seed) ^ hash_of(stream)) + index)) {}

double Random::uniform(double low, double high) {
  return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1.0p-53;
}

double Random::normal(double mean, double deviation) {  // Box-Muller
  const double radius = std::sqrt(-2 * std::log(1 - uniform(0, 1)));
  return mean + deviation * radius * std::cos(2 * M_PI * uniform(0, 1));
}

double Random::normal_within_three(double mean, double deviation) {
  for (;;) {
    const double value = normal(0, 1);
    if (std::abs(value) <= 3) return mean + deviation * value;
  }
}

int Random::below(int count) {
  return std::min(count - 1, static_cast<int>(uniform(0, count)));
}

std::uint32_t fresh_seed() {
  return std::random_device{}();
}

}  // namespace monodr
