// SPDX-License-Identifier: Apache-2.0
#include "settings/category.h"

#include <algorithm>
#include <cctype>

namespace monodr {

bool same_category(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

namespace {

bool is_among(std::string_view category, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return same_category(category, name);
  });
}

// A sign and a letter each, of different axes.
bool are_axes(const std::string& text) {
  const auto is_axis = [](std::string_view word) {
    return (word[0] == '+' || word[0] == '-') && word[1] >= 'x' && word[1] <= 'z';
  };
  return text.size() == 5 && is_axis(text.substr(0, 2)) && text[2] == ' ' &&
         is_axis(text.substr(3)) && text[1] != text[4];
}

void check(const CategoryModel& category) {
  if (category.name.empty())
    throw UserError("'category.name' is empty; write what label files call the class");
  for (const double size : category.size_mean)
    if (!(size > 0))
      throw UserError(
          "'category.size_mean' must have three values above 0: height, width, length in metres");
  if (category.mesh_axes != kByLikeness && !are_axes(category.mesh_axes))
    throw UserError(
        fmt::format("'category.mesh_axes' is \"{}\", but must be \"likeness\", or where up and "
                    "forward point in the meshes' "
                    "files, such as \"+z +x\"",
                    category.mesh_axes));
  for (const double deviation : category.size_deviation)
    if (!(deviation > 0))
      throw UserError(
          "'category.size_deviation' must have three values above 0: deviations of the logarithms "
          "of height, "
          "width and length");
}

}  // namespace

bool CategoryModel::includes(std::string_view category) const {
  return same_category(category, name) || is_among(category, also);
}

bool CategoryModel::is_neighbour(std::string_view category) const {
  return is_among(category, neighbours);
}

const Binding<CategoryModel>& category_binding() {
  using S = CategoryModel;
  static const Binding<S> binding =
      Binding<S>(
          "category",
          "the class of the objects; defaults come from the file that dataset.category names")
          .key("name", &S::name, "", "what results and label files call the class")
          .key("also", &S::also, "", "further names in label and detection files that count as it")
          .key("neighbours",
               &S::neighbours,
               "",
               "classes so alike that their labels neither help nor harm")
          .key("size_mean", &S::size_mean, "m", "mean height, width, length", 0, 100)
          .key("size_deviation",
               &S::size_deviation,
               "1",
               "standard deviation of the log height, width, length",
               0,
               10)
          .key("corpus",
               &S::corpus,
               "",
               "what shape priors learn from: parametric_cars, or a folder of meshes")
          .key("mesh_axes",
               &S::mesh_axes,
               "",
               "where up and forward point in the meshes of a folder, such as \"+z +x\"; likeness "
               "= found by likeness to cars")
          .key("overlap_strict",
               &S::overlap_strict,
               "1",
               "least overlap of a true positive in 2-D, BEV and 3-D, as KITTI ranks by",
               0,
               1)
          .key("overlap_loose", &S::overlap_loose, "1", "the same, looser", 0, 1)
          .rule(check);
  return binding;
}

}  // namespace monodr
