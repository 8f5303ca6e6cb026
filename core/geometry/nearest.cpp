// SPDX-License-Identifier: Apache-2.0
#include "geometry/nearest.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace monodr {

NearestPoints::NearestPoints(const std::vector<Eigen::Vector3f>& points) {
  nodes_.reserve(points.size());
  for (size_t i = 0; i < points.size(); ++i) nodes_.push_back({points[i], static_cast<int>(i)});
  build(0, static_cast<int>(nodes_.size()), 0);
}

// The median of a range along its axis stands in its middle, the halves are ranges of their own.
void NearestPoints::build(int first, int last, int axis) {
  if (last - first < 2) return;
  const int middle = (first + last) / 2;
  std::nth_element(nodes_.begin() + first,
                   nodes_.begin() + middle,
                   nodes_.begin() + last,
                   [axis](const Node& a, const Node& b) { return a.point[axis] < b.point[axis]; });
  build(first, middle, (axis + 1) % 3);
  build(middle + 1, last, (axis + 1) % 3);
}

void NearestPoints::search(
    int first, int last, int axis, const Eigen::Vector3f& query, int& best, float& distance) const {
  if (first >= last) return;
  const int middle = (first + last) / 2, next = (axis + 1) % 3;
  const Node& node = nodes_[middle];
  if (const float d = (node.point - query).squaredNorm(); d < distance) {
    distance = d;
    best = node.index;
  }
  const float side = query[axis] - node.point[axis];
  if (side < 0) {
    search(first, middle, next, query, best, distance);
    if (side * side < distance) search(middle + 1, last, next, query, best, distance);
  } else {
    search(middle + 1, last, next, query, best, distance);
    if (side * side < distance) search(first, middle, next, query, best, distance);
  }
}

int NearestPoints::nearest(const Eigen::Vector3f& query) const {
  MONODR_CHECK(!nodes_.empty(), "there is no nearest of no points");
  int best = nodes_[0].index;
  float distance = std::numeric_limits<float>::infinity();
  search(0, static_cast<int>(nodes_.size()), 0, query, best, distance);
  return best;
}

}  // namespace monodr
