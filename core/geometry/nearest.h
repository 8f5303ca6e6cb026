// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <vector>

namespace monodr {

/// Nearest neighbours in a fixed set of points: a balanced k-d tree in one array. A query over n
/// points costs about log n.
class NearestPoints {
 public:
  explicit NearestPoints(const std::vector<Eigen::Vector3f>& points);

  /// Index of the nearest point (the set must not be empty); of several equally near ones any.
  int nearest(const Eigen::Vector3f& query) const;

 private:
  struct Node {
    Eigen::Vector3f point;
    int index;
  };
  void build(int first, int last, int axis);
  void search(int first,
              int last,
              int axis,
              const Eigen::Vector3f& query,
              int& best,
              float& distance) const;

  std::vector<Node> nodes_;
};

}  // namespace monodr
