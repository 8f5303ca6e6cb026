// SPDX-License-Identifier: Apache-2.0
#include "splats/splat_tensors.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include "base/error.h"
#include "common/recording.h"

namespace monodr::splats {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void check(const Surfels& surfels, const Channels& channels) {
  MONODR_CHECK(surfels.defined() && surfels.normals.defined() && surfels.radii.defined(),
               "RenderInput has no surfels");
  MONODR_CHECK(!channels.colour || surfels.colours.defined(), "RenderInput has no colours");
  for (const at::Tensor& tensor : {surfels.positions, surfels.normals}) {
    const at::Tensor good = at::isfinite(tensor.detach()).flatten(1).all(1);
    for (int64_t n = 0; n < good.size(0); ++n)
      if (!good.select(0, n).item<bool>())
        throw UserError(fmt::format("item {} of the batch has a surfel that is not finite", n));
  }
}

template <typename T>
T* item(const at::Tensor& tensor, int64_t n) {
  if (!tensor.defined() || tensor.numel() == 0) return nullptr;
  return tensor.data_ptr<T>() + n * (tensor.numel() / tensor.size(0));
}

template <typename T>
Scene<T> scene_of(const variable_list& in, int64_t n) {
  return {item<T>(in[0], n),
          item<T>(in[1], n),
          item<T>(in[2], n),
          item<T>(in[3], n),
          item<T>(in[4], n),
          in[0].size(1)};
}

template <typename T>
Pictures<T> pictures_of(const Rendering& images, int64_t n) {
  return {item<T>(images.silhouette, n), item<T>(images.depth, n), item<T>(images.colour, n)};
}

bool is_zero(const Rendering& gradient, int64_t n) {
  for (const at::Tensor& image : {gradient.silhouette, gradient.depth, gradient.colour})
    if (image.defined() && image.select(0, n).ne(0).any().item<bool>()) return false;
  return true;
}

struct Splat : torch::autograd::Function<Splat> {
  static variable_list forward(AutogradContext* context,
                               const at::Tensor& positions,
                               const at::Tensor& normals,
                               const at::Tensor& radii,
                               const at::Tensor& colours,
                               const at::Tensor& intrinsics,
                               const Settings& settings,
                               const Channels& channels) {
    variable_list in;
    for (const at::Tensor& tensor : {positions, normals, radii, colours, intrinsics})
      in.push_back(tensor.contiguous());
    const Rendering images = empty_images(in[0], settings.height, settings.width, channels);
    AT_DISPATCH_FLOATING_TYPES(positions.scalar_type(), "splats", [&] {
      at::parallel_for(0, in[0].size(0), 1, [&](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; ++n)
          draw(scene_of<scalar_t>(in, n), settings, pictures_of<scalar_t>(images, n));
      });
    });
    context->set_materialize_grads(false);
    RecordedCall<Settings>::leave(context, settings, channels);
    variable_list saved = in;
    for (const at::Tensor& image : {images.silhouette, images.depth, images.colour})
      saved.push_back(image);
    context->save_for_backward(saved);
    return listed(images);
  }

  static variable_list backward(AutogradContext* context, variable_list incoming) {
    const auto call = RecordedCall<Settings>::find(context);
    const variable_list saved = context->get_saved_variables();
    const variable_list in(saved.begin(), saved.begin() + 5);
    const Rendering images{saved[5], saved[6], saved[7]};
    for (at::Tensor& gradient : incoming)
      if (gradient.defined()) gradient = gradient.contiguous();
    const Rendering from = unlisted(incoming, call->channels);
    variable_list to;
    for (int i = 0; i < 4; ++i) to.push_back(at::zeros_like(in[static_cast<size_t>(i)]));
    AT_DISPATCH_FLOATING_TYPES(in[0].scalar_type(), "splats_backward", [&] {
      at::parallel_for(0, in[0].size(0), 1, [&](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; ++n) {
          if (is_zero(from, n)) continue;
          draw_backward(scene_of<scalar_t>(in, n),
                        call->settings,
                        pictures_of<scalar_t>(images, n),
                        pictures_of<scalar_t>(from, n),
                        Gradients<scalar_t>{item<scalar_t>(to[0], n),
                                            item<scalar_t>(to[1], n),
                                            item<scalar_t>(to[2], n),
                                            item<scalar_t>(to[3], n)});
        }
      });
    });
    if (in[3].numel() == 0) to[3] = at::Tensor();
    to.insert(to.end(), {at::Tensor(), at::Tensor(), at::Tensor()});
    return to;
  }
};

}  // namespace

Rendering draw_tensors(const RenderInput& input,
                       const Settings& settings,
                       const Channels& channels) {
  const Surfels& surfels = input.surfels;
  check(surfels, channels);
  const at::Tensor none = at::empty({0}, surfels.positions.options());
  return unlisted(Splat::apply(surfels.positions,
                               surfels.normals,
                               surfels.radii,
                               channels.colour ? surfels.colours : none,
                               input.intrinsics,
                               settings,
                               channels),
                  channels);
}

}  // namespace monodr::splats
