// SPDX-License-Identifier: Apache-2.0
#include "kernels/mesh_batch.h"

#include <cinttypes>

namespace monodr {
namespace {

constexpr std::int64_t kMostItems = std::int64_t(1) << 31, kMostElements = std::int64_t(1) << 28;
constexpr std::int64_t kMostPixels = 16384;

template <typename Value>
ItemArray<Value> rows_of(const monodr_array& array,
                         std::int64_t count,
                         std::int64_t rows,
                         std::int64_t columns) {
  if (array.data == nullptr) return {};
  return {array, count, {1, rows, columns}, 2};
}

template <typename Value>
ItemArray<Value> needed_rows(const monodr_array& array,
                             std::int64_t count,
                             std::int64_t rows,
                             std::int64_t columns,
                             const char* name) {
  if (count * rows > 0) check_pointer(array.data, name);
  return rows_of<Value>(array, count, rows, columns);
}

}  // namespace

template <typename Scalar>
MeshBatch<Scalar>::MeshBatch(const monodr_meshes& meshes, bool colours_wanted)
    : count(meshes.count), vertex_count(meshes.vertex_count), face_count(meshes.face_count) {
  check_size(count, kMostItems, "count");
  check_size(vertex_count, kMostElements, "vertex_count");
  check_size(face_count, kMostElements, "face_count");
  vertices = needed_rows<Scalar>(meshes.vertices, count, vertex_count, 3, "vertices");
  intrinsics = needed_rows<Scalar>(meshes.intrinsics, count, 3, 3, "intrinsics");
  faces = needed_rows<std::int64_t>(meshes.faces, count, face_count, 3, "faces");
  if (colours_wanted)
    colours = needed_rows<Scalar>(meshes.colours, count, vertex_count, 3, "colours");
}

template <typename Scalar>
CameraMesh<Scalar> MeshBatch<Scalar>::item(std::int64_t n, Copies& copies) const {
  return {vertices.read(n, copies.vertices),
          colours.read(n, copies.colours),
          intrinsics.read(n, copies.intrinsics),
          faces.read(n, copies.faces),
          vertex_count,
          face_count};
}

template <typename Scalar>
ImageBatch<Scalar>::ImageBatch(const monodr_images& images,
                               std::int64_t count,
                               int height,
                               int width)
    : silhouette(rows_of<Scalar>(images.silhouette, count, height, width)),
      depth(rows_of<Scalar>(images.depth, count, height, width)) {
  if (images.colour.data != nullptr) colour = {images.colour, count, {3, height, width}, 3};
}

template <typename Scalar>
void ImageBatch<Scalar>::check_apart() const {
  silhouette.check_apart("silhouette");
  depth.check_apart("depth");
  colour.check_apart("colour");
}

template <typename Scalar>
ChannelImages<const Scalar> ImageBatch<Scalar>::read(std::int64_t n, Copies& copies) const {
  return {silhouette.read(n, copies.silhouette),
          depth.read(n, copies.depth),
          colour.read(n, copies.colour)};
}

template <typename Scalar>
ChannelImages<const Scalar> ImageBatch<Scalar>::read_nonzero(std::int64_t n, Copies& copies) const {
  return {silhouette.read_nonzero(n, copies.silhouette),
          depth.read_nonzero(n, copies.depth),
          colour.read_nonzero(n, copies.colour)};
}

template <typename Scalar>
ChannelImages<Scalar> ImageBatch<Scalar>::write(std::int64_t n, Copies& copies) const {
  return {silhouette.write(n, copies.silhouette),
          depth.write(n, copies.depth),
          colour.write(n, copies.colour)};
}

template <typename Scalar>
void ImageBatch<Scalar>::finish(std::int64_t n, const Copies& copies) const {
  silhouette.finish(n, copies.silhouette);
  depth.finish(n, copies.depth);
  colour.finish(n, copies.colour);
}

template <typename Scalar>
MeshGradientBatch<Scalar>::MeshGradientBatch(const monodr_mesh_gradients& gradients,
                                             const monodr_meshes& meshes)
    : vertices(rows_of<Scalar>(gradients.vertices, meshes.count, meshes.vertex_count, 3)),
      colours(rows_of<Scalar>(gradients.colours, meshes.count, meshes.vertex_count, 3)),
      intrinsics(rows_of<Scalar>(gradients.intrinsics, meshes.count, 3, 3)) {
  vertices.check_apart("the gradient of vertices");
  colours.check_apart("the gradient of colours");
  intrinsics.check_apart("the gradient of intrinsics");
}

template <typename Scalar>
CameraMeshGradient<Scalar> MeshGradientBatch<Scalar>::write_zeros(std::int64_t n,
                                                                  Copies& copies) const {
  return {vertices.write_zeros(n, copies.vertices),
          colours.write_zeros(n, copies.colours),
          intrinsics.write_zeros(n, copies.intrinsics)};
}

template <typename Scalar>
void MeshGradientBatch<Scalar>::finish(std::int64_t n, const Copies& copies) const {
  vertices.finish(n, copies.vertices);
  colours.finish(n, copies.colours);
  intrinsics.finish(n, copies.intrinsics);
}

void fail_for_record(std::int64_t n) {
  fail(MONODR_BAD_INDEX,
       "the record of batch item %" PRId64 " is not what forward left for these meshes",
       n);
}

void check_camera(std::int64_t height, std::int64_t width, double near, double far) {
  if (height < 1 || height > kMostPixels || width < 1 || width > kMostPixels)
    fail(MONODR_BAD_SIZE,
         "an image of %" PRId64 " x %" PRId64 " samples: height and width must be 1 to %" PRId64,
         height,
         width,
         kMostPixels);
  if (!(near > 0 && near < far && far <= 1e300))
    fail(MONODR_BAD_VALUE, "near = %g and far = %g: 0 < near < far must hold", near, far);
}

template struct MeshBatch<float>;
template struct MeshBatch<double>;
template struct ImageBatch<float>;
template struct ImageBatch<double>;
template struct MeshGradientBatch<float>;
template struct MeshGradientBatch<double>;

}  // namespace monodr
