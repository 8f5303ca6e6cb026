// SPDX-License-Identifier: Apache-2.0
#include "plugin/contract_pictures.h"

#include <ATen/Parallel.h>

#include <array>
#include <future>

#include "base/random.h"

namespace monodr {
namespace {

ColourImage picture_of(int width, int height, std::uint64_t seed) {
  ColourImage picture(width, height);
  Random random(seed, "contract picture", 0);
  // Blocks of colour with noise in them: neither flat nor white noise alone.
  constexpr int kBlock = 16;
  std::vector<std::array<double, 3>> colours;
  const int columns = width / kBlock + 1;
  for (int i = 0; i < columns * (height / kBlock + 1); ++i)
    colours.push_back({random.uniform(0, 255), random.uniform(0, 255), random.uniform(0, 255)});
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) {
        const auto& block = colours[size_t(y / kBlock * columns + x / kBlock)];
        const double value = block[size_t(c)] + random.uniform(-10, 10);
        picture.pixel(x, y)[c] = std::uint8_t(std::min(255.0, std::max(0.0, value)));
      }
  return picture;
}

}  // namespace

std::vector<ColourImage> contract_pictures() {
  return {picture_of(310, 94, 1),
          picture_of(1, 1, 2),
          picture_of(3, 200, 3),
          ColourImage(120, 160),
          picture_of(75, 120, 4)};
}

std::string answers_that_change(const std::function<std::string()>& answers) {
  const std::string first = answers();
  if (answers() != first) return "a second run gives other bits";
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const std::string alone = answers();
  at::set_num_threads(2);
  const std::string two = answers();
  at::set_num_threads(threads);
  if (alone != two) return "one thread and two give other bits";
  auto other = std::async(std::launch::async, answers);
  const std::string here = answers();
  if (other.get() != here || here != first)
    return "asked by two threads at once it gives other bits";
  return "";
}

}  // namespace monodr
