// SPDX-License-Identifier: Apache-2.0
#include "evidence/randomise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace monodr {
namespace {

constexpr double kBlurred = 0.4;  // share of the crops

/// Of one plane; the borders repeat.
void blur(float* plane, int size, double sigma) {
  cv::Mat picture(size, size, CV_32F, plane);
  cv::GaussianBlur(picture, picture, {}, sigma, sigma, cv::BORDER_REPLICATE);
}

void recolour(std::vector<float>& image,
              std::size_t pixels,
              double saturation,
              double contrast,
              double brightness,
              const std::array<double, 3>& gain) {
  for (std::size_t p = 0; p < pixels; ++p) {
    const double grey =
        0.299 * image[p] + 0.587 * image[pixels + p] + 0.114 * image[2 * pixels + p];
    for (std::size_t c = 0; c < 3; ++c) {
      float& value = image[c * pixels + p];
      const double coloured = grey + saturation * (value - grey);
      value = static_cast<float>((0.5 + contrast * (coloured - 0.5) + brightness) * gain[c]);
    }
  }
}

/// A rectangle of one colour and some noise, of a fifth to a half of the crop's sides.
void cover(std::vector<float>& image, int size, Random& random) {
  const auto side = [&] { return 1 + static_cast<int>(size * random.uniform(0.15, 0.5)); };
  const int width = side(), height = side();
  const int left = random.below(std::max(1, size - width + 1)),
            top = random.below(std::max(1, size - height + 1));
  const std::array<double, 3> colour{
      random.uniform(0, 1), random.uniform(0, 1), random.uniform(0, 1)};
  const double grain = random.uniform(0, 0.25);
  for (int c = 0; c < 3; ++c)
    for (int y = top; y < std::min(size, top + height); ++y)
      for (int x = left; x < std::min(size, left + width); ++x)
        image[static_cast<std::size_t>((c * size + y) * size + x)] =
            static_cast<float>(colour[static_cast<std::size_t>(c)] + random.uniform(-grain, grain));
}

void compress(std::vector<float>& image, int size, int quality) {
  const auto pixels = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  cv::Mat picture(size, size, CV_8UC3);
  for (std::size_t p = 0; p < pixels; ++p)
    for (std::size_t c = 0; c < 3; ++c)  // OpenCV's order is blue, green, red
      picture.data[3 * p + c] =
          static_cast<unsigned char>(std::lround(255 * image[(2 - c) * pixels + p]));
  std::vector<unsigned char> file;
  cv::imencode(".jpg", picture, file, {cv::IMWRITE_JPEG_QUALITY, quality});
  const cv::Mat back = cv::imdecode(file, cv::IMREAD_COLOR);
  for (std::size_t p = 0; p < pixels; ++p)
    for (std::size_t c = 0; c < 3; ++c)
      image[(2 - c) * pixels + p] = static_cast<float>(back.data[3 * p + c]) / 255;
}

void clamp(std::vector<float>& image) {
  for (float& value : image) value = std::clamp(value, 0.0F, 1.0F);
}

}  // namespace

void randomise_picture(std::vector<float>& image,
                       int size,
                       const Randomisation& how,
                       Random& random) {
  const auto pixels = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  const double unit = size / 64.0;
  if (how.blur > 0 && random.chance(kBlurred)) {
    const double sigma = unit * random.uniform(0.2 * how.blur, how.blur);
    for (std::size_t c = 0; c < 3; ++c) blur(image.data() + c * pixels, size, sigma);
  }
  const double saturation = random.uniform(1 - how.saturation, 1 + how.saturation / 2);
  const double contrast = random.uniform(1 - how.light, 1 + how.light);
  const double brightness = 0.4 * how.light * random.uniform(-1, 1);
  std::array<double, 3> gain{};
  for (double& one : gain) one = random.uniform(1 - how.cast, 1 + how.cast);
  recolour(image, pixels, saturation, contrast, brightness, gain);
  if (random.chance(how.occluders)) cover(image, size, random);
  const double noise = random.uniform(0, how.noise);
  if (noise > 0)
    for (float& value : image) value += static_cast<float>(random.normal(0, noise));
  clamp(image);
  if (random.chance(how.compression)) compress(image, size, 20 + random.below(71));
}

}  // namespace monodr
