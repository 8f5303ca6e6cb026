// SPDX-License-Identifier: Apache-2.0
#include "soft_rasterizer/tensors.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <atomic>

#include "base/error.h"
#include "soft_rasterizer/rasterize.h"

namespace monodr::soft_rasterizer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What forward leaves for backward beside tensors.
struct Call : torch::CustomClassHolder {
  Settings settings;
  Channels channels;
  Call(const Settings& s, const Channels& c) : settings(s), channels(c) {}
};

/// The contiguous inputs of a batch, and pointers to one item of it.
template <typename Scalar>
struct Batch {
  at::Tensor vertices, colours, intrinsics, faces;  ///< colours may be empty

  std::int64_t count() const { return vertices.size(0); }
  bool has_colours() const { return colours.numel() > 0; }
  CameraMesh<Scalar> item(std::int64_t n) const {
    CameraMesh<Scalar> mesh;
    mesh.vertex_count = vertices.size(1);
    mesh.face_count = faces.size(-2);
    mesh.vertices = vertices.data_ptr<Scalar>() + n * mesh.vertex_count * 3;
    mesh.intrinsics = intrinsics.data_ptr<Scalar>() + n * 9;
    mesh.faces = faces.data_ptr<std::int64_t>() + (faces.dim() == 3 ? n * mesh.face_count * 3 : 0);
    if (has_colours()) mesh.colours = colours.data_ptr<Scalar>() + n * mesh.vertex_count * 3;
    return mesh;
  }
};

/// Item n of a tensor whose first dimension is the batch; null for an undefined tensor.
template <typename Scalar>
Scalar* item_of(const at::Tensor& tensor, std::int64_t n) {
  if (!tensor.defined()) return nullptr;
  return tensor.data_ptr<Scalar>() + n * (tensor.numel() / tensor.size(0));
}

/// The images of a batch and what backward needs beside them.
struct ImageTensors {
  at::Tensor silhouette, depth, colour, nearest, exponent, weight;

