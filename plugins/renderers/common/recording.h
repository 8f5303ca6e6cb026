// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/Functions.h>
#include <torch/csrc/autograd/custom_function.h>

#include "common/kernel_call.h"

// What a renderer's torch::autograd::Function needs beside drawing: autograd passes tensors in
// lists, and hands backward what forward leaves in a context.
namespace monodr {

/// Fresh images of the channels that are asked for.
inline Rendering empty_images(const at::Tensor& vertices,
                              int height,
                              int width,
                              const Channels& channels) {
  const std::int64_t n = vertices.size(0);
  Rendering images;
  if (channels.silhouette) images.silhouette = at::empty({n, height, width}, vertices.options());
  if (channels.depth) images.depth = at::empty({n, height, width}, vertices.options());
  if (channels.colour) images.colour = at::empty({n, 3, height, width}, vertices.options());
  return images;
}

/// The images that there are, in the order silhouette, depth, colour.
inline torch::autograd::variable_list listed(const Rendering& images) {
  torch::autograd::variable_list list;
  for (const at::Tensor& image : {images.silhouette, images.depth, images.colour})
    if (image.defined()) list.push_back(image);
  return list;
}

/// The inverse of listed(). A gradient that is undefined stays so.
inline Rendering unlisted(const torch::autograd::variable_list& list, const Channels& channels) {
  Rendering images;
  std::size_t next = 0;
  const auto take = [&](bool asked, at::Tensor& to) {
    if (asked) to = list[next++];
  };
  take(channels.silhouette, images.silhouette);
  take(channels.depth, images.depth);
  take(channels.colour, images.colour);
  return images;
}

/// What forward leaves for backward beside tensors.
template <class Settings>
struct RecordedCall : torch::CustomClassHolder {
  Settings settings;
  Channels channels;

  RecordedCall(const Settings& s, const Channels& c) : settings(s), channels(c) {}

  static void leave(torch::autograd::AutogradContext* context,
                    const Settings& settings,
                    const Channels& channels) {
    context->saved_data["call"] =
        c10::IValue::make_capsule(c10::make_intrusive<RecordedCall>(settings, channels));
  }
  static c10::intrusive_ptr<RecordedCall> find(torch::autograd::AutogradContext* context) {
    return c10::static_intrusive_pointer_cast<RecordedCall>(
        context->saved_data["call"].toCapsule());
  }
};

/// Gradients of a batch's inputs, for backward to write.
struct InputGradients {
  at::Tensor vertices, colours, intrinsics;

  /// Of colours only where there are any.
  explicit InputGradients(const RenderInput& input)
      : vertices(at::empty_like(input.vertices)), intrinsics(at::empty_like(input.intrinsics)) {
    if (input.colours.dim() == 3) colours = at::empty_like(input.colours);
  }
  monodr_mesh_gradients arrays() const {
    return {array_of(vertices), array_of(colours), array_of(intrinsics)};
  }
  /// For the arguments of Function's forward: faces, settings and channels have none.
  torch::autograd::variable_list of_arguments() const {
    return {vertices, colours, intrinsics, {}, {}, {}};
  }
};

/// Calls Function::apply(vertices, colours, intrinsics, faces, settings, channels); without the
/// channel colour, `colours` is empty: autograd takes no undefined tensor.
template <class Function, class Settings>
Rendering render_recorded(const RenderInput& input,
                          const Settings& settings,
                          const Channels& channels) {
  const at::Tensor none = at::empty({0}, input.vertices.options());
  return unlisted(Function::apply(input.vertices,
                                  channels.colour ? input.colours : none,
                                  input.intrinsics,
                                  input.faces,
                                  settings,
                                  channels),
                  channels);
}

}  // namespace monodr
