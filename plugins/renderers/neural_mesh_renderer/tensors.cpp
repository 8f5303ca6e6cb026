// SPDX-License-Identifier: Apache-2.0
#include "neural_mesh_renderer/tensors.h"

#include "common/recording.h"

namespace monodr::neural_mesh_renderer {
namespace {

using Settings = monodr_neural_mesh_renderer;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Render : torch::autograd::Function<Render> {
  static variable_list forward(AutogradContext* context,
                               const at::Tensor& vertices,
                               const at::Tensor& colours,
                               const at::Tensor& intrinsics,
                               const at::Tensor& faces,
                               const Settings& settings,
                               const Channels& channels) {
    const Rendering images = empty_images(vertices, settings.height, settings.width, channels);
    const at::Tensor nearest = at::empty(
        {vertices.size(0), settings.height * settings.samples, settings.width * settings.samples},
        vertices.options().dtype(at::kInt));
    const monodr_meshes meshes = meshes_of({vertices, faces, colours, intrinsics});
    const monodr_images arrays = images_of(images);
    check_kernel_call(
        "neural_mesh_renderer",
        monodr_neural_mesh_renderer_forward(
            &settings, &meshes, &arrays, nearest.data_ptr<std::int32_t>(), kernel_threads()));
    context->set_materialize_grads(false);
    RecordedCall<Settings>::leave(context, settings, channels);
    context->save_for_backward({vertices, colours, intrinsics, faces, nearest});
    return listed(images);
  }

  static variable_list backward(AutogradContext* context, variable_list incoming) {
    const auto call = RecordedCall<Settings>::find(context);
    const variable_list saved = context->get_saved_variables();
    const RenderInput input{saved[0], saved[3], saved[1], saved[2]};
    const InputGradients to(input);
    const monodr_meshes meshes = meshes_of(input);
    const monodr_images gradients = images_of(unlisted(incoming, call->channels));
    const monodr_mesh_gradients arrays = to.arrays();
    check_kernel_call("neural_mesh_renderer",
                      monodr_neural_mesh_renderer_backward(&call->settings,
                                                           &meshes,
                                                           saved[4].data_ptr<std::int32_t>(),
                                                           &gradients,
                                                           &arrays,
                                                           kernel_threads()));
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
