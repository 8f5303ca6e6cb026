// SPDX-License-Identifier: Apache-2.0
#include "depth_reading.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace monodr {
namespace {

/// A map's values over the input's area.
struct DepthMapOfNetwork {
  std::vector<float> values;
  int rows = 0, columns = 0;
};

DepthMapOfNetwork map_of(const NetworkOutput& output, const std::string& file) {
  std::vector<std::int64_t> shape = output.squeezed();
  const bool is_points = shape.size() == 3 && shape[2] == 3;
  if (shape.size() == 1) shape = {shape[0], 1};  // a single column
  if (shape.empty()) shape = {1, 1};
  if (shape.size() != 2 && !is_points)
    throw UserError(
        fmt::format("the output '{}' of '{}' is {}, but depth is one map [h, w] (or points [h, w, "
                    "3]); set 'outputs' "
                    "to the name of that map",
                    output.name,
                    file,
                    describe_shape(output.shape)));
  DepthMapOfNetwork map{{}, int(shape[0]), int(shape[1])};
  if (!is_points) {
    map.values = output.values;
  } else {
    for (std::size_t i = 2; i < output.values.size(); i += 3)
      map.values.push_back(output.values[i]);
  }
  return map;
}

/// Line through (x, y) by least squares with weights w:  y = slope x + offset.
struct Line {
  double slope = 0, offset = 0;
};

Line weighted_line(const std::vector<double>& x,
                   const std::vector<double>& y,
                   const std::vector<double>& w) {
  double sum = 0, mean_x = 0, mean_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += w[i];
    mean_x += w[i] * x[i];
    mean_y += w[i] * y[i];
  }
  mean_x /= sum;
  mean_y /= sum;
  double xx = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += w[i] * (x[i] - mean_x) * (x[i] - mean_x);
    xy += w[i] * (x[i] - mean_x) * (y[i] - mean_y);
  }
  const double slope = xx > 0 ? xy / xx : 0;
  return {slope, mean_y - slope * mean_x};
}

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Weights of Geman and McClure, from one step to the next; deterministic.
Line robust_line(const std::vector<double>& x, const std::vector<double>& y) {
  std::vector<double> w(x.size(), 1.0);
  Line line = weighted_line(x, y, w);
  constexpr int kSteps = 30;
  for (int step = 0; step < kSteps; ++step) {
    std::vector<double> off(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      off[i] = std::abs(y[i] - line.slope * x[i] - line.offset);
    const double scale = std::max(1e-9, 1.5 * median_of(off));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double r = off[i] / scale;
      w[i] = 1 / ((1 + r * r) * (1 + r * r));
    }
    line = weighted_line(x, y, w);
  }
  return line;
}

/// 1 / z = slope v + offset, from the road.
Line scale_from_road(const MapReader& map,
                     const NetworkInput& input,
                     const Camera& camera,
                     const DepthReading& reading) {
  constexpr double kFarthest = 40;  // m: beyond it slopes and the horizon's error count more
  const Intrinsics& k = camera.intrinsics;
  std::vector<double> values, inverse;
  for (int y = 0; y < input.picture_height; ++y) {
    const double expected = (y + 0.5 - k.cy) / (k.fy * reading.camera_height);
    if (expected < 1 / kFarthest) continue;
    std::vector<double> row;
    for (int x = 0; x < input.picture_width; x += 4) row.push_back(map.at(x, y));
    const auto quartile = row.begin() + std::ptrdiff_t(row.size() / 4);
    std::nth_element(row.begin(), quartile, row.end());
    values.push_back(*quartile);
    inverse.push_back(expected);
  }
  constexpr std::size_t kFewestRows = 8;
  return values.size() < kFewestRows ? Line{} : robust_line(values, inverse);
}

}  // namespace

