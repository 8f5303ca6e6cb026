// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "onnx_writer.h"
#include "plugin/contract.h"
#include "scratch_folder.h"

namespace monodr {

inline constexpr int kInputWidth = 96, kInputHeight = 64;

/// A YOLO of one layer: cells of 8 px, one anchor, two classes, two masks; a box where the picture is red, its class
/// by green, its prototypes blue and green. Outputs "maps" and "protos".
inline std::string small_detector() {
  const std::vector<std::vector<float>> maps = {{0, 1, -1},
                                                {1, 0, -1},
                                                {0, 2, 0},
                                                {0, 0, 2},
                                                {9, 0, 0},
                                                {0, -4, 4},
                                                {0, 4, -4},
                                                {2, 0, 0},
                                                {0, 2, 0}};
  const std::vector<float> bias = {0, 0, 0, 0, -4, 0, 0, 1, -1};
  return OnnxWriter()
      .input("image", {1, 3, kInputHeight, kInputWidth})
      .convolution("image", "maps", maps, bias, 8)
      .convolution("image", "protos", {{0, 4, 0}, {0, 0, 4}}, {-1, -1}, 4)
      .output("maps", {1, 9, kInputHeight / 8, kInputWidth / 8})
      .output("protos", {1, 2, kInputHeight / 4, kInputWidth / 4})
      .file();
}

inline GivenValue given(ParameterValue value) {
  return {std::move(value), {}, {}};
}

inline GivenParameters small_detector_parameters(const std::string& model) {
  return {{"model", given(model)},
          {"head", given(std::string("yolo_maps"))},
          {"width", given(std::int64_t{kInputWidth})},
          {"height", given(std::int64_t{kInputHeight})},
          {"anchors", given(std::vector<double>{24, 16})},
          {"classes", given(std::vector<std::string>{"Car", "Pedestrian"})}};
}

/// Disparity of 0.02 to 0.5 per metre: the greener, the nearer.
inline std::string small_depth_network() {
  return OnnxWriter()
      .input("image", {1, 3, kInputHeight, kInputWidth})
      .convolution("image", "disparity", {{0, 0.48f, 0}}, {0.02f}, 2)
      .output("disparity", {1, 1, kInputHeight / 2, kInputWidth / 2})
      .file();
}

inline GivenParameters small_depth_parameters(const std::string& model) {
  return {{"model", given(model)},
          {"meaning", given(std::string("disparity"))},
          {"fit", given(std::string("stretch"))},
          {"width", given(std::int64_t{kInputWidth})},
          {"height", given(std::int64_t{kInputHeight})}};
}

}  // namespace monodr
