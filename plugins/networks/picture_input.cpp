// SPDX-License-Identifier: Apache-2.0
#include "picture_input.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "base/error.h"

namespace monodr {
namespace {

/// Where the picture lies in the input, and the input's size.
NetworkInput placed(int width, int height, const InputParameters& parameters) {
  NetworkInput input;
  input.picture_width = width;
  input.picture_height = height;
  const auto enlarged = [&](int side) {
    return (side + parameters.multiple - 1) / parameters.multiple * parameters.multiple;
  };
  if (parameters.width == 0) {
    // A network's memory grows with its input; what a photograph has more than this, no car needs.
    constexpr double kLargestArea = 4e6;
    const double scale = std::min(1.0, std::sqrt(kLargestArea / (double(width) * height)));
    input.width = enlarged(std::max(1, int(scale * width)));
    input.height = enlarged(std::max(1, int(scale * height)));
  } else {
    input.width = parameters.width;
    input.height = parameters.height;
  }
  const double fit_x = double(input.width) / width, fit_y = double(input.height) / height;
  if (parameters.fit == InputParameters::Fit::stretch) {
    input.scale_x = fit_x;
    input.scale_y = fit_y;
    return input;
  }
  const bool may_grow = parameters.fit == InputParameters::Fit::letterbox;
  const double scale = std::min({fit_x, fit_y, may_grow ? fit_x : 1.0});
  input.scale_x = std::max(1.0, std::round(scale * width)) / width;  // whole pixels
  input.scale_y = std::max(1.0, std::round(scale * height)) / height;
  if (!may_grow) return input;
  // In whole pixels: 3 * (1.0 / 3) and its like may round to more than the input holds, and half of less than nothing is -1.
  input.left = (input.width - int(std::lround(input.scale_x * width))) / 2;
  input.top = (input.height - int(std::lround(input.scale_y * height))) / 2;
  return input;
}

cv::Mat resized(const ColourImage& picture, int width, int height) {
  const cv::Mat pixels(
      picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t*>(picture.rgb.data()));
  if (width == picture.width && height == picture.height) return pixels;
  cv::Mat result;
  const bool is_smaller = width < picture.width || height < picture.height;
  cv::resize(pixels, result, {width, height}, 0, 0, is_smaller ? cv::INTER_AREA : cv::INTER_LINEAR);
  return result;
}

}  // namespace

ParameterSchema input_schema(const InputParameters& defaults) {
  const auto list = [](const std::array<double, 3>& values) {
    return std::vector<double>(values.begin(), values.end());
  };
  return {
      {.name = "width",
       .default_value = std::int64_t{defaults.width},
       .unit = "px",
       .meaning = "Width of the network's input; 0 = the picture's own.",
       .minimum = 0,
       .maximum = 16384},
      {.name = "height",
       .default_value = std::int64_t{defaults.height},
       .unit = "px",
       .meaning = "Height of the network's input; 0 = the picture's own.",
       .minimum = 0,
       .maximum = 16384},
      {.name = "multiple",
       .default_value = std::int64_t{defaults.multiple},
       .unit = "px",
       .meaning = "The picture's own sides are enlarged to a multiple of this (the network's "
                  "largest stride).",
       .minimum = 1,
       .maximum = 1024},
      {.name = "fit",
       .default_value = std::string("pad"),
       .unit = "",
       .meaning = "pad = at the upper left, made smaller where it does not fit; letterbox = as "
                  "large as it fits, in "
                  "the middle; stretch = to the input's sides.",
       .choices = {"pad", "letterbox", "stretch"}},
      {.name = "pad_value",
       .default_value = defaults.pad_value,
       .unit = "0..255",
       .meaning = "What stands where the picture does not reach.",
       .minimum = 0,
       .maximum = 255},
      {.name = "colours",
       .default_value = std::string(defaults.is_bgr ? "bgr" : "rgb"),
       .unit = "",
       .meaning = "Order of the input's three colours.",
       .choices = {"rgb", "bgr"}},
      {.name = "colour_mean",
       .default_value = list(defaults.mean),
       .unit = "1",
       .meaning = "Of each colour, in the input's order: value = (pixel / 255 - colour_mean) / "
                  "colour_deviation."},
      {.name = "colour_deviation",
       .default_value = list(defaults.deviation),
       .unit = "1",
       .meaning = "See colour_mean; 0.00392156862745098 (1/255) for a network that takes 0..255.",
       .minimum = 0},
  };
}

InputParameters input_parameters(const Parameters& parameters) {
  InputParameters input;
  input.width = int(parameters.integer("width"));
  input.height = int(parameters.integer("height"));
  input.multiple = int(parameters.integer("multiple"));
  const std::string& fit = parameters.text("fit");
  input.fit = fit == "pad"         ? InputParameters::Fit::pad
              : fit == "letterbox" ? InputParameters::Fit::letterbox
                                   : InputParameters::Fit::stretch;
  input.pad_value = parameters.real("pad_value");
  input.is_bgr = parameters.text("colours") == "bgr";
  if ((input.width == 0) != (input.height == 0))
    throw UserError(fmt::format(
        "'width' is {} and 'height' {}: give both sides of the network's input, or neither",
        input.width,
        input.height));
  const auto take = [&](const char* name, std::array<double, 3>& values) {
    const std::vector<double>& given = parameters.reals(name);
    if (given.size() != 3)
      throw UserError(
          fmt::format("'{}' has {} values, but there are three colours", name, given.size()));
    std::copy(given.begin(), given.end(), values.begin());
  };
  take("colour_mean", input.mean);
  take("colour_deviation", input.deviation);
  for (const double deviation : input.deviation)
    if (deviation == 0)
      throw UserError("'colour_deviation' holds a 0, by which nothing can be divided");
  return input;
}

Box2d NetworkInput::to_picture(const Box2d& box) const {
  const auto along = [](double value, double start, double scale, int side) {
    return std::clamp((value - start) / scale, 0.0, side - 1.0) + 0.5;
  };
  return {along(box.left, left, scale_x, picture_width),
          along(box.top, top, scale_y, picture_height),
          along(box.right, left, scale_x, picture_width),
          along(box.bottom, top, scale_y, picture_height)};
}

NetworkInput prepare_input(const ColourImage& picture, const InputParameters& parameters) {
  NetworkInput input = placed(picture.width, picture.height, parameters);
  const int width = int(std::lround(input.scale_x * picture.width));
  const int height = int(std::lround(input.scale_y * picture.height));
  const cv::Mat pixels = resized(picture, width, height);
  const std::size_t area = std::size_t(input.width) * std::size_t(input.height);
  input.values.resize(3 * area);
  for (int c = 0; c < 3; ++c) {
    const auto value_of = [&, c](double pixel) {
      return float((pixel / 255 - parameters.mean[std::size_t(c)]) /
                   parameters.deviation[std::size_t(c)]);
    };
    std::array<float, 256> table{};
    for (int v = 0; v < 256; ++v) table[std::size_t(v)] = value_of(v);
    float* plane = input.values.data() + std::size_t(c) * area;
    std::fill(plane, plane + area, value_of(parameters.pad_value));
    const int channel = parameters.is_bgr ? 2 - c : c;
    for (int y = 0; y < height; ++y) {
      const std::uint8_t* row = pixels.ptr<std::uint8_t>(y) + channel;
      float* target =
          plane + std::size_t(y + int(input.top)) * std::size_t(input.width) + int(input.left);
      for (int x = 0; x < width; ++x) target[x] = table[row[3 * x]];
    }
  }
  return input;
}

float MapReader::at(int x, int y) const {
  const auto cell = [](double position, double cells, double extent) {
    return std::clamp(position * cells / extent - 0.5, 0.0, cells - 1.0);
  };
  const double u = cell(input_.scale_x * (x + 0.5) + input_.left, columns_, input_.width);
  const double v = cell(input_.scale_y * (y + 0.5) + input_.top, rows_, input_.height);
  const int column = std::min(int(u), std::max(0, columns_ - 2));
  const int row = std::min(int(v), std::max(0, rows_ - 2));
  const float a = float(u - column), b = float(v - row);
  const int right = std::min(column + 1, columns_ - 1), below = std::min(row + 1, rows_ - 1);
  const float* upper = values_ + std::ptrdiff_t(row) * columns_;
  const float* lower = values_ + std::ptrdiff_t(below) * columns_;
  return (1 - b) * ((1 - a) * upper[column] + a * upper[right]) +
         b * ((1 - a) * lower[column] + a * lower[right]);
}

}  // namespace monodr
