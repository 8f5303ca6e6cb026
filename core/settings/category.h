// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "settings/binding.h"

namespace monodr {

/// [category]: all that is known of a class of objects, from experiments/categories/NAME.toml. A class is data:
/// an experiment for another one needs such a file and no code.
struct CategoryModel {
  std::string name;                 ///< as results and tables write it: "Car"
  std::vector<std::string> also{};  ///< further names in label and detection files that count as it
  std::vector<std::string>
      neighbours{};  ///< classes whose labels neither help nor harm: Van beside Car
  std::array<double, 3> size_mean{};       ///< height, width, length, metres
  std::array<double, 3> size_deviation{};  ///< standard deviation of their logarithms
  std::string corpus{};  ///< "parametric_cars", or a folder of meshes; "" = none is known
  /// Where up and forward point in the files of a folder of meshes: "-y +x" (monodr's own), "+y -z", "+z +y", ...;
  /// kByLikeness = found for each mesh (corpus/car_axes.h).
  std::string mesh_axes = "-y +x";
  /// Least overlaps of a true positive: in the image, in bird's-eye view, in 3-D.
  std::array<double, 3> overlap_strict{0.7, 0.7, 0.7};
  std::array<double, 3> overlap_loose{0.7, 0.5, 0.5};

  /// Whether a file's class counts as this one; case does not matter, as for KITTI's own evaluation.
  bool includes(std::string_view category) const;
  bool is_neighbour(std::string_view category) const;
};

const Binding<CategoryModel>& category_binding();

/// Classes are compared without regard to case, as KITTI's own evaluation does.
bool same_category(std::string_view a, std::string_view b);

/// Axes that are found by likeness to known cars: for classes that look like them.
inline constexpr const char* kByLikeness = "likeness";

/// The name of a corpus that is made and not read.
inline constexpr const char* kParametricCars = "parametric_cars";

}  // namespace monodr
