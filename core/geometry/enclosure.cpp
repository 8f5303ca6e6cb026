// SPDX-License-Identifier: Apache-2.0
#include "geometry/enclosure.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "base/error.h"
#include "geometry/signed_distance.h"

namespace monodr {
namespace {

constexpr std::array<float, 5> kGaps = {1, 1.5F, 2.5F, 4, 6};  // spacings
constexpr float kLargestGap = kGaps.back();
constexpr float kBand = 2;  // spacings inside the surface at which the field ends

using Flags = std::vector<std::uint8_t>;

SampleGrid grid_around(const Mesh& mesh, int cells) {
  const MeshBounds box = bounds(mesh);
  const Eigen::Vector3f extent = box.high - box.low;
  if (!(extent.maxCoeff() > 0) || mesh.faces.empty())
    throw UserError("a mesh without faces or extent encloses nothing");
  SampleGrid grid;
  const float spacing = extent.maxCoeff() / static_cast<float>(cells);
  const float margin = (kLargestGap + kBand + 1) * spacing;
  grid.spacing = Eigen::Vector3f::Constant(spacing);
  grid.low = box.low - Eigen::Vector3f::Constant(margin);
  for (int axis = 0; axis < 3; ++axis)
    grid.counts[axis] = static_cast<int>(std::ceil((extent[axis] + 2 * margin) / spacing)) + 1;
  return grid;
}

class Flood {
 public:
  Flood(const Mesh& mesh, int cells)
      : grid_(grid_around(mesh, cells)),
        spacing_(grid_.spacing[0]),
        distance_(surface_distance(mesh, grid_, (kLargestGap + kBand) * spacing_, &nearest_)) {}

  std::vector<int> take_nearest() { return std::move(nearest_); }

  const SampleGrid& grid() const { return grid_; }

  // Samples that the water reaches from a corner of the margin; `dam` (may be empty) holds it too.
  Flags reached(float gap, const Flags& dam) const {
    Flags wet(grid_.size());
    std::vector<std::array<int, 3>> front = {{0, 0, 0}};
    wet[0] = 1;
    while (!front.empty()) {
      const auto [i, j, k] = front.back();
      front.pop_back();
      for (int side = 0; side < 6; ++side) {
        std::array<int, 3> next = {i, j, k};
        next[side / 2] += side % 2 == 0 ? 1 : -1;
        if (next[side / 2] < 0 || next[side / 2] >= grid_.counts[side / 2]) continue;
        const size_t at = grid_.index(next[0], next[1], next[2]);
        if (wet[at] != 0 || distance_[at] <= gap || (!dam.empty() && dam[at] != 0)) continue;
        wet[at] = 1;
        front.push_back(next);
      }
    }
    return wet;
  }

  // Samples that have a face before them in at least five of the six directions.
  Flags sheltered() const {
    Flags count(grid_.size());
    for (int axis = 0; axis < 3; ++axis)
      for (const bool forward : {true, false}) sweep(axis, forward, count);
    for (auto& c : count) c = c >= 5 ? 1 : 0;
    return count;
  }

  // See enclosure.h: max over wet samples e of (d(e) - |p - e|), between -band and +band.
  std::vector<float> field(const Flags& wet, float gap) const {
    const float band = kBand * spacing_;
    std::vector<float> field(grid_.size(), -band);
    const int reach = static_cast<int>(std::ceil(gap / spacing_ + 2 * kBand));
    std::array<int, 3> e{};
    for (e[0] = 0; e[0] < grid_.counts[0]; ++e[0])
      for (e[1] = 0; e[1] < grid_.counts[1]; ++e[1])
        for (e[2] = 0; e[2] < grid_.counts[2]; ++e[2]) {
          const size_t at = grid_.index(e[0], e[1], e[2]);
          if (wet[at] == 0) continue;
          field[at] = std::max(field[at], std::min(distance_[at], band));
          // Balls around samples farther off lie inside those of samples nearer to the surface.
          if (distance_[at] <= gap + 1.5F * spacing_) pour(e, distance_[at], reach, field);
        }
    return field;
  }

 private:
  void sweep(int axis, bool forward, Flags& count) const {
    const int u = (axis + 1) % 3, v = (axis + 2) % 3;
    std::array<int, 3> p{};
    for (p[u] = 0; p[u] < grid_.counts[u]; ++p[u])
      for (p[v] = 0; p[v] < grid_.counts[v]; ++p[v]) {
        bool behind = false;
        for (int i = 0; i < grid_.counts[axis]; ++i) {
          p[axis] = forward ? i : grid_.counts[axis] - 1 - i;
          const size_t at = grid_.index(p[0], p[1], p[2]);
          behind = behind || distance_[at] <= 0.9F * spacing_;
          if (behind) ++count[at];
        }
      }
  }

  void pour(const std::array<int, 3>& e, float radius, int reach, std::vector<float>& field) const {
    std::array<int, 3> first, last;
    for (int axis = 0; axis < 3; ++axis) {
      first[axis] = std::max(0, e[axis] - reach);
      last[axis] = std::min(grid_.counts[axis] - 1, e[axis] + reach);
    }
    for (int i = first[0]; i <= last[0]; ++i)
      for (int j = first[1]; j <= last[1]; ++j) {
        const int square = (i - e[0]) * (i - e[0]) + (j - e[1]) * (j - e[1]);
        const size_t row = grid_.index(i, j, 0);
        for (int k = first[2]; k <= last[2]; ++k) {
          const float away =
              spacing_ * std::sqrt(static_cast<float>(square + (k - e[2]) * (k - e[2])));
          field[row + k] = std::max(field[row + k], std::min(radius - away, kBand * spacing_));
        }
      }
  }

  SampleGrid grid_;
  float spacing_;
  std::vector<int> nearest_;
  std::vector<float> distance_;
};

}  // namespace

double Enclosure::volume() const {
  // A sample near the surface counts by the share of its cell that a plane at that distance leaves.
  double cells = 0;
  for (const float f : field) cells += std::clamp(0.5F - f / grid.spacing[0], 0.F, 1.F);
  return cells * grid.spacing.cast<double>().prod();
}

Enclosure enclose(const Mesh& mesh, int cells) {
  Flood flood(mesh, cells);
  const float spacing = flood.grid().spacing[0];
  const auto closed_by = [&](float gap, const Flags& dam) {
    Enclosure result;
    result.grid = flood.grid();
    result.gap = gap * spacing;
    result.open_below = !dam.empty();
    result.field = flood.field(flood.reached(result.gap, dam), result.gap);
    return result;
  };
  const auto chosen = [&](Enclosure candidate) {
    candidate.nearest = flood.take_nearest();
    return candidate;
  };
  // Under a lid the water also stays out of wheel arches: worth a fifth of the volume at most.
  constexpr double kLeak = 0.7, kTight = 0.85;
  const Enclosure widest = closed_by(kLargestGap, {});
  const Enclosure lidded = closed_by(kGaps[0], flood.sheltered());
  if (widest.volume() < kLeak * lidded.volume()) return chosen(lidded);
  for (const float gap : kGaps) {
    const Enclosure candidate = closed_by(gap, {});
    if (candidate.volume() >= kTight * widest.volume()) return chosen(candidate);
  }
  return chosen(widest);
}

}  // namespace monodr
