// SPDX-License-Identifier: Apache-2.0
//
// A few meshes as they are, in place of a space of shapes: one that somebody has (of SAM 3D Objects, say), or the cars of
// a corpus that stand best for all of it.
//
//     shape code c [M-1]: template 0, unless an element is 1/2 or more; then that of the largest, m = 1 + argmax c
//     colours = those of the mesh + 0.25 t, in [0,1]          t [3]: red, green, blue
//
// so that the unit vectors name the templates, zeros the first, and nothing is to be learned in c: its gradient is 0.
// Sizes are the state's, as with every prior.
//
// Which meshes stand for a corpus: the one with the least sum of squared distances to all, then, one by one, the one that
// takes most off the sum of squared distances to the nearest chosen one (the BUILD step of Kaufman and Rousseeuw, Finding
// Groups in Data, 1990); distances between truncated signed distance volumes. A corpus of as many meshes as templates is
// taken as it is, in its order, and then its meshes need not be closed.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "common/corpus_volumes.h"
#include "plugin/descriptor.h"
#include "plugin/shape_prior.h"

namespace monodr::templates {
namespace {

using namespace shape_priors;

constexpr double kTint = 0.25;
constexpr int kLengthSamples = 24;

/// [S,S] squared distances between rows; in double, row by row, so that no bit depends on how a product is split.
Eigen::MatrixXd squared_distances(const RowMatrix& fields) {
  const Eigen::Index count = fields.rows();
  Eigen::MatrixXd result = Eigen::MatrixXd::Zero(count, count);
  for (Eigen::Index a = 0; a < count; ++a)
    for (Eigen::Index b = 0; b < a; ++b) {
      double sum = 0;
      for (Eigen::Index g = 0; g < fields.cols(); ++g) {
        const double d = double(fields(a, g)) - double(fields(b, g));
        sum += d * d;
      }
      result(a, b) = result(b, a) = sum;
    }
  return result;
}

std::vector<size_t> representatives(const RowMatrix& fields, size_t count) {
  const Eigen::MatrixXd distances = squared_distances(fields);
  Eigen::VectorXd nearest = Eigen::VectorXd::Constant(fields.rows(), 1e300);
  std::vector<size_t> chosen;
  while (chosen.size() < count) {
    Eigen::Index best = 0;
    double least = 1e308;
    for (Eigen::Index candidate = 0; candidate < fields.rows(); ++candidate) {
      if (std::count(chosen.begin(), chosen.end(), size_t(candidate)) > 0) continue;
      const double left = nearest.cwiseMin(distances.col(candidate)).sum();
      if (left < least) least = left, best = candidate;
    }
    chosen.push_back(size_t(best));
    nearest = nearest.cwiseMin(distances.col(best)).eval();
  }
  return chosen;
}

at::Tensor rows_of(const std::vector<Eigen::Vector3f>& rows) {
  at::Tensor tensor = at::empty({int64_t(rows.size()), 3}, at::kFloat);
  std::copy_n(rows.empty() ? nullptr : rows[0].data(), 3 * rows.size(), tensor.data_ptr<float>());
  return tensor;
}

at::Tensor rows_of(const std::vector<std::array<int, 3>>& rows) {
  at::Tensor tensor = at::empty({int64_t(rows.size()), 3}, at::kLong);
  int64_t* out = tensor.data_ptr<int64_t>();
  for (const std::array<int, 3>& row : rows) out = std::copy(row.begin(), row.end(), out);
  return tensor;
}

class Templates final : public ShapePrior {
 public:
  explicit Templates(const Parameters& parameters)
      : count_(parameters.integer("latent_dims") + 1) {}

  int shape_dimensions() const override { return static_cast<int>(count_ - 1); }
  int texture_dimensions() const override { return 3; }

  DecodedShape decode(const at::Tensor& shape_code, const at::Tensor& texture_code) const override {
    MONODR_CHECK(vertices_.defined(), "the prior is trained first");
    const at::ScalarType type = shape_code.scalar_type();
    const int64_t items = shape_code.size(0);
    const at::Tensor still = 0 * shape_code.sum(1).view({-1, 1, 1});
    const at::Tensor which = template_of(shape_code.detach());
    DecodedShape shape;
    shape.vertices = vertices_.to(type).index_select(0, which) + still;
    shape.faces = count_ == 1 ? faces_.select(0, 0) : faces_.index_select(0, which);
    shape.colours =
        (colours_.to(type).index_select(0, which) + kTint * texture_code.view({items, 1, 3}))
            .clamp(0, 1);
    return shape;
  }

  at::Tensor log_prior(const at::Tensor& shape_code,
                       const at::Tensor& texture_code) const override {
    return -0.5 * texture_code.square().sum(1) + 0 * shape_code.sum(1);
  }

  at::Tensor texture_from_paint(const at::Tensor& paint) const override {
    const int64_t vertices = counts_.select(0, 0).item<int64_t>();
    const at::Tensor own = colours_.select(0, 0).slice(0, 0, vertices).mean(0, true);
    return (paint - own.to(paint.scalar_type())) / kTint;
  }

