// SPDX-License-Identifier: Apache-2.0
#include "corpus_registration.h"

#include <ATen/Parallel.h>

#include <Eigen/Geometry>
#include <algorithm>

#include "base/error.h"
#include "registration.h"

namespace monodr::mesh_autoencoder {
namespace {

void normalise(const TemplateMesh& mesh_template, std::vector<Eigen::Vector3f>& half) {
  Eigen::Vector3f low = half[0], high = half[0];
  for (const auto& v : half) {
    low = low.cwiseMin(v);
    high = high.cwiseMax(v);
  }
  low.z() = -high.z();
  for (auto& v : half) v = (v - (low + high) / 2).cwiseQuotient(high - low);
}

template <typename Matrix>
void put_row(const std::vector<Eigen::Vector3f>& half, Matrix& matrix, Eigen::Index row) {
  const auto count = static_cast<Eigen::Index>(half.size());
  for (Eigen::Index i = 0; i < count; ++i)
    for (int axis = 0; axis < 3; ++axis) matrix(row, axis * count + i) = half[i][axis];
}

// The root of the area around each half vertex of the mean shape, the same for its coordinates.
Eigen::RowVectorXd area_weights(const TemplateMesh& mesh_template, const Eigen::MatrixXd& shapes) {
  const Eigen::RowVectorXd mean = shapes.colwise().mean();
  const int half = mesh_template.half();
  std::vector<Eigen::Vector3f> vertices(half);
  for (int i = 0; i < half; ++i)
    vertices[i] = Eigen::Vector3d(mean[i], mean[half + i], mean[2 * half + i]).cast<float>();
  const Mesh mesh = mirror_half(mesh_template, vertices, vertices);
  std::vector<double> areas(mesh_template.size(), 1e-6);
  for (const auto& [a, b, c] : mesh.faces) {
    const Eigen::Vector3f ab = mesh.vertices[b] - mesh.vertices[a];
    const double third = ab.cross(mesh.vertices[c] - mesh.vertices[a]).norm() / 6;
    for (const int corner : {a, b, c}) areas[corner] += third;
  }
  Eigen::RowVectorXd weights(3 * half);
  for (int i = 0; i < half; ++i)
    for (int axis = 0; axis < 3; ++axis) weights[axis * half + i] = std::sqrt(areas[i]);
  return weights;
}

}  // namespace

TrainingSet register_corpus(const TemplateMesh& mesh_template,
                            const std::vector<CorpusItem>& corpus,
                            int relaxations,
                            const std::function<bool(double)>& progress) {
  const auto neighbours = half_neighbours(mesh_template);
  const auto count = static_cast<std::int64_t>(corpus.size());
  TrainingSet set;
  set.shapes.resize(count, 3 * mesh_template.half());
  set.colours.resize(count, 3 * mesh_template.half());
  constexpr std::int64_t kBlock = 16;  // meshes between two reports
  for (std::int64_t first = 0; first < count; first += kBlock) {
    const std::int64_t last = std::min(count, first + kBlock);
    at::parallel_for(first, last, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        Registration r = register_template(mesh_template, neighbours, corpus[i].mesh, relaxations);
        if (r.missed > mesh_template.half() / 20)
          throw UserError(fmt::format(
              "mesh '{}' of the corpus: {} of {} rays from its inside meet no surface; it must be "
              "closed and fill the unit box",
              corpus[i].name,
              r.missed,
              mesh_template.half()));
        normalise(mesh_template, r.vertices);
        put_row(r.vertices, set.shapes, i);
        put_row(r.colours, set.colours, i);
      }
    });
    if (progress && !progress(static_cast<double>(last) / static_cast<double>(count))) return {};
  }
  set.weights = area_weights(mesh_template, set.shapes);
  return set;
}

}  // namespace monodr::mesh_autoencoder
