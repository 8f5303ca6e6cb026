// SPDX-License-Identifier: Apache-2.0
// The neural mesh renderer's part of the C interface: a batch, item by item.
#include <cmath>

#include "kernels/mesh_batch.h"
#include "kernels/neural_mesh_renderer/render.h"
#include "kernels/parallel_items.h"

namespace monodr::neural_mesh_renderer {
namespace {

/// Kept between calls.
template <typename Scalar>
struct ThreadMemory {
  Scratch<Scalar> scratch;
  typename MeshBatch<Scalar>::Copies mesh;
  typename ImageBatch<Scalar>::Copies images;
  typename MeshGradientBatch<Scalar>::Copies gradients;
  std::vector<std::int32_t> nearest;  ///< where nobody wants it
};

template <typename Scalar>
ThreadMemory<Scalar>& memory_of_thread() {
  static thread_local ThreadMemory<Scalar> memory;
  return memory;
}

Settings checked(const monodr_neural_mesh_renderer& given) {
  const Settings settings{given};
  if (given.samples < 1 || given.samples > 64)
    fail(MONODR_BAD_VALUE, "samples = %d must be 1 to 64", given.samples);
  check_camera(std::int64_t(given.height) * given.samples,
               std::int64_t(given.width) * given.samples,
               given.near,
               given.far);
  if (!(given.epsilon > 0 && std::isfinite(given.epsilon)))
    fail(MONODR_BAD_VALUE, "epsilon = %g must be greater than 0", given.epsilon);
  return settings;
}

template <typename Scalar>
void draw(const Settings& settings,
          const monodr_meshes& meshes,
          const monodr_images& images,
          std::int32_t* nearest,
          int threads) {
  const MeshBatch<Scalar> batch(meshes, images.colour.data != nullptr);
  const ImageBatch<Scalar> to(images, batch.count, settings.height, settings.width);
  to.check_apart();
  const std::size_t samples = std::size_t(settings.rows()) * settings.columns();
  for_each_item(batch.count, threads, [&](std::int64_t n) {
    ThreadMemory<Scalar>& memory = memory_of_thread<Scalar>();
    const CameraMesh<Scalar> mesh = batch.item(n, memory.mesh);
    project(mesh, settings.projection(), n, memory.scratch.mesh);
    if (nearest == nullptr) memory.nearest.resize(samples);
    std::int32_t* const shown = nearest == nullptr ? memory.nearest.data() : nearest + n * samples;
    render(mesh, settings, memory.scratch, {to.write(n, memory.images), shown});
    to.finish(n, memory.images);
  });
}

template <typename Scalar>
void draw_backward(const Settings& settings,
                   const monodr_meshes& meshes,
                   const std::int32_t* nearest,
                   const monodr_images& incoming_images,
                   const monodr_mesh_gradients& gradients,
                   int threads) {
  const MeshBatch<Scalar> batch(meshes, incoming_images.colour.data != nullptr);
  const ImageBatch<Scalar> incoming_batch(
      incoming_images, batch.count, settings.height, settings.width);
  const MeshGradientBatch<Scalar> to(gradients, meshes);
  if (batch.count > 0) check_pointer(nearest, "nearest");
  const std::int64_t samples = std::int64_t(settings.rows()) * settings.columns();
  for_each_item(batch.count, threads, [&](std::int64_t n) {
    ThreadMemory<Scalar>& memory = memory_of_thread<Scalar>();
    const ImageGradients<Scalar> incoming = incoming_batch.read_nonzero(n, memory.images);
    const CameraMeshGradient<Scalar> gradient = to.write_zeros(n, memory.gradients);
    if (!incoming.none()) {
      Scratch<Scalar>& scratch = memory.scratch;
      const CameraMesh<Scalar> mesh = batch.item(n, memory.mesh);
      project(mesh, settings.projection(), n, scratch.mesh);
      if (!mark_visible(settings, nearest + n * samples, scratch)) fail_for_record(n);
      render_backward(mesh, settings, scratch, nearest + n * samples, incoming, gradient);
      project_backward(mesh, scratch.mesh, scratch.gradient, gradient);
    }
    to.finish(n, memory.gradients);
  });
}

}  // namespace
}  // namespace monodr::neural_mesh_renderer

using namespace monodr;

int monodr_neural_mesh_renderer_forward(const monodr_neural_mesh_renderer* settings,
                                        const monodr_meshes* meshes,
                                        const monodr_images* images,
                                        std::int32_t* nearest,
                                        int threads) {
  return guarded([&] {
    check_pointer(settings, "settings");
    check_pointer(meshes, "meshes");
    check_pointer(images, "images");
    check_threads(threads);
    const neural_mesh_renderer::Settings checked = neural_mesh_renderer::checked(*settings);
    for_type_of(*meshes, [&]<typename Scalar>() {
      neural_mesh_renderer::draw<Scalar>(checked, *meshes, *images, nearest, threads);
    });
  });
}

int monodr_neural_mesh_renderer_backward(const monodr_neural_mesh_renderer* settings,
                                         const monodr_meshes* meshes,
                                         const std::int32_t* nearest,
                                         const monodr_images* incoming,
                                         const monodr_mesh_gradients* gradients,
                                         int threads) {
  return guarded([&] {
    check_pointer(settings, "settings");
    check_pointer(meshes, "meshes");
    check_pointer(incoming, "incoming");
    check_pointer(gradients, "gradients");
    check_threads(threads);
    const neural_mesh_renderer::Settings checked = neural_mesh_renderer::checked(*settings);
    for_type_of(*meshes, [&]<typename Scalar>() {
      neural_mesh_renderer::draw_backward<Scalar>(
          checked, *meshes, nearest, *incoming, *gradients, threads);
    });
  });
}
