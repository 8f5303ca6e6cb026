// SPDX-License-Identifier: Apache-2.0
#include "fitting/shape_fit.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/parallel.h"
#include "base/random.h"
#include "fitting/adam.h"
#include "geometry/nearest.h"
#include "geometry/shape_agreement.h"
#include "plugin/decoded_mesh.h"

namespace monodr {
namespace {

/// A target's points and the tree over them, in lengths of the object.
struct Target {
  Eigen::Vector3f shares;
  std::vector<Eigen::Vector3f> points;
  std::unique_ptr<NearestPoints> tree;
};

Target make_target(const Mesh& mesh, const Eigen::Vector3f& shares, int points) {
  Target target{shares, {}, {}};
  target.points = outer_points(mesh, shares, points, 7);
  for (auto& p : target.points) p = p.cwiseProduct(shares);
  target.tree = std::make_unique<NearestPoints>(target.points);
  return target;
}

/// A point of a face: its corners and their weights.
struct SurfacePoint {
  std::array<std::int64_t, 3> corners;
  Eigen::Vector3f weights, place;
};

/// One decoded mesh, and the loss's gradient by its vertices.
class ShapeStart {
 public:
  ShapeStart(const DecodedShape& shape,
             const at::Tensor& vertices,
             const Eigen::Vector3f& shares,
             std::int64_t n)
      : shares_(shares),
        vertices_(vertices.data_ptr<float>() + n * vertices.size(1) * 3),
        faces_((shape.faces.dim() == 3 ? shape.faces[n] : shape.faces).contiguous()) {}

  /// As many points of this surface as the target has.
  double loss(const Target& target, float* gradient) const {
    const std::vector<SurfacePoint> surface = spread(target.points.size());
    std::vector<Eigen::Vector3f> places;
    for (const SurfacePoint& p : surface) places.push_back(p.place);
    const NearestPoints tree(places);
    double sum = 0;
    const auto pull = [&](const SurfacePoint& p, const Eigen::Vector3f& towards, size_t of) {
      const Eigen::Vector3f away = p.place - towards;
      const auto share = 1.F / static_cast<float>(of);
      sum += share * away.squaredNorm();
      const Eigen::Vector3f slope = 2 * share * away.cwiseProduct(shares_);
      for (int k = 0; k < 3; ++k)
        for (int axis = 0; axis < 3; ++axis)
          gradient[3 * p.corners[k] + axis] += p.weights[k] * slope[axis];
    };
    for (const SurfacePoint& p : surface)
      pull(p, target.points[target.tree->nearest(p.place)], surface.size());
    for (const Eigen::Vector3f& t : target.points)
      pull(surface[tree.nearest(t)], t, target.points.size());
    return sum;
  }

 private:
  Eigen::Vector3f vertex(std::int64_t v) const {
    return Eigen::Vector3f(vertices_ + 3 * v).cwiseProduct(shares_);
  }

  // Evenly by area; the weights inside a face by a low-discrepancy sequence.
  std::vector<SurfacePoint> spread(size_t points) const {
    std::vector<double> areas;
    double sum = 0;
    const std::int64_t* faces = faces_.data_ptr<std::int64_t>();
    for (std::int64_t f = 0; f < faces_.size(0) && faces[3 * f] >= 0; ++f) {
      const Eigen::Vector3f a = vertex(faces[3 * f]);
      areas.push_back(sum +=
                      (vertex(faces[3 * f + 1]) - a).cross(vertex(faces[3 * f + 2]) - a).norm());
    }
    std::vector<SurfacePoint> surface;
    size_t face = 0;
    for (size_t i = 0; i < points; ++i) {
      const auto number = static_cast<double>(i);
      const double at = sum * (number + 0.5) / static_cast<double>(points);
      while (face + 1 < areas.size() && areas[face] < at) ++face;
      const float root = std::sqrt(static_cast<float>(std::fmod(number * 0.7548776662466927, 1.0)));
      const auto share = static_cast<float>(std::fmod(number * 0.5698402909980532, 1.0));
      SurfacePoint p;
      p.weights = {1 - root, root * (1 - share), root * share};
      p.place.setZero();
      for (int k = 0; k < 3; ++k) {
        p.corners[k] = faces[3 * face + k];
        p.place += p.weights[k] * vertex(p.corners[k]);
      }
      surface.push_back(p);
    }
    return surface;
  }

