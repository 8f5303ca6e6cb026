// SPDX-License-Identifier: Apache-2.0
// The soft rasterizer's part of the C interface: a batch, item by item and part by part.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <type_traits>

#include "kernels/mesh_batch.h"
#include "kernels/parallel_items.h"
#include "kernels/soft_rasterizer/rasterize.h"

namespace monodr::soft_rasterizer {
namespace {

/// Kept between calls.
template <typename Scalar>
struct ThreadMemory {
  Scratch scratch;
  typename MeshBatch<Scalar>::Copies mesh;
  typename ImageBatch<Scalar>::Copies images, incoming;
  typename MeshGradientBatch<Scalar>::Copies gradients;
  std::vector<std::int32_t> nearest;  ///< where nobody wants the record
  std::vector<Scalar> exponent, weight;
};

template <typename Scalar>
ThreadMemory<Scalar>& memory_of_thread() {
  static thread_local ThreadMemory<Scalar> memory;
  return memory;
}

void check_settings(const Settings& settings) {
  check_camera(settings.height, settings.width, settings.near, settings.far);
  const auto check = [](double value, bool good, const char* name, const char* rule) {
    if (!good || !std::isfinite(value))
      fail(MONODR_BAD_VALUE, "%s = %g must be %s", name, value, rule);
  };
  check(settings.sigma, settings.sigma > 0, "sigma", "greater than 0");
  check(settings.gamma, settings.gamma > 0, "gamma", "greater than 0");
  check(settings.squared_radius, settings.squared_radius >= 0, "squared_radius", "0 or more");
}

template <typename Scalar>
const ScreenMesh& project_item(const MeshBatch<Scalar>& batch,
                               const Settings& settings,
                               std::int64_t n,
                               ThreadMemory<Scalar>& memory) {
  project(batch.item(n, memory.mesh), projection_of(settings), n, memory.scratch.mesh);
  return memory.scratch.mesh;
}

/// The record of one item.
template <typename Scalar>
Images<Scalar> with_record(const ChannelImages<Scalar>& channels,
                           const Settings& settings,
                           const monodr_soft_rasterizer_record& record,
                           std::int64_t n) {
  const std::int64_t first = n * settings.height * settings.width;
  Images<Scalar> images{channels};
  if (record.nearest != nullptr) images.nearest = record.nearest + first;
  if (record.exponent != nullptr) images.exponent = static_cast<Scalar*>(record.exponent) + first;
  if (record.weight != nullptr) images.weight = static_cast<Scalar*>(record.weight) + first;
  return images;
}

template <typename Scalar>
void lend_record(const Settings& settings, ThreadMemory<Scalar>& memory, Images<Scalar>& images) {
  const auto lend = [&](auto*& pointer, auto& values) {
    if (pointer != nullptr) return;
    values.resize(std::size_t(settings.height) * settings.width);
    pointer = values.data();
  };
  if (!images.shaded()) return;
  if (settings.softmax) {
    lend(images.exponent, memory.exponent);
    lend(images.weight, memory.weight);
  } else {
    lend(images.nearest, memory.nearest);
  }
}

template <typename Scalar>
void draw(const Settings& settings,
          const monodr_meshes& meshes,
          const monodr_images& images,
          const monodr_soft_rasterizer_record& record,
          int threads) {
  const MeshBatch<Scalar> batch(meshes, images.colour.data != nullptr);
  const ImageBatch<Scalar> to(images, batch.count, settings.height, settings.width);
  to.check_apart();
  constexpr bool simd = std::is_same_v<Scalar, float>;
  // Of an image that is drawn into a copy a part would write all.
  const int parts = simd && to.dense() ? parts_an_item(batch.count, threads) : 1;
  for_each_item(batch.count * parts, threads, [&](std::int64_t unit) {
    const std::int64_t n = unit / parts;
    ThreadMemory<Scalar>& memory = memory_of_thread<Scalar>();
    const ScreenMesh& mesh = project_item(batch, settings, n, memory);
    Images<Scalar> item = with_record(to.write(n, memory.images), settings, record, n);
    lend_record(settings, memory, item);
    if constexpr (simd)
      rasterize(settings, {int(unit % parts), parts}, memory.scratch, item);
    else
      rasterize(mesh, settings, item);
    to.finish(n, memory.images);
  });
}

/// Where the gradients of an item's faces come together: in the thread's scratch memory, or, where
/// several threads work on an item, in memory of its own.
class GatheredGradients {
 public:
  GatheredGradients(std::int64_t count, std::int64_t face_count, int parts)
      : parts_(parts), most_triangles_(2 * face_count) {  // each face may be cut in two
    if (parts > 1) items_ = std::vector<Item>(count);
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
  std::size_t most_triangles_;
  std::vector<Item> items_;
};

/// What backward reads of forward.
template <typename Scalar>
struct Drawn {
  ImageBatch<Scalar> images;
  monodr_soft_rasterizer_record record;