ParameterSchema depth_schema() {
  return {
      {.name = "meaning",
       .default_value = std::string("metres"),
       .unit = "",
       .meaning = "What a value v is: metres: z = factor v + shift; disparity: 1 / z = factor v + "
                  "shift; inverse_depth: "
                  "1 / z but for scale and shift, which the road gives.",
       .choices = {"metres", "disparity", "inverse_depth"}},
      {.name = "factor", .default_value = 1.0, .unit = "1 or 1/m", .meaning = "See meaning."},
      {.name = "shift", .default_value = 0.0, .unit = "m or 1/m", .meaning = "See meaning."},
      {.name = "canonical_focal",
       .default_value = 0.0,
       .unit = "px",
       .meaning = "Focal length that a network was trained for (Metric3D: 1000): depths are "
                  "multiplied by the input's "
                  "focal length over this; 0 = leave them.",
       .minimum = 0},
      {.name = "camera_height",
       .default_value = 1.65,
       .unit = "m",
       .meaning = "Of the camera above the road (meaning = \"inverse_depth\").",
       .minimum = 0.1,
       .maximum = 100},
      {.name = "deviation",
       .default_value = 0.1,
       .unit = "1",
       .meaning = "Stated relative standard deviation of a depth; `runexp data inspect "
                  "--depth-error` measures it.",
       .minimum = 0.001,
       .maximum = 1},
      {.name = "maximum",
       .default_value = 0.0,
       .unit = "m",
       .meaning = "Farther depths are none (a network's sky); 0 = no limit.",
       .minimum = 0},
  };
}

DepthReading depth_reading(const Parameters& parameters) {
  DepthReading reading;
  const std::string& meaning = parameters.text("meaning");
  reading.meaning = meaning == "metres"      ? DepthMeaning::metres
                    : meaning == "disparity" ? DepthMeaning::disparity
                                             : DepthMeaning::inverse_depth;
  reading.factor = parameters.real("factor");
  reading.shift = parameters.real("shift");
  reading.canonical_focal = parameters.real("canonical_focal");
  reading.camera_height = parameters.real("camera_height");
  reading.deviation = parameters.real("deviation");
  reading.maximum = parameters.real("maximum");
  return reading;
}

EstimatedDepth read_depth(const std::vector<NetworkOutput>& outputs,
                          const std::string& file,
                          const NetworkInput& input,
                          const Camera& camera,
                          const DepthReading& reading) {
  if (outputs.empty()) throw UserError(fmt::format("'{}' gives no output", file));
  const DepthMapOfNetwork map = map_of(outputs[0], file);
  const MapReader values(input, map.values.data(), map.rows, map.columns);
  DepthMapOfNetwork valid;
  double scale = 1;
  if (outputs.size() > 1) {
    if (outputs[1].values.size() == 1)
      scale = outputs[1].values[0];
    else
      valid = map_of(outputs[1], file);
  }
  const MapReader validity(input, valid.values.data(), valid.rows, valid.columns);
  if (reading.canonical_focal > 0)
    scale *= camera.intrinsics.fx * input.scale_x / reading.canonical_focal;
  Line inverse{reading.factor, reading.shift};
  if (reading.meaning == DepthMeaning::inverse_depth) {
    inverse = scale_from_road(values, input, camera, reading);
    if (inverse.slope <= 0)
      throw UserError(fmt::format(
          "'{}' gives depth without a scale, and no road can be made out below the horizon (row "
          "{:.0f}) to "
          "take it from; are the intrinsics right, and are nearer things brighter in its output?",
          file,
          camera.intrinsics.cy));
  }
  EstimatedDepth depth;
  depth.relative_deviation = reading.deviation;
  depth.metres = Plane<float>(input.picture_width, input.picture_height);
  constexpr double kLargest = 1e5;  // m: below a disparity of this nothing is known of the distance
  for (int y = 0; y < input.picture_height; ++y)
    for (int x = 0; x < input.picture_width; ++x) {
      if (!valid.values.empty() && validity.at(x, y) < 0.5f) continue;
      const double v = values.at(x, y);
      const double line = inverse.slope * v + inverse.offset;
      const double z = scale * (reading.meaning == DepthMeaning::metres ? line : 1 / line);
      const bool is_depth = z > 0 && z < kLargest && (reading.maximum == 0 || z <= reading.maximum);
      depth.metres.at(x, y) = is_depth ? float(z) : 0;
    }
  return depth;
}

}  // namespace monodr
