// SPDX-License-Identifier: Apache-2.0
#include "soft_rasterizer/tensors.h"

#include "common/recording.h"

namespace monodr::soft_rasterizer {
namespace {

using Settings = monodr_soft_rasterizer;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What backward needs of forward beside the images.
struct Record {
  at::Tensor nearest, exponent, weight;

  Record(const at::Tensor& like, const Settings& settings, const Channels& channels) {
    if (!channels.depth && !channels.colour) return;
    const std::int64_t n = like.size(0), h = settings.height, w = settings.width;
    if (settings.softmax) {
      exponent = at::empty({n, h, w}, like.options());
      weight = at::empty({n, h, w}, like.options());
    } else {
      nearest = at::empty({n, h, w}, like.options().dtype(at::kInt));
    }
  }
  explicit Record(const at::Tensor* saved)
      : nearest(saved[0]), exponent(saved[1]), weight(saved[2]) {}

  monodr_soft_rasterizer_record pointers() const {
    return {static_cast<std::int32_t*>(array_of(nearest).data),
            array_of(exponent).data,
            array_of(weight).data};
  }
};

struct Rasterize : torch::autograd::Function<Rasterize> {
  static variable_list forward(AutogradContext* context,
                               const at::Tensor& vertices,
                               const at::Tensor& colours,
                               const at::Tensor& intrinsics,
                               const at::Tensor& faces,
                               const Settings& settings,
                               const Channels& channels) {
    const Rendering images = empty_images(vertices, settings.height, settings.width, channels);
    const Record record(vertices, settings, channels);
    const monodr_meshes meshes = meshes_of({vertices, faces, colours, intrinsics});
    const monodr_images arrays = images_of(images);
    const monodr_soft_rasterizer_record pointers = record.pointers();
    check_kernel_call(
        "soft_rasterizer",
        monodr_soft_rasterizer_forward(&settings, &meshes, &arrays, &pointers, kernel_threads()));
    context->set_materialize_grads(false);
    RecordedCall<Settings>::leave(context, settings, channels);
    context->save_for_backward({vertices,
                                colours,
                                intrinsics,
                                faces,
                                images.silhouette,
                                images.depth,
                                images.colour,
                                record.nearest,
                                record.exponent,
                                record.weight});
    return listed(images);
  }

  static variable_list backward(AutogradContext* context, variable_list incoming) {
    const auto call = RecordedCall<Settings>::find(context);
    const variable_list saved = context->get_saved_variables();
    const RenderInput input{saved[0], saved[3], saved[1], saved[2]};
    const InputGradients to(input);
    const Record record(&saved[7]);
    const monodr_meshes meshes = meshes_of(input);
    const monodr_images images{array_of(saved[4]), array_of(saved[5]), array_of(saved[6])};
    const monodr_images gradients = images_of(unlisted(incoming, call->channels));
    const monodr_soft_rasterizer_record pointers = record.pointers();
    const monodr_mesh_gradients arrays = to.arrays();
    check_kernel_call(
        "soft_rasterizer",
        monodr_soft_rasterizer_backward(
            &call->settings, &meshes, &images, &pointers, &gradients, &arrays, kernel_threads()));
    return to.of_arguments();
  }
};

}  // namespace

Rendering rasterize_tensors(const RenderInput& input,
                            const Settings& settings,
                            const Channels& channels) {
  return render_recorded<Rasterize>(input, settings, channels);
}

}  // namespace monodr::soft_rasterizer
