// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iterator>
#include <random>
#include <string_view>
#include <utility>

namespace monodr {

/// Random numbers that are the same on every machine: the engine is fixed by the standard, and the
/// distributions, which the standard leaves open, are written out here.
///
/// A stream is named by a seed, a word ("scene", "training car") and an index, so that what one
/// object draws does not depend on how much another one drew before it.
class Random {
 public:
  Random(std::uint64_t seed, std::string_view stream, std::uint64_t index);
  /// The one stream of a computation that draws nothing else.
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  /// 64 independent bits.
  std::uint64_t bits() { return engine_(); }

  /// In [low, high).
  double uniform(double low, double high);

  /// Normal, with its tails: errors are drawn from it.
  double normal(double mean, double deviation);

  /// Normal, drawn again until it lies within three deviations: a made-up world needs no car
  /// twice as long as another, and what is measured of it must not hang on one.
  double normal_within_three(double mean, double deviation);

  /// 0, 1, ..., count - 1.
  int below(int count);

  bool chance(double probability) { return uniform(0, 1) < probability; }

  /// Every order is as likely (Fisher and Yates); std::shuffle draws as its library likes to.
  template <typename Values>
  void shuffle(Values&& values) {
    for (std::size_t i = std::size(values); i > 1; --i)
      std::swap(values[i - 1], values[static_cast<std::size_t>(below(static_cast<int>(i)))]);
  }

 private:
  std::mt19937_64 engine_;
};

/// Another number at each call, in each process and on each host: the seed of a test that tries anew
/// each time (and prints it), and what tells the names of temporary files apart. No result may hang on it.
std::uint32_t fresh_seed();

}  // namespace monodr
