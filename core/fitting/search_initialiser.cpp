// SPDX-License-Identifier: Apache-2.0
#include "fitting/search_initialiser.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "fitting/heading_distribution.h"
#include "fitting/observed_points.h"
#include "fitting/start_rows.h"
#include "geometry/depth_limits.h"
#include "geometry/signed_distance.h"
#include "plugin/decoded_mesh.h"
#include "plugin/surfels.h"

namespace monodr {
namespace {

constexpr size_t kFewestPoints = 8, kMostPoints = 64;
constexpr int64_t kSurfacePoints = 64;
constexpr float kSpacing = 0.08F;  // metres between the samples of a distance field
constexpr float kFarthest = 0.5F;  // metres: what is farther costs as much
constexpr int kStride = 3;         // of the positions that are tried first
constexpr size_t kSearchedAround = 8;
constexpr double kSameHeading = 15 * M_PI / 180;

/// One shape in metres, its heading along x, its box's centre at 0.
struct Template {
  SampleGrid grid;
  std::vector<float> cost;  ///< of a point, by its place in the grid
  float most = 1;           ///< of a point outside
  std::vector<Eigen::Vector3f> surface;
};

Template make_template(const ShapePrior& prior, int shape, const FitSettings& settings) {
  const at::NoGradGuard no_gradient;
  at::Tensor code = at::zeros({1, prior.shape_dimensions()});
  if (shape > 0) code.select(1, shape - 1).fill_(1);
  const DecodedShape decoded = prior.decode(code, at::zeros({1, prior.texture_dimensions()}));
  Mesh mesh = mesh_of(decoded, 0);
  const std::array<double, 3>& size = settings.size_mean;
  const Eigen::Vector3f metres = Eigen::Vector3d(size[2], size[0], size[1]).cast<float>();
  for (Eigen::Vector3f& v : mesh.vertices) v = v.cwiseProduct(metres);

  Template result;
  const Eigen::Vector3f reach = metres / 2 + Eigen::Vector3f::Constant(kFarthest);
  std::array<int, 3> counts{};
  for (int axis = 0; axis < 3; ++axis)
    counts[static_cast<size_t>(axis)] = static_cast<int>(std::ceil(2 * reach[axis] / kSpacing));
  result.grid = cell_centres(-reach, reach, counts);
  result.cost = surface_distance(mesh, result.grid, kFarthest);
  const auto cost_of = [&](float d) {
    return std::tanh(static_cast<float>(settings.search.saturation) * d / 2);
  };
  for (float& value : result.cost) value = cost_of(value);
  result.most = cost_of(kFarthest);

  const at::Tensor faces = decoded.faces.dim() == 3 ? decoded.faces.select(0, 0) : decoded.faces;
  const at::Tensor there = faces.index_select(0, faces.select(1, 0).ge(0).nonzero().squeeze(1));
  const SurfelSampling sampling = sample_surface(decoded.vertices, there, kSurfacePoints);
  const at::Tensor points =
      surfels_of(sampling, decoded.vertices, there, {}).positions.contiguous();
  const float* p = points.data_ptr<float>();
  for (int64_t i = 0; i < kSurfacePoints; ++i, p += 3)
    result.surface.push_back(Eigen::Vector3f(p[0], p[1], p[2]).cwiseProduct(metres));
  return result;
}

struct Candidate {
  float cost = 0;
  int shape = 0;
  double x = 0, z = 0, rotation_y = 0;
};

/// The evidence of one object, and what a candidate costs in it.
class Search {
 public:
  Search(const std::vector<Template>& shapes,
         const ObservationBatch& batch,
         int64_t object,
         double row_in_picture,
         const FitSettings& settings)
      : shapes_(shapes),
        side_(static_cast<int>(batch.mask.size(-1))),
        mask_(batch.mask.data_ptr<float>() + object * side_ * side_),
        known_(batch.known.data_ptr<float>() + object * side_ * side_),
        k_(batch.intrinsics.data_ptr<float>() + object * 9),
        ray_y_(((row_in_picture + 1) * side_ / 2 - k_[5]) / k_[4]),
        mask_weight_(static_cast<float>(settings.search.mask_weight)),
        points_(thinned(observed_points(batch, object), kMostPoints)) {}