  Images<const Scalar> item(const Settings& settings,
                            std::int64_t n,
                            ThreadMemory<Scalar>& memory) const {
    const Images<Scalar> recorded = with_record(ChannelImages<Scalar>{}, settings, record, n);
    return {images.read(n, memory.images), recorded.nearest, recorded.exponent, recorded.weight};
  }
};

/// The loops in float32 compare with `nearest`, those in double use it as an index.
void check_nearest(const Settings& settings,
                   const Images<const double>& images,
                   const ScreenMesh& mesh,
                   std::int64_t n) {
  if (images.nearest == nullptr) return;
  const std::size_t pixels = std::size_t(settings.height) * settings.width;
  if (*std::max_element(images.nearest, images.nearest + pixels) >=
      std::int64_t(mesh.triangle_count()))
    fail_for_record(n);
}

/// Fails where forward did not leave what the incoming gradients need.
template <typename Scalar>
void check_drawn(const Settings& settings,
                 const Drawn<Scalar>& drawn,
                 const ImageBatch<Scalar>& incoming,
                 std::int64_t count) {
  const auto need = [&](bool needed, bool given, const char* name) {
    if (needed && !given && count > 0)
      fail(MONODR_NULL_POINTER, "%s is NULL, but backward needs what forward wrote to it", name);
  };
  const bool shaded = incoming.shaded(), softmax = settings.softmax != 0;
  need(bool(incoming.silhouette), bool(drawn.images.silhouette), "silhouette");
  need(softmax && incoming.depth, bool(drawn.images.depth), "depth");
  need(softmax && incoming.colour, bool(drawn.images.colour), "colour");
  need(softmax && shaded, drawn.record.exponent != nullptr, "exponent");
  need(softmax && shaded, drawn.record.weight != nullptr, "weight");
  need(!softmax && shaded, drawn.record.nearest != nullptr, "nearest");
}

template <typename Scalar>
void draw_backward(const Settings& settings,
                   const monodr_meshes& meshes,
                   const monodr_images& images,
                   const monodr_soft_rasterizer_record& record,
                   const monodr_images& incoming_images,
                   const monodr_mesh_gradients& gradients,
                   int threads) {
  const MeshBatch<Scalar> batch(meshes, incoming_images.colour.data != nullptr);
  const auto batch_of = [&](const monodr_images& some) {
    return ImageBatch<Scalar>(some, batch.count, settings.height, settings.width);
  };
  const ImageBatch<Scalar> incoming_batch = batch_of(incoming_images);
  Drawn<Scalar> drawn{batch_of(images), record};
  check_drawn(settings, drawn, incoming_batch, batch.count);
  if (!incoming_batch.shaded() || settings.softmax) drawn.record.nearest = nullptr;
  const MeshGradientBatch<Scalar> to(gradients, meshes);
  constexpr bool simd = std::is_same_v<Scalar, float>;
  const int parts = simd ? parts_an_item(batch.count, threads) : 1;
  GatheredGradients gathered(batch.count, batch.face_count, parts);
  for_each_item(batch.count * parts, threads, [&](std::int64_t unit) {
    const std::int64_t n = unit / parts;
    ThreadMemory<Scalar>& memory = memory_of_thread<Scalar>();
    Scratch& scratch = memory.scratch;
    const ImageGradients<Scalar> incoming = incoming_batch.read_nonzero(n, memory.incoming);
    if (incoming.none()) {
      if (unit % parts == 0) to.write_zeros(n, memory.gradients), to.finish(n, memory.gradients);
      return;
    }
    const ScreenMesh& mesh = project_item(batch, settings, n, memory);
    const Images<const Scalar> item = drawn.item(settings, n, memory);
    if constexpr (simd) {
      FaceGradients& faces = gathered.of(n, mesh, incoming.shaded(), scratch);
      rasterize_backward(settings, {int(unit % parts), parts}, scratch, item, incoming, faces);
      if (!gathered.complete(n)) return;
      scratch.gradient.reset(mesh);
      faces.add_to(mesh, scratch.gradient);
    } else {
      check_nearest(settings, item, mesh, n);
      scratch.gradient.reset(mesh);
      rasterize_backward(mesh, settings, item, incoming, scratch.gradient);
    }
    const CameraMeshGradient<Scalar> gradient = to.write_zeros(n, memory.gradients);
    project_backward(batch.item(n, memory.mesh), mesh, scratch.gradient, gradient);
    to.finish(n, memory.gradients);
  });
}

}  // namespace
}  // namespace monodr::soft_rasterizer

using namespace monodr;

int monodr_soft_rasterizer_forward(const monodr_soft_rasterizer* settings,
                                   const monodr_meshes* meshes,
                                   const monodr_images* images,
                                   const monodr_soft_rasterizer_record* record,
                                   int threads) {
  return guarded([&] {
    check_pointer(settings, "settings");
    check_pointer(meshes, "meshes");
    check_pointer(images, "images");
    check_threads(threads);
    soft_rasterizer::check_settings(*settings);
    const monodr_soft_rasterizer_record none{};
    for_type_of(*meshes, [&]<typename Scalar>() {
      soft_rasterizer::draw<Scalar>(
          *settings, *meshes, *images, record == nullptr ? none : *record, threads);
    });
  });
}

int monodr_soft_rasterizer_backward(const monodr_soft_rasterizer* settings,
                                    const monodr_meshes* meshes,
                                    const monodr_images* images,
                                    const monodr_soft_rasterizer_record* record,
                                    const monodr_images* incoming,
                                    const monodr_mesh_gradients* gradients,
                                    int threads) {
  return guarded([&] {
    check_pointer(settings, "settings");
    check_pointer(meshes, "meshes");
    check_pointer(images, "images");
    check_pointer(record, "record");
    check_pointer(incoming, "incoming");
    check_pointer(gradients, "gradients");
    check_threads(threads);
    soft_rasterizer::check_settings(*settings);
    for_type_of(*meshes, [&]<typename Scalar>() {
      soft_rasterizer::draw_backward<Scalar>(
          *settings, *meshes, *images, *record, *incoming, *gradients, threads);
    });
  });
}
