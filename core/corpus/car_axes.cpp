// SPDX-License-Identifier: Apache-2.0
#include "corpus/car_axes.h"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <memory>
#include <vector>

#include "corpus/parametric_car.h"
#include "geometry/occupancy.h"

namespace monodr {
namespace {

constexpr int kSide = 32;
using Voxels = std::bitset<kSide * kSide * kSide>;  // of the unit box, x slowest, z fastest

size_t voxel(const std::array<int, 3>& p) {
  return (static_cast<size_t>(p[0]) * kSide + p[1]) * kSide + p[2];
}

double iou(const Voxels& a, const Voxels& b) {
  return static_cast<double>((a & b).count()) / std::max<size_t>(1, (a | b).count());
}

std::vector<Voxels> make_known_cars() {
  constexpr int kEach = 4;
  const Eigen::Vector3f half = Eigen::Vector3f::Constant(0.5F);
  std::vector<Voxels> cars;
  for (int kind = 0; kind < body_kind_count; ++kind)
    for (int i = 0; i < kEach; ++i) {
      Random random(0, "car to compare with", kind * kEach + i);
      CarParameters parameters = random_car(random, static_cast<BodyKind>(kind));
      parameters.mirrors = false;
      Mesh mesh = car_mesh(parameters).mesh;
      normalise_to_unit_box(mesh);
      const auto flags = inside(mesh, cell_centres(-half, half, {kSide, kSide, kSide}));
      Voxels voxels;
      for (size_t v = 0; v < flags.size(); ++v) voxels[v] = flags[v];
      cars.push_back(voxels);
    }
  return cars;
}

struct Stretched {
  Voxels voxels;           // of the solid's bounding box
  Eigen::Vector3d extent;  // along the file's axes
};

Stretched stretch(const Enclosure& solid) {
  std::array<int, 3> low = solid.grid.counts, high{0, 0, 0}, p{};
  const auto& counts = solid.grid.counts;
  for (p[0] = 0; p[0] < counts[0]; ++p[0])
    for (p[1] = 0; p[1] < counts[1]; ++p[1])
      for (p[2] = 0; p[2] < counts[2]; ++p[2])
        if (solid.field[solid.grid.index(p[0], p[1], p[2])] < 0)
          for (int axis = 0; axis < 3; ++axis) {
            low[axis] = std::min(low[axis], p[axis]);
            high[axis] = std::max(high[axis], p[axis]);
          }
  Stretched result;
  for (int axis = 0; axis < 3; ++axis)
    result.extent[axis] =
        std::max(0, high[axis] - low[axis] + 1) * double{solid.grid.spacing[axis]};
  const auto sample = [&](int axis, int i) {
    return low[axis] + (2 * i + 1) * (high[axis] - low[axis] + 1) / (2 * kSide);
  };
  if (result.extent.minCoeff() <= 0) return result;
  for (p[0] = 0; p[0] < kSide; ++p[0])
    for (p[1] = 0; p[1] < kSide; ++p[1])
      for (p[2] = 0; p[2] < kSide; ++p[2])
        result.voxels[voxel(p)] =
            solid.field[solid.grid.index(sample(0, p[0]), sample(1, p[1]), sample(2, p[2]))] < 0;
  return result;
}

// canonical axis r looks along sign[r] * (the file's axis from[r])
struct Turn {
  std::array<int, 3> from, sign;

  Eigen::Matrix3f matrix() const {
    Eigen::Matrix3f m = Eigen::Matrix3f::Zero();
    for (int r = 0; r < 3; ++r) m(r, from[r]) = static_cast<float>(sign[r]);
    return m;
  }
  Voxels apply(const Voxels& voxels) const {
    Voxels turned;
    std::array<int, 3> p{}, q{};
    for (p[0] = 0; p[0] < kSide; ++p[0])
      for (p[1] = 0; p[1] < kSide; ++p[1])
        for (p[2] = 0; p[2] < kSide; ++p[2]) {
          for (int r = 0; r < 3; ++r) q[from[r]] = sign[r] > 0 ? p[r] : kSide - 1 - p[r];
          turned[voxel(p)] = voxels[voxel(q)];
        }
    return turned;
  }
};

std::vector<Turn> all_turns() {
  std::vector<Turn> turns;
  std::array<int, 3> from = {0, 1, 2};
  do {
    for (int signs = 0; signs < 8; ++signs) {
      const Turn turn{from, {signs & 1 ? -1 : 1, signs & 2 ? -1 : 1, signs & 4 ? -1 : 1}};
      if (turn.matrix().determinant() > 0) turns.push_back(turn);
    }
  } while (std::next_permutation(from.begin(), from.end()));
  return turns;
}

double proportions(const Turn& turn, const Eigen::Vector3d& extent) {
  const double length = extent[turn.from[0]], height = extent[turn.from[1]],
               width = extent[turn.from[2]];
  const Eigen::Vector3d typical = car_mean_dimensions.cast<double>();
  const double h = std::log(height / length) - std::log(typical[0] / typical[2]);
  const double w = std::log(width / length) - std::log(typical[1] / typical[2]);
  constexpr double kDeviation = 0.3;  // twice that of cars: mirrors count in the width
  return std::exp(-0.5 * (h * h + w * w) / (kDeviation * kDeviation));
}

struct Orientation {
  Turn turn;
  double likeness = 0, symmetry = 0, score = 0;
  bool same_up(const Orientation& other) const {
    return turn.from[1] == other.turn.from[1] && turn.sign[1] == other.turn.sign[1];
  }
};

Orientation judge(const Turn& turn, const Stretched& solid) {
  static const std::vector<Voxels> known = make_known_cars();
  const Voxels turned = turn.apply(solid.voxels);
  Orientation orientation{turn};
  for (const Voxels& car : known)
    orientation.likeness = std::max(orientation.likeness, iou(turned, car));
  orientation.symmetry = iou(turned, Turn{{0, 1, 2}, {1, 1, -1}}.apply(turned));
  orientation.score = orientation.likeness * orientation.symmetry * proportions(turn, solid.extent);
  return orientation;
}

std::string axis_name(const Eigen::Vector3f& direction) {
  int axis = 0;
  direction.cwiseAbs().maxCoeff(&axis);
  return std::string(direction[axis] > 0 ? "+" : "-") + "xyz"[axis];
}

}  // namespace

std::string CarAxes::up_in_file() const {
  return axis_name(-rotation.row(1));
}

std::string CarAxes::forward_in_file() const {
  return axis_name(rotation.row(0));
}

CarAxes find_car_axes(const Enclosure& solid) {
  const Stretched stretched = stretch(solid);
  if (stretched.extent.minCoeff() <= 0) return {};
  std::vector<Orientation> orientations;
  for (const Turn& turn : all_turns()) orientations.push_back(judge(turn, stretched));
  const Orientation& best = *std::max_element(
      orientations.begin(), orientations.end(), [](const Orientation& a, const Orientation& b) {
        return a.score < b.score;
      });
  double other_up = 0, other_forward = 0;
  for (const Orientation& c : orientations) {
    if (&c == &best) continue;
    double& rival = c.same_up(best) ? other_forward : other_up;
    rival = std::max(rival, c.score);
  }
  CarAxes axes;
  axes.rotation = best.turn.matrix();
  axes.likeness = best.likeness;
  axes.symmetry = best.symmetry;
  axes.up_margin = best.score - other_up;
  axes.forward_margin = best.score - other_forward;
  return axes;
}

}  // namespace monodr