  ImageTensors() = default;
  ImageTensors(const at::Tensor& like, const Settings& settings, const Channels& channels) {
    const std::int64_t n = like.size(0), h = settings.height, w = settings.width;
    const bool shaded = channels.depth || channels.colour;
    if (channels.silhouette) silhouette = at::empty({n, h, w}, like.options());
    if (channels.depth) depth = at::empty({n, h, w}, like.options());
    if (channels.colour) colour = at::empty({n, 3, h, w}, like.options());
    if (shaded && settings.softmax) {
      exponent = at::empty({n, h, w}, like.options());
      weight = at::empty({n, h, w}, like.options());
    } else if (shaded) {
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

[[noreturn]] void throw_mesh_fault(MeshFault fault, std::int64_t item, std::int64_t index) {
  if (fault == MeshFault::vertex_not_finite)
    throw UserError(
        fmt::format("soft_rasterizer: vertex {} of batch item {} is NaN or infinite; vertices must "
                    "be finite (a fit that diverges does this: lower its step size)",
                    index,
                    item));
  throw UserError(fmt::format(
      "soft_rasterizer: face {} of batch item {} names a vertex that does not exist", index, item));
}

/// Kept between calls: fresh memory costs more than drawing a small mesh into it.
Scratch& scratch_of_thread() {
  static thread_local Scratch scratch;
  return scratch;
}

/// Calls function(item, scratch), items in parallel. Threads take the next item as they come free,
/// because items differ in cost.
template <class Function>
void for_each_item(std::int64_t count, const Function& function) {
  std::atomic<std::int64_t> next = 0;
  const std::int64_t workers = std::min<std::int64_t>(count, at::get_num_threads());
  at::parallel_for(0, workers, 1, [&](std::int64_t, std::int64_t) {
    Scratch& scratch = scratch_of_thread();
    for (std::int64_t n = next++; n < count; n = next++) function(n, scratch);
  });
}

template <typename Scalar>
void draw(const Batch<Scalar>& batch, const Settings& settings, const ImageTensors& images) {
  for_each_item(batch.count(), [&](std::int64_t n, Scratch& scratch) {
    std::int64_t index = 0;
    const MeshFault fault = project(batch.item(n), settings, scratch.mesh, index);
    if (fault != MeshFault::none) throw_mesh_fault(fault, n, index);
    rasterize(scratch.mesh, settings, scratch, images.item<Scalar>(n));
  });
}

template <typename Scalar>
bool all_zero(const at::Tensor& tensor, std::int64_t n) {
  if (!tensor.defined()) return true;
  const Scalar* values = item_of<Scalar>(tensor, n);
  const std::int64_t count = tensor.numel() / tensor.size(0);
  return std::all_of(values, values + count, [](Scalar value) { return value == 0; });
}

/// The item's incoming gradients; a channel that is zero everywhere counts as absent.
template <typename Scalar>
ImageGradients<Scalar> gradients_of(const ImageTensors& tensors, std::int64_t n) {
  ImageGradients<Scalar> gradients;
  if (!all_zero<Scalar>(tensors.silhouette, n))
    gradients.silhouette = item_of<Scalar>(tensors.silhouette, n);
  if (!all_zero<Scalar>(tensors.depth, n)) gradients.depth = item_of<Scalar>(tensors.depth, n);
  if (!all_zero<Scalar>(tensors.colour, n)) gradients.colour = item_of<Scalar>(tensors.colour, n);
  return gradients;
}

/// Gradients of vertices, colours and intrinsics.
template <typename Scalar>
variable_list draw_backward(const Batch<Scalar>& batch,
                            const Settings& settings,
                            const ImageTensors& images,
                            const ImageTensors& gradients) {
  const at::Tensor to_vertices = at::zeros_like(batch.vertices);
  const at::Tensor to_intrinsics = at::zeros_like(batch.intrinsics);
  at::Tensor to_colours;
  if (batch.has_colours()) to_colours = at::zeros_like(batch.colours);
  for_each_item(batch.count(), [&](std::int64_t n, Scratch& scratch) {
    const ImageGradients<Scalar> incoming = gradients_of<Scalar>(gradients, n);
    if (incoming.silhouette == nullptr && !incoming.shaded()) return;
    const CameraMesh<Scalar> mesh = batch.item(n);
    std::int64_t index = 0;
    project(mesh, settings, scratch.mesh, index);
    scratch.gradient.reset(scratch.mesh);
    rasterize_backward(scratch.mesh, settings, scratch, images.item<Scalar>(n), incoming);
    project_backward(mesh,
                     scratch.mesh,
                     scratch.gradient,
                     {item_of<Scalar>(to_vertices, n),
                      item_of<Scalar>(to_colours, n),
                      item_of<Scalar>(to_intrinsics, n)});
  });
  return {to_vertices, to_colours, to_intrinsics};
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
    if (vertices.scalar_type() == at::kFloat)
      draw<float>({vertices, colours, intrinsics, faces}, settings, images);
    else
      draw<double>({vertices, colours, intrinsics, faces}, settings, images);
    context->set_materialize_grads(false);
    context->saved_data["call"] =
        c10::IValue::make_capsule(c10::make_intrusive<Call>(settings, channels));
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
    variable_list outputs;
    for (const at::Tensor& image : {images.silhouette, images.depth, images.colour})
      if (image.defined()) outputs.push_back(image);
    return outputs;
  }

  static variable_list backward(AutogradContext* context, variable_list incoming) {
    const auto call =
        c10::static_intrusive_pointer_cast<Call>(context->saved_data["call"].toCapsule());
    const variable_list saved = context->get_saved_variables();
    ImageTensors images;
    images.silhouette = saved[4];
    images.depth = saved[5];
    images.colour = saved[6];
    images.nearest = saved[7];
    images.exponent = saved[8];
    images.weight = saved[9];
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
    variable_list result =
        saved[0].scalar_type() == at::kFloat
            ? draw_backward<float>(
                  {saved[0], saved[1], saved[2], saved[3]}, call->settings, images, gradients)
            : draw_backward<double>(
                  {saved[0], saved[1], saved[2], saved[3]}, call->settings, images, gradients);
    result.resize(6);  // nothing for faces, settings and channels
    return result;
  }
};

void check_shapes(const RenderInput& input, const Settings& settings, const Channels& channels) {
  const at::Tensor& vertices = input.vertices;
  MONODR_CHECK(vertices.dim() == 3 && vertices.size(2) == 3, "vertices must be [N,V,3]");
  MONODR_CHECK(vertices.scalar_type() == at::kFloat || vertices.scalar_type() == at::kDouble,
               "vertices must be float32 or float64");
  MONODR_CHECK(input.faces.scalar_type() == at::kLong && input.faces.size(-1) == 3 &&
                   (input.faces.dim() == 2 ||
                    (input.faces.dim() == 3 && input.faces.size(0) == vertices.size(0))),
               "faces must be int64 [F,3] or [N,F,3]");
  MONODR_CHECK(input.intrinsics.dim() == 3 && input.intrinsics.size(0) == vertices.size(0) &&
                   input.intrinsics.scalar_type() == vertices.scalar_type(),
               "intrinsics must be [N,3,3] of the vertices' type");
  MONODR_CHECK(settings.height > 0 && settings.width > 0, "the image must have pixels");
  MONODR_CHECK(
      !channels.colour || (input.colours.defined() && input.colours.sizes() == vertices.sizes() &&
                           input.colours.scalar_type() == vertices.scalar_type()),
      "colour needs colours [N,V,3] of the vertices' type");
}

}  // namespace

Rendering rasterize_tensors(const RenderInput& input,
                            const Settings& settings,
                            const Channels& channels) {
  check_shapes(input, settings, channels);
  const at::Tensor none = at::empty({0}, input.vertices.options());
  const variable_list images = Rasterize::apply(input.vertices.contiguous(),
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

}  // namespace monodr::soft_rasterizer
