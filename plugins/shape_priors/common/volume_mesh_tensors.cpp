// SPDX-License-Identifier: Apache-2.0
#include "volume_mesh_tensors.h"

#include <ATen/Dispatch.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "base/error.h"
#include "volume_mesh.h"

namespace monodr::shape_priors {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct SharedVolume : torch::CustomClassHolder {
  explicit SharedVolume(std::shared_ptr<const HalfVolume> v) : volume(std::move(v)) {}
  std::shared_ptr<const HalfVolume> volume;
};

/// The meshes as tensors, padded to the largest, and what the way back needs of them.
struct PaddedMeshes {
  at::Tensor vertices, colours, faces;
  at::Tensor counts;     ///< [N] vertices of each, int64
  at::Tensor crossings;  ///< [N, V sizeof(Crossing)] bytes
  at::Tensor extents;    ///< [N,3]
  at::Tensor extremes;   ///< [N,6] int32
};

template <typename T>
void put_mesh(const VolumeMesh<T>& mesh,
              const T* colours,
              std::int64_t samples,
              std::int64_t n,
              PaddedMeshes& out) {
  const std::int64_t rows = out.vertices.size(1);
  T* vertex = out.vertices.data_ptr<T>() + n * rows * 3;
  for (const auto& v : mesh.vertices) vertex = std::copy(v.begin(), v.end(), vertex);
  colours_of_volume(mesh, samples, colours, out.colours.data_ptr<T>() + n * rows * 3);
  std::int64_t* face = out.faces.data_ptr<std::int64_t>() + n * out.faces.size(1) * 3;
  for (const auto& f : mesh.faces) face = std::copy(f.begin(), f.end(), face);
  auto* crossings = reinterpret_cast<Crossing<T>*>(out.crossings.data_ptr<std::uint8_t>());
  std::copy(mesh.crossings.begin(), mesh.crossings.end(), crossings + n * rows);
  std::copy(mesh.extent.begin(), mesh.extent.end(), out.extents.data_ptr<T>() + 3 * n);
  std::copy(
      mesh.extremes.begin(), mesh.extremes.end(), out.extremes.data_ptr<std::int32_t>() + 6 * n);
  out.counts.data_ptr<std::int64_t>()[n] = static_cast<std::int64_t>(mesh.vertices.size());
}

template <typename T>
PaddedMeshes extract(const HalfVolume& volume, const at::Tensor& field, const at::Tensor& colours) {
  const std::int64_t count = field.size(0), samples = volume.samples();
  std::vector<VolumeMesh<T>> meshes(count);
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n)
      meshes[n] = mesh_of_volume(volume, field.data_ptr<T>() + n * samples);
  });
  std::int64_t vertices = 0, faces = 0;
  for (const auto& mesh : meshes) {
    vertices = std::max(vertices, static_cast<std::int64_t>(mesh.vertices.size()));
    faces = std::max(faces, static_cast<std::int64_t>(mesh.faces.size()));
  }
  const auto options = field.options().requires_grad(false);
  PaddedMeshes out;
  // Padding lies in the middle of the body, where it is nobody's extreme vertex.
  out.vertices = at::zeros({count, vertices, 3}, options);
  out.colours = at::full({count, vertices, 3}, 0.5, options);
  out.faces = at::full({count, faces, 3}, -1, options.dtype(at::kLong));
  out.counts = at::empty({count}, options.dtype(at::kLong));
  out.crossings = at::empty({count, vertices * static_cast<std::int64_t>(sizeof(Crossing<T>))},
                            options.dtype(at::kByte));
  out.extents = at::empty({count, 3}, options);
  out.extremes = at::empty({count, 6}, options.dtype(at::kInt));
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n)
      put_mesh(meshes[n], colours.data_ptr<T>() + n * 3 * samples, samples, n, out);
  });
  return out;
}

template <typename T>
const T* row_or_null(const at::Tensor& tensor, std::int64_t n) {
  return tensor.defined() ? tensor.data_ptr<T>() + n * tensor.stride(0) : nullptr;
}

template <typename T>
T* row_or_null(at::Tensor& tensor, std::int64_t n) {
  return tensor.defined() ? tensor.data_ptr<T>() + n * tensor.stride(0) : nullptr;
}

