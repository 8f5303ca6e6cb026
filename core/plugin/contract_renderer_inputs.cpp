// SPDX-License-Identifier: Apache-2.0
// Each of these has broken a renderer of somebody's: code that takes a tensor's memory for its values, that divides
// by a depth or an area, or that was tried on square pictures only.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <array>
#include <cmath>
#include <utility>

#include "plugin/channels.h"
#include "plugin/contract_channels.h"
#include "plugin/contract_renderer_tools.h"
#include "plugin/draw.h"

namespace monodr {
namespace {

/// The same numbers in memory of another order.
at::Tensor transposed_in_memory(const at::Tensor& tensor) {
  return tensor.transpose(-1, -2).contiguous().transpose(-1, -2);
}

std::string layout_matters(const Renderer& renderer) {
  const RenderInput plain = some_input(at::kFloat);
  RenderInput laid = plain;
  for (at::Tensor* tensor : {&laid.vertices, &laid.colours, &laid.intrinsics, &laid.canonical})
    *tensor = transposed_in_memory(*tensor);
  laid.faces = transposed_in_memory(laid.faces);
  // One item seen as several, without memory for them.
  RenderInput repeated = plain, expanded = plain;
  for (at::Tensor RenderInput::*member : {&RenderInput::vertices,
                                          &RenderInput::colours,
                                          &RenderInput::intrinsics,
                                          &RenderInput::canonical}) {
    const at::Tensor one = (plain.*member).narrow(0, 1, 1);
    expanded.*member = one.expand({kContractItems, -1, -1});
    repeated.*member = one.repeat({kContractItems, 1, 1});
  }
  expanded.faces = plain.faces.unsqueeze(0).expand({kContractItems, -1, -1});
  repeated.faces = plain.faces.unsqueeze(0).repeat({kContractItems, 1, 1});
  const std::pair<const RenderInput*, const RenderInput*> pairs[] = {{&laid, &plain},
                                                                     {&expanded, &repeated}};
  for (const std::string& channel : channels_to_check(renderer))
    for (const auto& [odd, even] : pairs) {
      std::vector<at::Tensor> of_odd{image_of(renderer, *odd, channel)};
      std::vector<at::Tensor> of_even{image_of(renderer, *even, channel)};
      for (const at::Tensor& gradient :
           gradients(output_of(renderer, *odd, channel), inputs_of(*odd)))
        of_odd.push_back(gradient.contiguous());
      for (const at::Tensor& gradient :
           gradients(output_of(renderer, *even, channel), inputs_of(*even)))
        of_even.push_back(gradient.contiguous());
      if (const auto error = difference_in_bits(of_odd, of_even); !error.empty())
        return fmt::format(
            "{} of {} tensors: {}", channel, odd == &laid ? "transposed" : "expanded", error);
    }
  return "";
}

/// The gradient of image.sum() is one number seen as a picture.
std::string stride_of_gradient_matters(const Renderer& renderer) {
  const RenderInput input = some_input(at::kFloat);
  for (const std::string& channel : channels_to_check(renderer)) {
    const OutputOf output = output_of(renderer, input, channel);
    const auto of_sum = gradients(output, inputs_of(input));
    const auto of_picture =
        gradients(output, inputs_of(input), at::ones_like(image_of(renderer, input, channel)));
    if (const auto error = difference_in_bits(of_sum, of_picture); !error.empty())
      return fmt::format("{}: {}", channel, error);
  }
  return "";
}

std::string int32_faces_misread(const Renderer& renderer) {
  const RenderInput plain = some_input(at::kFloat);
  RenderInput narrow = plain;
  narrow.faces = plain.faces.to(at::kInt);
  try {
    const Rendering out = all_drawn(renderer, narrow), expected = all_drawn(renderer, plain);
    return difference_in_bits({out.silhouette, out.depth}, {expected.silhouette, expected.depth});
  } catch (const std::exception& error) {
    const std::string text = error.what();
    return text.find("int64") == std::string::npos ? "the message does not say 'int64': " + text
                                                   : "";
  }
}

/// The middle of what is seen, x and y in pixels.
std::array<double, 2> middle_of(const at::Tensor& silhouette) {
  std::array<double, 2> middle{};
  for (int axis = 0; axis < 2; ++axis) {
    const at::Tensor seen = (silhouette > 0.5).any(axis).nonzero();
    if (seen.numel() == 0) return {-1, -1};
    middle[size_t(axis)] =
        0.5 * double(seen.min().item<int64_t>() + seen.max().item<int64_t>() + 1);
  }
  return middle;
}

std::string oblong_picture_is_wrong(const Renderer& renderer) {
  constexpr int kHigh = 96, kWide = 320;
  constexpr double kFocal = 150, kCentreX = 250, kCentreY = 25, kTolerance = 2;
  RenderInput input = some_input(at::kDouble);
  input.intrinsics =
      at::tensor({kFocal, 0.0, kCentreX, 0.0, kFocal, kCentreY, 0.0, 0.0, 1.0}, at::kDouble)
          .reshape({1, 3, 3})
          .repeat({kContractItems, 1, 1});
  const at::Tensor reference = input.canonical.narrow(0, 0, 1);
  for (const auto& [high, wide] : {std::pair{kHigh, kWide}, std::pair{kWide, kHigh}}) {
    if (high == kWide) {  // the same on its side
      input.vertices = input.vertices.index_select(2, at::tensor({1, 0, 2}, at::kLong));
      input.intrinsics = input.intrinsics.clone();
      input.intrinsics.select(1, 0).select(1, 2).fill_(kCentreY);
      input.intrinsics.select(1, 1).select(1, 2).fill_(kCentreX);
    }
    const Rendering out =
        draw_checked(renderer, input, reference, {channels_alone({"silhouette"}), high, wide, 1.0});
    if (out.silhouette.size(1) != high || out.silhouette.size(2) != wide)
      return fmt::format("a picture of {} rows and {} columns has other sizes", high, wide);
    for (int n = 0; n < kContractItems; ++n) {
      const at::Tensor vertices = input.vertices[n];
      const std::array<double, 2> middle = middle_of(out.silhouette[n]);
      for (int axis = 0; axis < 2; ++axis) {
        const at::Tensor pixels = vertices.select(1, axis) / vertices.select(1, 2) * kFocal +
                                  input.intrinsics[n][axis][2].item<double>();
        const double expected = 0.5 * (pixels.min().item<double>() + pixels.max().item<double>());
        if (std::abs(middle[size_t(axis)] - expected) > kTolerance)
          return fmt::format(
              "in {}x{} pixels item {} is seen around {} = {:.1f}, its vertices around {:.1f}",
              wide,
              high,
              n,
              axis == 0 ? "x" : "y",
              middle[size_t(axis)],
              expected);
      }
    }
  }
  return "";
}

/// Single vertices, and whole meshes, in planes at and near the camera.
std::string plane_breaks(const Renderer& renderer) {
  for (const double z : {0.0, 1e-6, 0.1, 0.5}) {
    RenderInput some = some_input(at::kDouble), all = some;
    for (int64_t v = 0; v < some.vertices.size(1); v += 7)
      some.vertices.select(1, v).select(1, 2).fill_(z);
    all.vertices.select(2, 2).fill_(z);
    for (const RenderInput* input : {&some, &all})
      if (const auto error = not_finite_anywhere(renderer, *input); !error.empty())
        return fmt::format(
            "{} at z = {}: {}", input == &some ? "some vertices" : "all vertices", z, error);
  }
  return "";
}

std::string inside_breaks(const Renderer& renderer) {
  RenderInput input = some_input(at::kDouble);
  for (int n = 0; n < kContractItems; ++n) {
    const at::Tensor vertices = input.vertices[n];
    input.vertices[n].copy_((vertices - vertices.mean(0, true)) * 4);
  }
  return not_finite_anywhere(renderer, input);
}

/// Faces of a hundredth of a pixel each.
std::string tiny_faces_break(const Renderer& renderer) {
  constexpr int64_t kFaces = 20000;
  RenderInput input = some_input(at::kFloat);
  for (at::Tensor* tensor : {&input.vertices, &input.colours, &input.intrinsics, &input.canonical})
    *tensor = tensor->narrow(0, 0, 1);
  const int64_t copies = kFaces / input.faces.size(0) + 1, count = input.vertices.size(1);
  std::vector<at::Tensor> vertices, faces;
  for (int64_t i = 0; i < copies; ++i) {
    vertices.push_back((input.vertices - input.vertices.mean(1, true)) * 0.05 +
                       input.vertices.select(1, i % count).unsqueeze(1));
    faces.push_back(input.faces + i * count);
  }
  input.vertices = at::cat(vertices, 1);
  input.colours = input.colours.repeat({1, copies, 1});
  input.canonical = input.canonical.repeat({1, copies, 1});
  input.faces = at::cat(faces);
  const OutputOf silhouette = [&](const std::vector<at::Tensor>& values) {
    RenderInput moved = input;
    moved.vertices = values[0];
    return draw_checked(renderer,
                        moved,
                        input.canonical,
                        {channels_alone({"silhouette"}), kContractHeight, kContractWidth, 0.5})
        .silhouette;
  };
  const at::Tensor image = silhouette({input.vertices});
  if ((image < 0).any().item<bool>() || (image > 1 + 1e-5).any().item<bool>())
    return "silhouette leaves [0,1]";
  const auto gradient = gradients(silhouette, {{"vertices", input.vertices}});
  return not_finite("the gradient in the vertices", gradient[0]);
}

}  // namespace

void check_renderer_inputs(ContractChecker& checker, const Renderer& renderer) {
  const auto check = [&](const char* name, std::string (*finding)(const Renderer&)) {
    checker.check(name, [&renderer, finding] { return finding(renderer); });
  };
  check("transposed and expanded tensors are the numbers that they hold", layout_matters);
  check("a gradient with stride 0 is one number", stride_of_gradient_matters);
  check("faces of int32 are read, or refused with a word on int64", int32_faces_misread);
  check("oblong pictures, principal point off the middle", oblong_picture_is_wrong);
  check("finite with vertices in and near the camera's plane", plane_breaks);
  check("finite with the camera inside of the mesh", inside_breaks);
  check("twenty thousand faces in a few pixels", tiny_faces_break);
}

}  // namespace monodr
