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
constexpr double kSharpened = 0.5;
constexpr double kCoarsest = 2;  // pixels of the crop that one of the camera may be wide

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

/// Halves or strips of the crop that get a part of the light, with borders of a pixel or a few.
void shade(std::vector<float>& image, int size, Random& random) {
  const int shadows = 1 + random.below(3);
  for (int i = 0; i < shadows; ++i) {
    const double angle = random.uniform(0, 2 * M_PI), light = random.uniform(0.15, 0.7);
    const double middle = size * random.uniform(-0.3, 0.3),
                 border = size * random.uniform(0.005, 0.04);
    const double width = random.chance(0.5) ? 2.0 * size : size * random.uniform(0.1, 0.5);
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x) {
        const double across =
            std::cos(angle) * (x - size / 2.0) + std::sin(angle) * (y - size / 2.0) - middle;
        const double inside = std::min(across, width - across);  // from the nearer border
        const auto factor =
            static_cast<float>(1 - (1 - light) * std::clamp(0.5 + inside / (2 * border), 0.0, 1.0));
        for (int c = 0; c < 3; ++c)
          image[static_cast<std::size_t>((c * size + y) * size + x)] *= factor;
      }
  }
}

/// Streaks that are brighter than the sensor can tell, wide and low, with soft ends: exp(-r^4) of an ellipse.
void dazzle(std::vector<float>& image, int size, Random& random) {
  const int streaks = 1 + random.below(3);
  for (int i = 0; i < streaks; ++i) {
    const double x0 = size * random.uniform(0.1, 0.9), y0 = size * random.uniform(0.1, 0.67);
    const double length = size * random.uniform(0.05, 0.3),
                 width = size * random.uniform(0.02, 0.1);
    const double angle = random.uniform(-0.5, 0.5), strength = random.uniform(0.3, 1.5);
    const double cosine = std::cos(angle), sine = std::sin(angle);
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x) {
        const double along = (cosine * (x - x0) + sine * (y - y0)) / length,
                     across = (cosine * (y - y0) - sine * (x - x0)) / width;
        const double square = along * along + across * across;
        const auto light = static_cast<float>(strength * std::exp(-square * square));
        for (int c = 0; c < 3; ++c)
          image[static_cast<std::size_t>((c * size + y) * size + x)] += light;
      }
  }
  for (float& value : image) value = std::min(value, 1.0F);
}

/// The crop as a camera of fewer pixels has it, which is how a far car is seen: each pixel keeps one of its colours, R G over
/// G B from one of four corners on, and the other two are the mean of the neighbours that have them, which for all places of
/// a filter array is one convolution of what is there with (1 2 1) x (1 2 1).
void see_through_filters(std::vector<float>& image, int size, double pixel, int corner) {
  const int side = std::max(2, static_cast<int>(std::lround(size / pixel)));
  const cv::Mat near = (cv::Mat_<float>(3, 3) << 1, 2, 1, 2, 4, 2, 1, 2, 1);
  for (int c = 0; c < 3; ++c) {
    cv::Mat plane(size, size, CV_32F, image.data() + static_cast<std::ptrdiff_t>(c) * size * size);
    cv::Mat seen, there(side, side, CV_32F), sum, weight;
    cv::resize(plane, seen, {side, side}, 0, 0, cv::INTER_AREA);
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) {
        const int right = (x + corner) % 2, down = (y + corner / 2) % 2;
        there.at<float>(y, x) = right + down == c ? 1.0F : 0.0F;
      }
    cv::filter2D(seen.mul(there), sum, CV_32F, near, {-1, -1}, 0, cv::BORDER_REFLECT_101);
    cv::filter2D(there, weight, CV_32F, near, {-1, -1}, 0, cv::BORDER_REFLECT_101);
    const cv::Mat between = sum / weight;
    between.copyTo(seen, there == 0);
    cv::resize(seen, plane, plane.size(), 0, 0, cv::INTER_LINEAR);
  }
}

void sharpen(std::vector<float>& image, int size, double sigma, double strength) {
  const std::size_t pixels = image.size() / 3;
  std::vector<float> blurred = image;
  for (std::size_t c = 0; c < 3; ++c) blur(blurred.data() + c * pixels, size, sigma);
  for (std::size_t i = 0; i < image.size(); ++i)
    image[i] += static_cast<float>(strength) * (image[i] - blurred[i]);
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
  // What is off draws no number, so that it leaves the others as they were.
  if (how.shade > 0 && random.chance(how.shade)) shade(image, size, random);
  if (how.glare > 0 && random.chance(how.glare)) dazzle(image, size, random);
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
  if (how.bayer > 0 && random.chance(how.bayer))
    see_through_filters(image, size, random.uniform(1, kCoarsest), random.below(4));
  if (how.sharpening > 0 && random.chance(kSharpened)) {
    const double sigma = unit * random.uniform(0.5, 1.5);
    sharpen(image, size, sigma, random.uniform(0, how.sharpening));
  }
  clamp(image);
  if (random.chance(how.compression)) compress(image, size, 20 + random.below(71));
}

}  // namespace monodr
