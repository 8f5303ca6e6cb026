// SPDX-License-Identifier: Apache-2.0
#include "soft_rasterizer/tensors.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/custom_function.h>

#include <atomic>
#include <mutex>

#include "base/error.h"
#include "common/recording.h"
#include "soft_rasterizer/rasterize.h"

namespace monodr::soft_rasterizer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The images of a batch and what backward needs beside them.
struct ImageTensors : Rendering {
  at::Tensor nearest, exponent, weight;

  ImageTensors() = default;
  ImageTensors(const at::Tensor& like, const Settings& settings, const Channels& channels)
      : Rendering(empty_images(like, settings.height, settings.width, channels)) {
    if (!channels.depth && !channels.colour) return;
    const std::int64_t n = like.size(0), h = settings.height, w = settings.width;
    if (settings.softmax) {
      exponent = at::empty({n, h, w}, like.options());
      weight = at::empty({n, h, w}, like.options());
    } else {
      nearest = at::empty({n, h, w}, like.options().dtype(at::kInt));
    }
  }

  template <typename Scalar>
  Images<Scalar> item(std::int64_t n) const {
    return {item_of<Scalar>(silhouette, n),
            item_of<Scalar>(depth, n),
            item_of<Scalar>(colour, n),
            item_of<std::int32_t>(nearest, n),
            item_of<Scalar>(exponent, n),
            item_of<Scalar>(weight, n)};
  }
};

Scratch& scratch_of_thread() {
  static thread_local Scratch scratch;
  return scratch;
}

template <typename Scalar>
ScreenMesh& project_item(const MeshBatch& batch,
                         const Settings& settings,
                         std::int64_t n,
                         Scratch& scratch) {
  std::int64_t index = 0;
  const MeshFault fault =
      project(batch.item<Scalar>(n), settings.projection(), scratch.mesh, index);
  if (fault != MeshFault::none) throw_mesh_fault("soft_rasterizer", fault, n, index);
  return scratch.mesh;
}

void draw(const MeshBatch& batch, const Settings& settings, const ImageTensors& images) {
  if (batch.vertices.scalar_type() == at::kDouble)
    return for_each_item(batch.count(), [&](std::int64_t n) {
      rasterize(project_item<double>(batch, settings, n, scratch_of_thread()),
                settings,
                images.item<double>(n));
    });
  const int parts = parts_an_item(batch.count());
  for_each_item(batch.count() * parts, [&](std::int64_t unit) {
    const std::int64_t n = unit / parts;
    Scratch& scratch = scratch_of_thread();
    project_item<float>(batch, settings, n, scratch);
    rasterize(settings, {int(unit % parts), parts}, scratch, images.item<float>(n));
  });
}

/// The item's incoming gradients; a channel that is zero everywhere counts as absent.
template <typename Scalar>
ImageGradients<Scalar> gradients_of(const Rendering& tensors, std::int64_t n) {
  return {gradient_of<Scalar>(tensors.silhouette, n),
          gradient_of<Scalar>(tensors.depth, n),
          gradient_of<Scalar>(tensors.colour, n)};
}

void draw_backward_in_double(const MeshBatch& batch,
                             const Settings& settings,
                             const ImageTensors& images,
                             const Rendering& gradients,
                             const InputGradients& to) {
  for_each_item(batch.count(), [&](std::int64_t n) {
    const auto incoming = gradients_of<double>(gradients, n);
    if (incoming.none()) return;
    Scratch& scratch = scratch_of_thread();
    const ScreenMesh& mesh = project_item<double>(batch, settings, n, scratch);
    scratch.gradient.reset(mesh);
    rasterize_backward(mesh, settings, images.item<double>(n), incoming, scratch.gradient);
    project_backward(batch.item<double>(n), mesh, scratch.gradient, to.item<double>(n));
  });
}

/// Where the gradients of an item's faces come together: in the thread's scratch memory, or, where
/// several threads work on an item, in memory of its own.
class GatheredGradients {
 public:
  GatheredGradients(const MeshBatch& batch, int parts) : parts_(parts) {
    if (parts == 1) return;
    most_triangles_ = 2 * batch.faces.size(-2);  // each face may be cut in two
    items_ = std::vector<Item>(batch.count());
  }
  FaceGradients& of(std::int64_t n, const ScreenMesh& mesh, bool shaded, Scratch& scratch) {
    if (parts_ == 1) {
      scratch.face_gradients.reset(mesh.triangle_count(), shaded);
      return scratch.face_gradients;
    }
    std::call_once(items_[n].reset, [&] { items_[n].gradients.reset(most_triangles_, shaded); });
    return items_[n].gradients;
  }
  /// True for the last of an item's parts.
  bool complete(std::int64_t n) { return parts_ == 1 || ++items_[n].done == parts_; }

 private:
  struct Item {
    std::once_flag reset;
    FaceGradients gradients;
    std::atomic<int> done = 0;
  };
  int parts_;
  std::size_t most_triangles_ = 0;
  std::vector<Item> items_;
};

void draw_backward(const MeshBatch& batch,
                   const Settings& settings,
                   const ImageTensors& images,
                   const Rendering& gradients,
                   const InputGradients& to) {
  const int parts = parts_an_item(batch.count());
  GatheredGradients gathered(batch, parts);
  for_each_item(batch.count() * parts, [&](std::int64_t unit) {
    const std::int64_t n = unit / parts;
    const auto incoming = gradients_of<float>(gradients, n);
    if (incoming.none()) return;
    Scratch& scratch = scratch_of_thread();
    const ScreenMesh& mesh = project_item<float>(batch, settings, n, scratch);
    FaceGradients& faces = gathered.of(n, mesh, incoming.shaded(), scratch);
    rasterize_backward(
        settings, {int(unit % parts), parts}, scratch, images.item<float>(n), incoming, faces);
    if (!gathered.complete(n)) return;
    scratch.gradient.reset(mesh);
    faces.add_to(mesh, scratch.gradient);
    project_backward(batch.item<float>(n), mesh, scratch.gradient, to.item<float>(n));
  });
}

struct Rasterize : torch::autograd::Function<Rasterize> {
  static variable_list forward(AutogradContext* context,
                               const at::Tensor& vertices,
                               const at::Tensor& colours,
                               const at::Tensor& intrinsics,
                               const at::Tensor& faces,
                               const Settings& settings,
                               const Channels& channels) {
    const ImageTensors images(vertices, settings, channels);
    draw({vertices, colours, intrinsics, faces}, settings, images);
    context->set_materialize_grads(false);
    RecordedCall<Settings>::leave(context, settings, channels);
    context->save_for_backward({vertices,
                                colours,
                                intrinsics,
                                faces,
                                images.silhouette,
                                images.depth,
                                images.colour,
                                images.nearest,
                                images.exponent,
                                images.weight});
    return listed(images);
  }

  static variable_list backward(AutogradContext* context, variable_list incoming) {
    const auto call = RecordedCall<Settings>::find(context);
    const variable_list saved = context->get_saved_variables();
    ImageTensors images;
    images.silhouette = saved[4];
    images.depth = saved[5];
    images.colour = saved[6];
    images.nearest = saved[7];
    images.exponent = saved[8];
    images.weight = saved[9];
    const Rendering gradients = unlisted(incoming, call->channels);
    const MeshBatch batch{saved[0], saved[1], saved[2], saved[3]};
    const InputGradients to(batch);
    if (batch.vertices.scalar_type() == at::kFloat)
      draw_backward(batch, call->settings, images, gradients, to);
    else
      draw_backward_in_double(batch, call->settings, images, gradients, to);
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