  bool has_points() const { return points_.size() >= kFewestPoints; }
  double ray_y() const { return ray_y_; }

  /// The best candidates, the best one first, with headings apart.
  std::vector<Candidate> best(double x, double z, size_t count, const StartSearch& grid) const {
    std::vector<Candidate> found = first_pass(x, z, grid);
    std::stable_sort(found.begin(), found.end(), lower);
    std::vector<Candidate> refined;
    for (Candidate& candidate : apart(found, std::max(count, kSearchedAround)))
      refined.push_back(around(candidate, grid));
    std::stable_sort(refined.begin(), refined.end(), lower);
    return apart(refined, count);
  }

 private:
  static bool lower(const Candidate& a, const Candidate& b) { return a.cost < b.cost; }

  static std::vector<Candidate> apart(const std::vector<Candidate>& sorted, size_t count) {
    std::vector<Candidate> chosen;
    for (const Candidate& candidate : sorted) {
      if (chosen.size() == count) break;
      if (std::none_of(chosen.begin(), chosen.end(), [&](const Candidate& other) {
            return angle_difference(other.rotation_y, candidate.rotation_y) < kSameHeading;
          }))
        chosen.push_back(candidate);
    }
    return chosen;
  }

  std::vector<Candidate> first_pass(double x, double z, const StartSearch& grid) const {
    std::vector<Candidate> found;
    const double step = 2 * grid.reach / (grid.positions - 1);
    for (int shape = 0; shape < static_cast<int>(shapes_.size()); ++shape)
      for (int h = 0; h < 2 * grid.headings; ++h)
        for (int i = 0; i < grid.positions; i += kStride)
          for (int j = 0; j < grid.positions; j += kStride) {
            Candidate candidate{0,
                                shape,
                                x - grid.reach + step * i,
                                z - grid.reach + step * j,
                                M_PI * h / grid.headings};
            candidate.cost = cost(candidate);
            found.push_back(candidate);
          }
    return found;
  }

  Candidate around(const Candidate& centre, const StartSearch& grid) const {
    const double step = 2 * grid.reach / (grid.positions - 1), turn = M_PI / grid.headings;
    Candidate best = centre;
    for (const double scale : {1.0, 0.5}) {
      const Candidate from = best;
      for (int h = -1; h <= 1; ++h)
        for (int i = -kStride / 2; i <= kStride / 2; ++i)
          for (int j = -kStride / 2; j <= kStride / 2; ++j) {
            Candidate candidate = from;
            candidate.rotation_y += scale * turn / 2 * h;
            candidate.x += scale * step * i;
            candidate.z += scale * step * j;
            candidate.cost = cost(candidate);
            if (candidate.cost < best.cost) best = candidate;
          }
    }
    return best;
  }

