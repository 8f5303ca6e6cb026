// SPDX-License-Identifier: Apache-2.0
#include "worker/prior_sheet.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "base/random.h"
#include "plugin/decoded_mesh.h"

namespace monodr {
namespace {

constexpr int kColumns = 7;

/// Decodes and captions pictures of one prior.
class Painter {
 public:
  Painter(const ShapePrior& prior, std::uint64_t seed) : prior_(prior), seed_(seed) {}

  at::Tensor mean_shape() const { return at::zeros({1, prior_.shape_dimensions()}); }
  at::Tensor paint(float red, float green, float blue) const {
    return prior_.texture_from_paint(at::tensor({red, green, blue}).view({1, 3}));
  }
  at::Tensor random_shape(int n) const {
    return normal("shape of a sheet", n, prior_.shape_dimensions());
  }
  at::Tensor random_texture(int n) const {
    return normal("texture of a sheet", n, prior_.texture_dimensions());
  }

  SheetPicture picture(const at::Tensor& shape,
                       const at::Tensor& texture,
                       const std::string& caption,
                       bool from_behind = false) const {
    return {mesh_of(prior_.decode(shape, texture), 0), caption, from_behind};
  }

 private:
  at::Tensor normal(std::string_view stream, int n, int columns) const {
    Random random(seed_, stream, n);
    at::Tensor code = at::empty({1, columns});
    for (int i = 0; i < columns; ++i)
      code.data_ptr<float>()[i] = static_cast<float>(random.normal(0, 1));
    return code;
  }

  const ShapePrior& prior_;
  std::uint64_t seed_;
};

SheetRow mean_row(const Painter& painter) {
  SheetRow row{"the mean car", {}};
  const struct {
    const char* name;
    float red, green, blue;
  } paints[] = {{"white", 0.86F, 0.86F, 0.85F},
                {"silver", 0.66F, 0.67F, 0.69F},
                {"black", 0.07F, 0.07F, 0.08F},
                {"red", 0.58F, 0.08F, 0.08F},
                {"blue", 0.10F, 0.17F, 0.38F}};
  for (const auto& p : paints)
    row.pictures.push_back(
        painter.picture(painter.mean_shape(), painter.paint(p.red, p.green, p.blue), p.name));
  for (const bool red : {false, true})
    row.pictures.push_back(painter.picture(
        painter.mean_shape(),
        red ? painter.paint(0.58F, 0.08F, 0.08F) : painter.paint(0.66F, 0.67F, 0.69F),
        "from behind",
        true));
  return row;
}

SheetRow dimension_row(const Painter& painter, bool texture, int dimension) {
  SheetRow row{fmt::format("{} dimension {}", texture ? "texture" : "shape", dimension + 1), {}};
  const at::Tensor silver = painter.paint(0.66F, 0.67F, 0.69F);
  for (int i = 0; i < kColumns; ++i) {
    const double value = -2 + 4.0 * i / (kColumns - 1);
    at::Tensor shape = painter.mean_shape().clone();
    at::Tensor colours = texture ? at::zeros_like(silver) : silver;
    (texture ? colours : shape)[0][dimension] = value;
    row.pictures.push_back(painter.picture(shape, colours, fmt::format("{:+.1f}", value)));
  }
  return row;
}

SheetRow random_row(const Painter& painter, bool from_behind) {
  SheetRow row{from_behind ? "the same from behind" : "random cars", {}};
  for (int i = 0; i < kColumns; ++i)
    row.pictures.push_back(
        painter.picture(painter.random_shape(i), painter.random_texture(i), "", from_behind));
  return row;
}

SheetRow interpolation_row(const Painter& painter) {
  SheetRow row{"from one car to another", {}};
  for (int i = 0; i < kColumns; ++i) {
    const double share = static_cast<double>(i) / (kColumns - 1);
    row.pictures.push_back(painter.picture(
        (1 - share) * painter.random_shape(20) + share * painter.random_shape(21),
        (1 - share) * painter.random_texture(20) + share * painter.random_texture(21),
        fmt::format("{:.0f} %", 100 * share)));
  }
  return row;
}

}  // namespace

std::vector<SheetRow> prior_sheet(const ShapePrior& prior,
                                  const std::vector<Reconstruction>& reconstructions,
                                  std::uint64_t seed) {
  const at::NoGradGuard no_gradient;
  const Painter painter(prior, seed);
  std::vector<SheetRow> rows = {mean_row(painter)};
  for (int d = 0; d < prior.shape_dimensions(); ++d)
    rows.push_back(dimension_row(painter, false, d));
  for (int d = 0; d < prior.texture_dimensions(); ++d)
    rows.push_back(dimension_row(painter, true, d));
  rows.push_back(random_row(painter, false));
  rows.push_back(random_row(painter, true));
  rows.push_back(interpolation_row(painter));
  for (size_t first = 0; first < reconstructions.size(); first += kColumns) {
    SheetRow truth{"shapes that were not trained on ...", {}},
        fitted{"... and the code fitted to their geometry", {}};
    for (size_t i = first; i < std::min(first + kColumns, reconstructions.size()); ++i) {
      const Reconstruction& r = reconstructions[i];
      truth.pictures.push_back({r.truth, r.name});
      fitted.pictures.push_back(
          {r.fitted,
           fmt::format(
               "IoU {:.3f}, chamfer {:.2f} %", r.agreement.iou, 100 * r.agreement.chamfer)});
    }
    rows.push_back(truth);
    rows.push_back(fitted);
  }
  return rows;
}

}  // namespace monodr