  void train(const std::vector<CorpusItem>& corpus, const TrainingRun& run) override {
    if (corpus.size() < static_cast<size_t>(count_))
      throw UserError(fmt::format(
          "the shape prior 'templates' has {} templates, but the corpus only {} meshes; give it "
          "more, or set latent_dims to their number less one",
          count_,
          corpus.size()));
    std::vector<size_t> chosen(corpus.size());
    std::iota(chosen.begin(), chosen.end(), size_t{0});
    if (chosen.size() > static_cast<size_t>(count_)) {
      const CorpusVolumes volumes =
          sample_corpus(make_half_volume(kLengthSamples), corpus, [&](double share) {
            return !run.progress || run.progress(0.9 * share, 0);
          });
      if (volumes.empty()) return;
      chosen = representatives(volumes.fields, static_cast<size_t>(count_));
    }
    if (run.progress && !run.progress(1, 0)) return;
    TensorTable state;
    std::vector<at::Tensor> vertices, faces, colours;
    std::vector<int64_t> vertex_counts, face_counts;
    for (const size_t i : chosen) {
      const Mesh& mesh = corpus[i].mesh;
      vertices.push_back(rows_of(mesh.vertices));
      faces.push_back(rows_of(mesh.faces));
      colours.push_back(mesh.colours.empty() ? at::full_like(vertices.back(), 0.5)
                                             : rows_of(mesh.colours).clamp(0, 1));
      vertex_counts.push_back(vertices.back().size(0));
      face_counts.push_back(faces.back().size(0));
    }
    restore({{"vertices", at::cat(vertices)},
             {"faces", at::cat(faces)},
             {"colours", at::cat(colours)},
             {"vertex_counts", at::tensor(vertex_counts)},
             {"face_counts", at::tensor(face_counts)}});
  }

  TensorTable state() const override { return state_; }

  void restore(const TensorTable& state) override {
    const at::Tensor vertices = take_array(state, "vertices", {-1, 3});
    const at::Tensor colours = take_array(state, "colours", {vertices.size(0), 3});
    const at::Tensor faces = take_array(state, "faces", {-1, 3});
    const at::Tensor vertex_counts = take_array(state, "vertex_counts", {count_});
    const at::Tensor face_counts = take_array(state, "face_counts", {count_});
    const auto whole = [](const at::Tensor& counts, const at::Tensor& rows) {
      return counts.scalar_type() == at::kLong && counts.min().item<int64_t>() > 0 &&
             counts.sum().item<int64_t>() == rows.size(0);
    };
    if (!whole(vertex_counts, vertices) || !whole(face_counts, faces))
      throw UserError("the numbers of vertices and faces do not add up; train the prior again");
    vertices_ = padded(vertices, vertex_counts, 0);
    colours_ = padded(colours, vertex_counts, 0);
    faces_ = padded(faces, face_counts, -1);
    if (faces_.max().item<int64_t>() >= vertices_.size(1))
      throw UserError("a face names a vertex that is not there; train the prior again");
    counts_ = vertex_counts;
    state_ = state;
  }

 private:
  /// [M, most rows, 3]
  static at::Tensor padded(const at::Tensor& rows, const at::Tensor& counts, int64_t padding) {
    at::Tensor result =
        at::full({counts.size(0), counts.max().item<int64_t>(), 3}, padding, rows.options());
    int64_t first = 0;
    for (int64_t m = 0; m < counts.size(0); ++m) {
      const int64_t count = counts.select(0, m).item<int64_t>();
      result.select(0, m).slice(0, 0, count).copy_(rows.slice(0, first, first + count));
      first += count;
    }
    return result;
  }

  /// [N] int64
  at::Tensor template_of(const at::Tensor& shape_code) const {
    if (count_ == 1) return at::zeros({shape_code.size(0)}, at::kLong);
    const auto [largest, place] = shape_code.max(1);
    return at::where(largest >= 0.5, place + 1, at::zeros_like(place));
  }

  int64_t count_;
  TensorTable state_;
  at::Tensor vertices_, colours_, faces_;  // [M,V,3], [M,V,3], [M,F,3] padded with -1
  at::Tensor counts_;                      // [M] vertices
};

PluginDescriptor descriptor() {
  PluginDescriptor plugin;
  plugin.info.kind = PluginKind::shape_prior;
  plugin.info.name = "templates";
  plugin.info.version = "1.0.0";
  plugin.info.description =
      "a few meshes as they are: given ones, or those that stand for a corpus";
  plugin.info.paper = "Skvrna and Neumann, MonoSOWA, ICCV 2025";
  plugin.info.parameters = {{.name = "latent_dims",
                             .default_value = std::int64_t{3},
                             .unit = "1",
                             .meaning = "Templates less one; 0 = a single mesh.",
                             .minimum = 0,
                             .maximum = 256}};
  plugin.info.differentiable_in.inputs = {"shape code", "texture code"};
  plugin.info.deterministic = true;
  plugin.factory = ShapePriorFactory(
      [](const Parameters& parameters) { return std::make_unique<Templates>(parameters); });
  return plugin;
}

}  // namespace
}  // namespace monodr::templates

MONODR_PLUGIN(monodr::templates::descriptor())
