// SPDX-License-Identifier: Apache-2.0
#include "neural_mesh_renderer/tensors.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/custom_function.h>

#include "common/recording.h"
#include "neural_mesh_renderer/render.h"

namespace monodr::neural_mesh_renderer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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
          const Rendering& images,
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

template <typename Scalar>
void draw_backward(const MeshBatch& batch,
                   const Settings& settings,
                   const at::Tensor& nearest,
                   const Rendering& gradients,
                   const InputGradients& to) {
  for_each_item(batch.count(), [&](std::int64_t n) {
    Scratch<Scalar>& scratch = scratch_of_thread<Scalar>();
    const ImageGradients<Scalar> incoming{gradient_of<Scalar>(gradients.silhouette, n),
                                          gradient_of<Scalar>(gradients.depth, n),
                                          gradient_of<Scalar>(gradients.colour, n)};
    if (incoming.silhouette == nullptr && incoming.depth == nullptr && incoming.colour == nullptr)
      return;
    const CameraMesh<Scalar> mesh = batch.item<Scalar>(n);
    const CameraMeshGradient<Scalar> gradient = to.item<Scalar>(n);
    project_item(mesh, settings, n, scratch.mesh);
    render_backward(mesh, settings, scratch, item_of<std::int32_t>(nearest, n), incoming, gradient);
    project_backward(mesh, scratch.mesh, scratch.gradient, gradient);
  });
}

struct Render : torch::autograd::Function<Render> {
  static variable_list forward(AutogradContext* context,
                               const at::Tensor& vertices,
                               const at::Tensor& colours,
                               const at::Tensor& intrinsics,
                               const at::Tensor& faces,
                               const Settings& settings,
                               const Channels& channels) {
    const Rendering images = empty_images(vertices, settings.height, settings.width, channels);
    const at::Tensor nearest = at::empty({vertices.size(0), settings.rows(), settings.columns()},
                                         vertices.options().dtype(at::kInt));
    const MeshBatch batch{vertices, colours, intrinsics, faces};
    if (vertices.scalar_type() == at::kFloat)
      draw<float>(batch, settings, images, nearest);
    else
      draw<double>(batch, settings, images, nearest);
    context->set_materialize_grads(false);
    RecordedCall<Settings>::leave(context, settings, channels);
    context->save_for_backward({vertices, colours, intrinsics, faces, nearest});
    return listed(images);
  }

  static variable_list backward(AutogradContext* context, variable_list incoming) {
    const auto call = RecordedCall<Settings>::find(context);
    const variable_list saved = context->get_saved_variables();
    const Rendering gradients = unlisted(incoming, call->channels);
    const MeshBatch batch{saved[0], saved[1], saved[2], saved[3]};
    const InputGradients to(batch);
    if (batch.vertices.scalar_type() == at::kFloat)
      draw_backward<float>(batch, call->settings, saved[4], gradients, to);
    else
      draw_backward<double>(batch, call->settings, saved[4], gradients, to);
    return to.of_arguments();
  }
};

}  // namespace

Rendering render_tensors(const RenderInput& input,
                         const Settings& settings,
                         const Channels& channels) {
  return render_recorded<Render>(input, settings, channels);
}

}  // namespace monodr::neural_mesh_renderer