struct MeshVolumes : torch::autograd::Function<MeshVolumes> {
  static variable_list forward(AutogradContext* context,
                               const at::Tensor& field,
                               const at::Tensor& colours,
                               const std::shared_ptr<const HalfVolume>& volume) {
    const PaddedMeshes meshes =
        AT_DISPATCH_FLOATING_TYPES(field.scalar_type(), "mesh_volumes", [&] {
          return extract<scalar_t>(*volume, field, colours);
        });
    context->set_materialize_grads(false);
    context->mark_non_differentiable({meshes.faces});
    context->saved_data["volume"] =
        c10::IValue::make_capsule(c10::make_intrusive<SharedVolume>(volume));
    context->saved_data["crossings"] = meshes.crossings;
    context->saved_data["counts"] = meshes.counts;
    context->saved_data["extents"] = meshes.extents;
    context->saved_data["extremes"] = meshes.extremes;
    context->save_for_backward({colours, meshes.vertices});
    return {meshes.vertices, meshes.colours, meshes.faces};
  }

  static variable_list backward(AutogradContext* context, variable_list incoming) {
    const auto volume =
        c10::static_intrusive_pointer_cast<SharedVolume>(context->saved_data["volume"].toCapsule())
            ->volume;
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &colours = saved[0], &vertices = saved[1];
    const at::Tensor crossings = context->saved_data["crossings"].toTensor();
    const at::Tensor counts = context->saved_data["counts"].toTensor();
    const at::Tensor extents = context->saved_data["extents"].toTensor();
    const at::Tensor extremes = context->saved_data["extremes"].toTensor();
    const std::int64_t count = vertices.size(0), rows = vertices.size(1);
    const auto contiguous = [](const at::Tensor& t) { return t.defined() ? t.contiguous() : t; };
    const at::Tensor to_vertices = contiguous(incoming[0]), to_colours = contiguous(incoming[1]);
    at::Tensor to_field, to_colour_volume;
    if (context->needs_input_grad(0))
      to_field = at::zeros({count, volume->samples()}, vertices.options());
    if (context->needs_input_grad(1) && to_colours.defined())
      to_colour_volume = at::zeros({count, 3, volume->samples()}, vertices.options());
    AT_DISPATCH_FLOATING_TYPES(vertices.scalar_type(), "mesh_volumes", [&] {
      at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
          VolumeMeshView<scalar_t> view;
          view.vertex_count = counts.data_ptr<std::int64_t>()[n];
          view.vertices = row_or_null<scalar_t>(vertices, n);
          view.crossings =
              reinterpret_cast<const Crossing<scalar_t>*>(crossings.data_ptr<std::uint8_t>()) +
              n * rows;
          view.extent = row_or_null<scalar_t>(extents, n);
          view.extremes = row_or_null<std::int32_t>(extremes, n);
          volume_mesh_backward(*volume,
                               view,
                               row_or_null<scalar_t>(colours, n),
                               row_or_null<scalar_t>(to_vertices, n),
                               row_or_null<scalar_t>(to_colours, n),
                               row_or_null<scalar_t>(to_field, n),
                               row_or_null<scalar_t>(to_colour_volume, n));
        }
      });
    });
    return {to_field, to_colour_volume, {}};
  }
};

}  // namespace

DecodedShape meshes_of_volumes(const std::shared_ptr<const HalfVolume>& volume,
                               const at::Tensor& field,
                               const at::Tensor& colours) {
  const std::int64_t count = field.size(0), samples = volume->samples();
  MONODR_CHECK(
      field.sizes() == at::IntArrayRef({count, samples}), "the field must be [N,{}]", samples);
  MONODR_CHECK(colours.sizes() == at::IntArrayRef({count, 3, samples}) &&
                   colours.scalar_type() == field.scalar_type(),
               "the colours must be [{},3,{}] of the field's type",
               count,
               samples);
  const variable_list out = MeshVolumes::apply(field.contiguous(), colours.contiguous(), volume);
  return {out[0], out[2], out[1].clamp(0, 1)};
}

}  // namespace monodr::shape_priors