  Eigen::Vector3f shares_;
  const float* vertices_;
  at::Tensor faces_;
};

struct Step {
  std::vector<double> losses;
  at::Tensor gradient;  // [N,D]
};

Step loss_and_gradient(const ShapePrior& prior,
                       const at::Tensor& codes,
                       const std::vector<const Target*>& targets,
                       double regularisation) {
  const at::AutoGradMode with_gradient(true);
  at::Tensor leaf = codes.detach().clone().requires_grad_(true);
  const at::Tensor texture = at::zeros({codes.size(0), prior.texture_dimensions()});
  const DecodedShape shape = prior.decode(leaf, texture);
  const at::Tensor vertices = shape.vertices.detach().contiguous();
  const at::Tensor slopes = at::zeros_like(vertices);
  Step step;
  step.losses.resize(targets.size());
  const std::int64_t stride = vertices.size(1) * 3;
  parallel_for(targets.size(), at::get_num_threads(), [&](size_t n) {
    const auto row = static_cast<std::int64_t>(n) * stride;
    const ShapeStart start(shape, vertices, targets[n]->shares, static_cast<std::int64_t>(n));
    step.losses[n] = start.loss(*targets[n], slopes.data_ptr<float>() + row);
  });
  const at::Tensor total =
      (shape.vertices * slopes).sum() - regularisation * prior.log_prior(leaf, texture).sum();
  total.backward();
  step.gradient = leaf.grad();
  return step;
}

/// `steps` of Adam for all codes; returns the last losses.
std::vector<double> descend(const ShapePrior& prior,
                            at::Tensor& codes,
                            Adam& adam,
                            const std::vector<const Target*>& targets,
                            int steps,
                            double regularisation,
                            const std::function<void()>& advanced) {
  std::vector<double> losses;
  const at::Tensor all = at::ones({codes.size(0), 1}, at::kBool);
  for (int i = 0; i < steps; ++i) {
    const Step step = loss_and_gradient(prior, codes, targets, regularisation);
    adam.step(codes, step.gradient, all, 1 - static_cast<double>(i) / steps);
    losses = step.losses;
    advanced();
  }
  return losses;
}

// Row 0 of each target's starts is the mean shape, the others are the same for all targets.
at::Tensor starting_codes(std::int64_t targets, const ShapeFitSettings& options, int dims) {
  at::Tensor codes = at::zeros({targets, options.starts, dims});
  Random random(11);
  for (int start = 1; start < options.starts; ++start)
    for (int d = 0; d < dims; ++d) codes.select(1, start).select(1, d).fill_(random.normal(0, 0.7));
  return codes.view({targets * options.starts, dims});
}

}  // namespace

std::vector<Mesh> fit_shapes(const ShapePrior& prior,
                             const std::vector<Mesh>& meshes,
                             const Eigen::Vector3f& shares,
                             const ShapeFitSettings& options,
                             const std::function<void(double share)>& progress) {
  std::vector<Target> coarse(meshes.size()), targets(meshes.size());
  parallel_for(meshes.size(), at::get_num_threads(), [&](size_t i) {
    coarse[i] = make_target(meshes[i], shares, options.first_points);
    targets[i] = make_target(meshes[i], shares, options.points);
  });
  const auto count = static_cast<std::int64_t>(meshes.size());
  int done = 0;
  const auto advanced = [&] {
    if (progress) progress(++done / static_cast<double>(options.first_steps + options.steps));
  };
  at::Tensor codes = starting_codes(count, options, prior.shape_dimensions());
  Adam adam(codes, at::full({codes.size(1)}, options.rate));
  std::vector<const Target*> of_each;
  for (const Target& target : coarse) of_each.insert(of_each.end(), options.starts, &target);
  const auto losses =
      descend(prior, codes, adam, of_each, options.first_steps, options.regularisation, advanced);

  std::vector<std::int64_t> best;
  std::vector<const Target*> once;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto first = losses.begin() + i * options.starts;
    best.push_back(std::min_element(first, first + options.starts) - losses.begin());
    once.push_back(&targets[i]);
  }
  codes = codes.index_select(0, at::tensor(best));
  adam.keep(at::tensor(best));
  descend(prior, codes, adam, once, options.steps, options.regularisation, advanced);
  const DecodedShape shape = prior.decode(codes, at::zeros({count, prior.texture_dimensions()}));
  std::vector<Mesh> result;
  for (int i = 0; i < count; ++i) result.push_back(mesh_of(shape, i));
  return result;
}

}  // namespace monodr
