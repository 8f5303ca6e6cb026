// SPDX-License-Identifier: Apache-2.0
#include "neural_mesh_renderer/tensors.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/custom_function.h>

#include "common/mesh_batch.h"
#include "neural_mesh_renderer/render.h"

namespace monodr::neural_mesh_renderer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What forward leaves for backward beside tensors.
struct Call : torch::CustomClassHolder {
  Settings settings;
  Channels channels;
  Call(const Settings& s, const Channels& c) : settings(s), channels(c) {}
};

/// Images of a batch, or their incoming gradients.
struct ImageTensors {
  at::Tensor silhouette, depth, colour;
};

/// Kept between calls: fresh memory costs more than drawing a small mesh into it.
template <typename Scalar>
Scratch<Scalar>& scratch_of_thread() {
  static thread_local Scratch<Scalar> scratch;
  return scratch;
}

template <typename Scalar>
void project_item(const CameraMesh<Scalar>& mesh,
                  const Settings& settings,
                  std::int64_t item,
                  ScreenMesh& screen) {
  const Projection projection{settings.near, !settings.fill_back};
  std::int64_t index = 0;
  const MeshFault fault = project(mesh, projection, screen, index);
  if (fault != MeshFault::none) throw_mesh_fault("neural_mesh_renderer", fault, item, index);
}

template <typename Scalar>
void draw(const MeshBatch& batch,
          const Settings& settings,
          const ImageTensors& images,
          const at::Tensor& nearest) {
  for_each_item(batch.count(), [&](std::int64_t n) {
    Scratch<Scalar>& scratch = scratch_of_thread<Scalar>();
    const CameraMesh<Scalar> mesh = batch.item<Scalar>(n);
    project_item(mesh, settings, n, scratch.mesh);
    render(mesh,
           settings,
           scratch,
           {item_of<Scalar>(images.silhouette, n),
            item_of<Scalar>(images.depth, n),
            item_of<Scalar>(images.colour, n),
            item_of<std::int32_t>(nearest, n)});
  });
}

/// Gradients of vertices, colours and intrinsics.
template <typename Scalar>
variable_list draw_backward(const MeshBatch& batch,
                            const Settings& settings,
                            const at::Tensor& nearest,
                            const ImageTensors& gradients) {
  const at::Tensor to_vertices = at::zeros_like(batch.vertices);
  const at::Tensor to_intrinsics = at::zeros_like(batch.intrinsics);
  at::Tensor to_colours;
  if (batch.has_colours()) to_colours = at::zeros_like(batch.colours);
  for_each_item(batch.count(), [&](std::int64_t n) {
    Scratch<Scalar>& scratch = scratch_of_thread<Scalar>();
    const ImageGradients<Scalar> incoming{gradient_of<Scalar>(gradients.silhouette, n),
                                          gradient_of<Scalar>(gradients.depth, n),
                                          gradient_of<Scalar>(gradients.colour, n)};
    if (incoming.silhouette == nullptr && incoming.depth == nullptr && incoming.colour == nullptr)
      return;
    const CameraMesh<Scalar> mesh = batch.item<Scalar>(n);
    const CameraMeshGradient<Scalar> gradient{item_of<Scalar>(to_vertices, n),
                                              item_of<Scalar>(to_colours, n),
                                              item_of<Scalar>(to_intrinsics, n)};
    project_item(mesh, settings, n, scratch.mesh);
    render_backward(mesh, settings, scratch, item_of<std::int32_t>(nearest, n), incoming, gradient);
    project_backward(mesh, scratch.mesh, scratch.gradient, gradient);
  });
  return {to_vertices, to_colours, to_intrinsics};
}

struct Render : torch::autograd::Function<Render> {
  static variable_list forward(AutogradContext* context,
                               const at::Tensor& vertices,
                               const at::Tensor& colours,
                               const at::Tensor& intrinsics,
                               const at::Tensor& faces,
                               const Settings& settings,
                               const Channels& channels) {
    const std::int64_t n = vertices.size(0), h = settings.height, w = settings.width;
    ImageTensors images;
    if (channels.silhouette) images.silhouette = at::empty({n, h, w}, vertices.options());
    if (channels.depth) images.depth = at::empty({n, h, w}, vertices.options());
    if (channels.colour) images.colour = at::empty({n, 3, h, w}, vertices.options());
    const at::Tensor nearest =
        at::empty({n, settings.rows(), settings.columns()}, vertices.options().dtype(at::kInt));
    const MeshBatch batch{vertices, colours, intrinsics, faces};
    if (vertices.scalar_type() == at::kFloat)
      draw<float>(batch, settings, images, nearest);
    else
      draw<double>(batch, settings, images, nearest);
    context->set_materialize_grads(false);
    context->saved_data["call"] =
        c10::IValue::make_capsule(c10::make_intrusive<Call>(settings, channels));
    context->save_for_backward({vertices, colours, intrinsics, faces, nearest});
    variable_list outputs;
    for (const at::Tensor& image : {images.silhouette, images.depth, images.colour})
      if (image.defined()) outputs.push_back(image);
    return outputs;
  }

  static variable_list backward(AutogradContext* context, variable_list incoming) {
    const auto call =
        c10::static_intrusive_pointer_cast<Call>(context->saved_data["call"].toCapsule());
    const variable_list saved = context->get_saved_variables();
    ImageTensors gradients;
    std::size_t next = 0;
    const auto take = [&](bool asked, at::Tensor& to) {
      if (!asked) return;
      const at::Tensor& gradient = incoming[next++];
      if (gradient.defined()) to = gradient.contiguous();
    };
    take(call->channels.silhouette, gradients.silhouette);
    take(call->channels.depth, gradients.depth);
    take(call->channels.colour, gradients.colour);
    const MeshBatch batch{saved[0], saved[1], saved[2], saved[3]};
    variable_list result = saved[0].scalar_type() == at::kFloat
                               ? draw_backward<float>(batch, call->settings, saved[4], gradients)
                               : draw_backward<double>(batch, call->settings, saved[4], gradients);
    result.resize(6);  // nothing for faces, settings and channels
    return result;
  }
};

}  // namespace

Rendering render_tensors(const RenderInput& input,
                         const Settings& settings,
                         const Channels& channels) {
  const at::Tensor none = at::empty({0}, input.vertices.options());
  const variable_list images = Render::apply(input.vertices.contiguous(),
                                             channels.colour ? input.colours.contiguous() : none,
                                             input.intrinsics.contiguous(),
                                             input.faces.contiguous(),
                                             settings,
                                             channels);
  Rendering rendering;
  std::size_t next = 0;
  if (channels.silhouette) rendering.silhouette = images[next++];
  if (channels.depth) rendering.depth = images[next++];
  if (channels.colour) rendering.colour = images[next++];
  return rendering;
}

}  // namespace monodr::neural_mesh_renderer