  float cost(const Candidate& candidate) const {
    if (candidate.z < 2 * kNearestFitted) return 1e6F;
    const Template& shape = shapes_[static_cast<size_t>(candidate.shape)];
    const auto c = static_cast<float>(std::cos(candidate.rotation_y));
    const auto s = static_cast<float>(std::sin(candidate.rotation_y));
    const Eigen::Vector3f centre =
        Eigen::Vector3d(candidate.x, ray_y_ * candidate.z, candidate.z).cast<float>();
    float total = 0;
    for (const Eigen::Vector3f& p : points_) {
      const Eigen::Vector3f d = p - centre;
      total += cost_at(shape, {c * d.x() - s * d.z(), d.y(), s * d.x() + c * d.z()});
    }
    total /= static_cast<float>(points_.size());
    if (mask_weight_ == 0) return total;
    int outside = 0, seen = 0;
    for (const Eigen::Vector3f& q : shape.surface) {
      const Eigen::Vector3f p =
          centre + Eigen::Vector3f(c * q.x() + s * q.z(), q.y(), c * q.z() - s * q.x());
      if (p.z() < 0.1F) continue;
      const int u = static_cast<int>(std::floor(k_[0] * p.x() / p.z() + k_[2]));
      const int v = static_cast<int>(std::floor(k_[4] * p.y() / p.z() + k_[5]));
      const bool in_crop = u >= 0 && v >= 0 && u < side_ && v < side_;
      if (in_crop && known_[v * side_ + u] <= 0.5F) continue;
      ++seen;
      outside += !in_crop || mask_[v * side_ + u] <= 0.5F;
    }
    return total +
           mask_weight_ * static_cast<float>(outside) / static_cast<float>(std::max(1, seen));
  }

  static float cost_at(const Template& shape, const Eigen::Vector3f& p) {
    const Eigen::Vector3f cell =
        ((p - shape.grid.low).cwiseQuotient(shape.grid.spacing)).array() + 0.5F;
    const auto& n = shape.grid.counts;
    if (!(cell.minCoeff() >= 0 && cell.x() < static_cast<float>(n[0]) &&
          cell.y() < static_cast<float>(n[1]) && cell.z() < static_cast<float>(n[2])))
      return shape.most;
    return shape.cost[shape.grid.index(
        static_cast<int>(cell.x()), static_cast<int>(cell.y()), static_cast<int>(cell.z()))];
  }

  const std::vector<Template>& shapes_;
  int side_;
  const float *mask_, *known_, *k_;
  double ray_y_;
  float mask_weight_;
  std::vector<Eigen::Vector3f> points_;
};

}  // namespace

Starts SearchInitialiser::start(const std::vector<Observation>& observations,
                                const ObservationBatch& batch,
                                const ShapePrior& prior,
                                const StateLayout& layout,
                                const FitSettings& settings) const {
  Starts starts = HeadingInitialiser().start(observations, batch, prior, layout, settings);
  const int64_t count = settings.hypotheses;
  const at::Tensor by_object = starts.state.view({batch.count(), count, layout.columns()});
  auto state = by_object.accessor<float, 3>();
  std::vector<Template> shapes;
  for (int shape = 0; shape < std::min(settings.search.shapes, layout.shape_dimensions + 1);
       ++shape)
    shapes.push_back(make_template(prior, shape, settings));
  const double half = static_cast<double>(batch.mask.size(-1)) / 2;
  const std::vector<double> turned = likely_turns(count);
  std::atomic<int> without{0};
  at::parallel_for(0, batch.count(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const float* k = batch.intrinsics.data_ptr<float>() + b * 9;
      auto first = state[b][0];
      const Search search(shapes, batch, b, first[1], settings);
      if (!search.has_points()) {
        ++without;
        continue;
      }
      const double z = std::exp(first[StateLayout::kDepth]);
      const double x = ((first[0] + 1) * half - k[2]) / k[0] * z;
      const std::vector<Candidate> found =
          search.best(x, z, static_cast<size_t>(count), settings.search);
      for (int64_t h = 0; h < count; ++h) {
        // Of fewer than there are hypotheses the best one, turned, makes up the number.
        const auto which = static_cast<size_t>(h);
        const bool own = which < found.size();
        const Candidate& candidate = own ? found[which] : found[0];
        auto row = state[b][h];
        write_pose({{candidate.x, search.ray_y() * candidate.z, candidate.z},
                    candidate.rotation_y + (own ? 0 : turned[which])},
                   k,
                   half,
                   row);
        if (candidate.shape > 0) row[StateLayout::kShape + candidate.shape - 1] = 1;
      }
    }
  });
  starts.without_detection += without;
  return starts;
}

}  // namespace monodr
