// SPDX-License-Identifier: Apache-2.0
#include "kernels/scenes.h"

#include <algorithm>

namespace monodr {
namespace {

template <typename Value>
Array<Value> array(std::vector<std::int64_t> sizes, Random* layout) {
  return layout == nullptr ? Array<Value>(std::move(sizes))
                           : Array<Value>(std::move(sizes), *layout);
}

struct Sizes {
  std::int64_t count, vertices, faces;
  int height, width;
};

Sizes sizes_of(std::uint32_t seed) {
  Random random(seed);
  const auto some = [&](int least, int most) { return least + random.below(most - least + 1); };
  return {some(1, 5), some(3, 12), some(1, 20), some(1, 40), some(1, 40)};
}

}  // namespace

template <typename Scalar>
Scene<Scalar>::Scene(std::uint32_t seed, Random* layout)
    : count(sizes_of(seed).count),
      vertex_count(sizes_of(seed).vertices),
      face_count(sizes_of(seed).faces),
      height(sizes_of(seed).height),
      width(sizes_of(seed).width),
      vertices(array<Scalar>({count, vertex_count, 3}, layout)),
      colours(array<Scalar>({count, vertex_count, 3}, layout)),
      intrinsics(array<Scalar>({count, 3, 3}, layout)),
      faces(array<std::int64_t>({count, face_count, 3}, layout)),
      silhouette(array<Scalar>({count, height, width}, layout)),
      depth(array<Scalar>({count, height, width}, layout)),
      colour(array<Scalar>({count, 3, height, width}, layout)),
      to_silhouette(array<Scalar>({count, height, width}, layout)),
      to_depth(array<Scalar>({count, height, width}, layout)),
      to_colour(array<Scalar>({count, 3, height, width}, layout)),
      to_vertices(array<Scalar>({count, vertex_count, 3}, layout)),
      to_colours(array<Scalar>({count, vertex_count, 3}, layout)),
      to_intrinsics(array<Scalar>({count, 3, 3}, layout)),
      nearest(count * height * width * 4),
      exponent(count * height * width),
      weight(count * height * width) {
  Random random(seed);
  const auto uniform = [&](double low, double high) { return Scalar(random.uniform(low, high)); };
  for (std::int64_t n = 0; n < vertices.count(); ++n)
    vertices[n] = n % 3 == 2 ? uniform(0.2, 4) : uniform(-1.5, 1.5);
  for (std::int64_t n = 0; n < colours.count(); ++n) colours[n] = uniform(0, 1);
  for (std::int64_t n = 0; n < faces.count(); ++n)
    faces[n] = random.below(20) == 0 ? -1 : random.below(int(vertex_count));
  for (std::int64_t n = 0; n < count; ++n) {
    const Scalar camera[9] = {
        Scalar(width), 0, Scalar(width / 2.0), 0, Scalar(height), Scalar(height / 2.0), 0, 0, 1};
    for (int k = 0; k < 9; ++k) intrinsics[9 * n + k] = camera[k];
  }
  for (Array<Scalar>* gradient : {&to_silhouette, &to_depth, &to_colour})
    for (std::int64_t n = 0; n < gradient->count(); ++n) (*gradient)[n] = uniform(-1, 1);
}

template <typename Scalar>
monodr_meshes Scene<Scalar>::meshes() {
  return {sizeof(Scalar) == 4 ? MONODR_FLOAT32 : MONODR_FLOAT64,
          count,
          vertex_count,
          face_count,
          vertices.view(),
          colours.view(),
          intrinsics.view(),
          faces.view()};
}

template <typename Scalar>
int Scene<Scalar>::run_soft(bool softmax, int threads) {
  const monodr_soft_rasterizer settings = soft(softmax);
  const monodr_meshes given = meshes();
  const monodr_images to = images(), from = incoming();
  const monodr_soft_rasterizer_record kept = record();
  const monodr_mesh_gradients out = gradients();
  const int status = monodr_soft_rasterizer_forward(&settings, &given, &to, &kept, threads);
  if (status != MONODR_OK) return status;
  return monodr_soft_rasterizer_backward(&settings, &given, &to, &kept, &from, &out, threads);
}

template <typename Scalar>
int Scene<Scalar>::run_edges(int threads) {
  const monodr_neural_mesh_renderer settings = edges();
  const monodr_meshes given = meshes();
  const monodr_images to = images(), from = incoming();
  const monodr_mesh_gradients out = gradients();
  const int status =
      monodr_neural_mesh_renderer_forward(&settings, &given, &to, nearest.data(), threads);
  if (status != MONODR_OK) return status;
  return monodr_neural_mesh_renderer_backward(
      &settings, &given, nearest.data(), &from, &out, threads);
}

template <typename Scalar>
std::vector<Scalar> Scene<Scalar>::results() {
  std::vector<Scalar> all;
  for (Array<Scalar>* array :
       {&silhouette, &depth, &colour, &to_vertices, &to_colours, &to_intrinsics}) {
    const std::vector<Scalar> values = array->values();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

template <typename Scalar>
bool Scene<Scalar>::gaps_untouched() {
  bool untouched = true;
  for (Array<Scalar>* array :
       {&silhouette, &depth, &colour, &to_vertices, &to_colours, &to_intrinsics})
    untouched = untouched && array->gaps_untouched();
  return untouched;
}

template struct Scene<float>;
template struct Scene<double>;

}  // namespace monodr
