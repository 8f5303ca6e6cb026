// SPDX-License-Identifier: Apache-2.0
#include "fitting/pose_deviation.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <Eigen/Dense>
#include <array>
#include <cmath>

#include "base/error.h"
#include "fitting/gradient_estimator.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

constexpr int kColumns = 7;  // position, depth, size, heading: the first of the state
using Matrix = Eigen::Matrix<double, kColumns, kColumns>;

// About a third of a pixel of a 64 px crop, one percent of range and size, a degree: wide enough to see the loss over
// the rasterizer's own ripple.
constexpr std::array<double, kColumns> kSteps{0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.02};
// What a class leaves open where the evidence says nothing: half a crop, a third of the range, sizes, any heading.
constexpr std::array<double, kColumns> kWidest{0.5, 0.5, 0.35, 0.15, 0.15, 0.2, 1.8};

/// [B, kColumns, kColumns] second derivatives, row by row from gradients at displaced states.
std::vector<Matrix> curvatures(const Objective& objective,
                               const ObservationBatch& batch,
                               const at::Tensor& state,
                               const at::Tensor& initial_texture) {
  const int64_t objects = state.size(0);
  const at::Tensor object = at::arange(objects, at::kLong);
  const AutogradEstimator estimator;
  std::vector<Matrix> result(static_cast<std::size_t>(objects), Matrix::Zero());
  for (int column = 0; column < kColumns; ++column) {
    std::array<at::Tensor, 2> gradients;
    for (const int side : {0, 1}) {
      at::Tensor displaced = state.detach().clone();
      displaced.select(1, column).add_((side == 0 ? -1 : 1) * kSteps[std::size_t(column)]);
      gradients[std::size_t(side)] =
          estimator
              .estimate(
                  displaced,
                  [&](const at::Tensor& states, const at::Tensor& rows) {
                    return objective.evaluate(states,
                                              object.index_select(0, rows),
                                              initial_texture.index_select(0, rows),
                                              batch,
                                              1);
                  },
                  [](const at::Tensor& losses) { return losses; })
              .gradient.narrow(1, 0, kColumns)
              .to(at::kDouble)
              .contiguous();
    }
    const at::Tensor difference =
        ((gradients[1] - gradients[0]) / (2 * kSteps[std::size_t(column)]))
            .nan_to_num(0, 0, 0)
            .contiguous();
    const double* values = difference.data_ptr<double>();
    for (int64_t b = 0; b < objects; ++b)
      for (int other = 0; other < kColumns; ++other)
        result[std::size_t(b)](column, other) = values[b * kColumns + other];
  }
  return result;
}

Matrix covariance_of(const Matrix& curvature, double temperature) {
  const Eigen::SelfAdjointEigenSolver<Matrix> parts((curvature + curvature.transpose()) / 2);
  const Matrix bowl = parts.eigenvectors() * parts.eigenvalues().cwiseMax(0).asDiagonal() *
                      parts.eigenvectors().transpose();
  Matrix precision = bowl / temperature;
  for (int i = 0; i < kColumns; ++i)
    precision(i, i) += 1 / (kWidest[std::size_t(i)] * kWidest[std::size_t(i)]);
  return precision.inverse();
}

/// x, y, z of the bottom's centre, height, width, length, rotation_y of each row.
at::Tensor boxes_of(const at::Tensor& state,
                    const at::Tensor& object,
                    const StateLayout& layout,
                    const ObservationBatch& batch) {
  const at::NoGradGuard no_gradient;
  const HypothesisBatch h = hypotheses_from_state(state, object, layout, batch);
  return at::cat({h.location, h.dimensions, h.rotation_y.unsqueeze(1)}, 1)
      .to(at::kDouble)
      .contiguous();
}

/// d box / d state [7, kColumns] of each object, by central differences.
std::vector<Matrix> jacobians(const Objective& objective,
                              const ObservationBatch& batch,
                              const at::Tensor& state) {
  const at::Tensor object = at::arange(state.size(0), at::kLong);
  std::vector<Matrix> result(static_cast<std::size_t>(state.size(0)), Matrix::Zero());
  for (int column = 0; column < kColumns; ++column) {
    std::array<at::Tensor, 2> boxes;
    for (const int side : {0, 1}) {
      at::Tensor displaced = state.detach().to(at::kDouble);
      displaced.select(1, column).add_((side == 0 ? -1 : 1) * 1e-3);
      boxes[std::size_t(side)] =
          boxes_of(displaced.to(at::kFloat), object, objective.layout(), batch);
    }
    const at::Tensor difference = (boxes[1] - boxes[0]) / 2e-3;
    for (int64_t b = 0; b < state.size(0); ++b)
      for (int value = 0; value < kColumns; ++value)
        result[std::size_t(b)](value, column) =
            difference.select(0, b).select(0, value).item<double>();
  }
  return result;
}

/// Variance by the headings that compete with the reported one.
void add_modes(const FittedObject& fitted, std::array<double, 7>& variance) {
  for (const HeadingMode& mode : fitted.modes) {
    const Box3d& a = mode.box;
    const Box3d& b = fitted.box;
    const std::array<double, 7> off{a.location.x() - b.location.x(),
                                    a.location.y() - b.location.y(),
                                    a.location.z() - b.location.z(),
                                    a.height - b.height,
                                    a.width - b.width,
                                    a.length - b.length,
                                    wrap_angle(a.rotation_y - b.rotation_y)};
    for (std::size_t i = 0; i < off.size(); ++i) variance[i] += mode.probability * off[i] * off[i];
  }
}

}  // namespace

std::vector<PoseDeviation> pose_deviations(const Objective& objective,
                                           const ObservationBatch& batch,
                                           const at::Tensor& state,
                                           const at::Tensor& initial_texture,
                                           const std::vector<FittedObject>& fitted,
                                           double temperature) {
  MONODR_CHECK(state.size(0) == batch.count() && fitted.size() == std::size_t(batch.count()),
               "one state an object");
  const std::vector<Matrix> curvature = curvatures(objective, batch, state, initial_texture);
  const std::vector<Matrix> jacobian = jacobians(objective, batch, state);
  std::vector<PoseDeviation> deviations(fitted.size());
  for (std::size_t b = 0; b < fitted.size(); ++b) {
    const Matrix spread =
        jacobian[b] * covariance_of(curvature[b], temperature) * jacobian[b].transpose();
    std::array<double, 7> variance{};
    for (int i = 0; i < 7; ++i) variance[std::size_t(i)] = spread(i, i);
    add_modes(fitted[b], variance);
    PoseDeviation& deviation = deviations[b];
    for (std::size_t i = 0; i < 3; ++i) {
      deviation.location[i] = std::sqrt(variance[i]);
      deviation.dimensions[i] = std::sqrt(variance[3 + i]);
    }
    deviation.rotation_y = std::sqrt(variance[6]);
  }
  return deviations;
}

}  // namespace monodr
