// SPDX-License-Identifier: Apache-2.0
//
// VOLUMETRIC SILHOUETTE: does each ray of the picture meet the object's signed distance field as the mask says? (Liu, Sakuma,
// Okutomi, VSRD, CVPR 2024; opacities as in NeuS, Wang et al., NeurIPS 2021.) Along the ray of a pixel, from far outside, with
// the logistic function Phi_s of scale s,
//
//     alpha_i = max((Phi_s(f_i) - Phi_s(f_i+1)) / Phi_s(f_i), 0)       f_i = signed distance of sample i, metres
//     A = 1 - prod_i (1 - alpha_i)                                     the silhouette
//     L = mean over known rays of  -m log A - (1 - m) log(1 - A)       m = observed mask
//
// The product telescopes: log(1 - A) is the sum over the runs of samples in which f falls, of log Phi_s(end) - log Phi_s(begin),
// and the first run begins where Phi_s is 1. So only the ends of runs have a gradient:
//
//     d L / d log(1 - A) = m (1 - A) / A - (1 - m),      d log Phi_s(f) / d f = (1 - Phi_s(f)) / s
//
// f is that of the upright box of the hypothesis, with `residual` that of the shape prior box_residual (its box_field.h), whose
// distances are those of a car of the mean size. s falls from `scale_start` to `scale` as a half cosine over the fit.
// Samples lie evenly in depth around the box's centre and move with it.
#include <ATen/Dispatch.h>
#include <ATen/ops/cat.h>

#include <cmath>
#include <vector>

#include "base/error.h"
#include "plugin/descriptor.h"
#include "plugin/loss.h"
#include "row_loss.h"
#include "shape_priors/box_residual/box_field.h"

namespace monodr {
namespace {

using box_residual::kParts;

constexpr int kBox = 7;           // numbers of the box in a row; the code follows
constexpr double kNearest = 0.1;  // m: where rays begin
constexpr double kReach = 3.5;    // m: of the samples before and behind the centre

struct Sampling {
  int side = 0, stride = 1, samples = 0;
  bool residual = false;
};

/// One hypothesis: an upright box in the camera frame, and its field.
template <typename T>
class Field {
 public:
  Field(const T* row, bool residual) : residual_(residual) {
    centre_ = {row[0], row[1] - row[3] / 2, row[2]};
    size_ = {row[5], row[3], row[4]};
    cosine_ = std::cos(row[6]);
    sine_ = std::sin(row[6]);
    if (residual)
      for (int k = 0; k < kParts; ++k) {
        amplitudes_[k] = box_residual::amplitude(row[kBox + k]);
        amplitude_slopes_[k] = box_residual::amplitude_slope(row[kBox + k]);
      }
  }

  T depth() const { return centre_[2]; }
  T at(const std::array<T, 3>& point) const {
    return box_residual::signed_distance(canonical(point), residual_ ? &amplitudes_ : nullptr);
  }

  /// Adds `factor` * the gradient of at(ray * z), z = max(kNearest, depth() + a constant), to that of the row.
  void add_gradient(const std::array<T, 3>& ray, T z, T factor, T* out) const {
    const std::array<T, 3> point{ray[0] * z, ray[1] * z, z};
    const std::array<T, 3> q = canonical(point);
    std::array<T, 3> slope;
    box_residual::box_distance(q, &slope);
    if (residual_) {
      const box_residual::Parts<T> parts = box_residual::parts_at(q);
      for (int k = 0; k < kParts; ++k) {
        for (int i = 0; i < 3; ++i) slope[i] += amplitudes_[k] * parts.slope[k][i];
        out[kBox + k] += factor * amplitude_slopes_[k] * parts.value[k];
      }
    }
    // In the object's axes, metres; then in the camera's.
    const std::array<T, 3> g{slope[0] / size_[0], slope[1] / size_[1], slope[2] / size_[2]};
    const std::array<T, 3> world{
        cosine_ * g[0] + sine_ * g[2], g[1], -sine_ * g[0] + cosine_ * g[2]};
    const T along = world[0] * ray[0] + world[1] * ray[1] + world[2];
    out[0] -= factor * world[0];
    out[1] -= factor * world[1];
    out[2] += factor * ((z > T(kNearest) ? along : T(0)) - world[2]);
    out[3] += factor * (world[1] / 2 - slope[1] * q[1] / size_[1]);
    out[4] -= factor * slope[2] * q[2] / size_[2];
    out[5] -= factor * slope[0] * q[0] / size_[0];
    out[6] += factor * (g[2] * q[0] * size_[0] - g[0] * q[2] * size_[2]);
  }

 private:
  std::array<T, 3> canonical(const std::array<T, 3>& point) const {
    const T x = point[0] - centre_[0], y = point[1] - centre_[1], z = point[2] - centre_[2];
    return {
        (cosine_ * x - sine_ * z) / size_[0], y / size_[1], (sine_ * x + cosine_ * z) / size_[2]};
  }

  bool residual_;
  std::array<T, 3> centre_, size_;
  T cosine_, sine_;
  std::array<T, kParts> amplitudes_{}, amplitude_slopes_{};
};

template <typename T>
T softplus(T x) {
  return std::max(x, T(0)) + std::log1p(std::exp(-std::abs(x)));
}

/// Calls visit(z, f, sign) for the begins (-1) and the ends (+1) of the runs in which f falls; the first has no begin.
template <typename T, typename Visit>
void visit_runs(const Field<T>& field,
                const std::array<T, 3>& ray,
                int samples,
                const Visit& visit) {
  T last_z = 0, last = 0;
  bool falling = true;
  for (int i = 0; i < samples; ++i) {
    const T offset = T(kReach) * (2 * T(i) / T(samples - 1) - 1);
    const T z = std::max(T(kNearest), field.depth() + offset);
    const T f = field.at({ray[0] * z, ray[1] * z, z});
    if (i > 0 && (f < last) != falling) {
      visit(last_z, last, falling ? 1 : -1);
      falling = !falling;
    }
    last_z = z;
    last = f;
  }
  if (falling) visit(last_z, last, 1);
}

/// log(1 - A).
template <typename T>
T log_escape(const Field<T>& field, const std::array<T, 3>& ray, int samples, T scale) {
  T sum = 0;
  visit_runs(field, ray, samples, [&](T, T f, int sign) { sum -= sign * softplus(-f / scale); });
  return std::min(sum, T(-1e-12));
}

/// Calls visit(pixel, ray) for each known pixel on the grid of rays; returns how many there are.
template <typename T, typename Visit>
int visit_rays(const Sampling& sampling, const T* known, const T* k, const Visit& visit) {
  int count = 0;
  for (int y = sampling.stride / 2; y < sampling.side; y += sampling.stride)
    for (int x = sampling.stride / 2; x < sampling.side; x += sampling.stride) {
      const int pixel = y * sampling.side + x;
      if (known[pixel] <= 0) continue;
      ++count;
      visit(pixel,
            std::array<T, 3>{(T(x) + T(0.5) - k[2]) / k[0], (T(y) + T(0.5) - k[5]) / k[4], T(1)});
    }
  return count;
}

template <typename T>
T cost(const Sampling& sampling,
       const T* row,
       const T* mask,
       const T* known,
       const T* intrinsics,
       T scale) {
  const Field<T> field(row, sampling.residual);
  T sum = 0;
  const int rays =
      visit_rays(sampling, known, intrinsics, [&](int pixel, const std::array<T, 3>& ray) {
        const T escape = log_escape(field, ray, sampling.samples, scale);
        sum -= mask[pixel] * std::log(-std::expm1(escape)) + (1 - mask[pixel]) * escape;
      });
  return rays > 0 ? sum / T(rays) : T(0);
}

template <typename T>
void slopes(const Sampling& sampling,
            const T* row,
            const T* mask,
            const T* known,
            const T* intrinsics,
            T scale,
            T factor,
            T* out) {
  const Field<T> field(row, sampling.residual);
  const int numbers = kBox + (sampling.residual ? kParts : 0);
  std::fill_n(out, numbers, T(0));
  const int rays = visit_rays(sampling, known, intrinsics, [](int, const auto&) {});
  if (rays == 0) return;
  visit_rays(sampling, known, intrinsics, [&](int pixel, const std::array<T, 3>& ray) {
    const T escape = log_escape(field, ray, sampling.samples, scale);
    if (escape >= T(-1e-12)) return;
    const T of_escape = mask[pixel] * std::exp(escape) / -std::expm1(escape) - (1 - mask[pixel]);
    visit_runs(field, ray, sampling.samples, [&](T z, T f, int sign) {
      const T outside = 1 / (1 + std::exp(f / scale));  // 1 - Phi
      field.add_gradient(ray, z, factor / T(rays) * of_escape * sign * outside / scale, out);
    });
  });
}

/// The prior's own mesh lies on the zero surface of the field, to what marching cubes leaves.
void check_prior(const HypothesisBatch& hypothesis) {
  const auto refuse = [](const std::string& why) {
    throw UserError(
        "the loss 'volumetric_silhouette' with residual = true needs the shape prior "
        "'box_residual', but " +
        why + "; set shape_prior.plugin = \"box_residual\", or residual = false");
  };
  const int64_t dimensions = hypothesis.shape_code.dim() == 2 ? hypothesis.shape_code.size(1) : 0;
  if (dimensions != kParts)
    refuse(fmt::format("the shape code has {} dimensions, not {}", dimensions, kParts));
  if (hypothesis.count() == 0) return;
  const auto row_of = [](const at::Tensor& tensor) {
    return tensor.detach().select(0, 0).to(at::kDouble).contiguous();
  };
  const at::Tensor location = row_of(hypothesis.location), size = row_of(hypothesis.dimensions),
                   code = row_of(hypothesis.shape_code), vertices = row_of(hypothesis.vertices);
  std::array<double, kBox + kParts> row{};
  for (int i = 0; i < 3; ++i) {
    row[i] = location.data_ptr<double>()[i];
    row[3 + i] = size.data_ptr<double>()[i];
  }
  row[6] = hypothesis.rotation_y.detach()[0].item<double>();
  for (int k = 0; k < kParts; ++k) row[kBox + k] = code.data_ptr<double>()[k];
  const Field<double> field(row.data(), true);
  double sum = 0;
  for (int64_t v = 0; v < vertices.size(0); ++v) {
    const double* p = vertices.data_ptr<double>() + 3 * v;
    sum += std::abs(field.at({p[0], p[1], p[2]}));
  }
  const double mean = sum / static_cast<double>(vertices.size(0));
  if (!(mean < 0.1))
    refuse(fmt::format("the mesh lies {:.2g} m off the surface that its code means", mean));
}

class VolumetricSilhouette final : public Loss {
 public:
  explicit VolumetricSilhouette(const Parameters& parameters)
      : scale_start_(parameters.real("scale_start")), scale_(parameters.real("scale")) {
    sampling_.stride = static_cast<int>(parameters.integer("stride"));
    sampling_.samples = static_cast<int>(parameters.integer("samples"));
    sampling_.residual = parameters.boolean("residual");
  }

  Channels needs() const override { return {}; }

  at::Tensor evaluate(const LossInput& input) const override {
    const HypothesisBatch& hypothesis = input.hypothesis;
    if (sampling_.residual) check_prior(hypothesis);
    std::vector<at::Tensor> columns{
        hypothesis.location, hypothesis.dimensions, hypothesis.rotation_y.unsqueeze(1)};
    if (sampling_.residual) columns.push_back(hypothesis.shape_code);
    const at::Tensor rows = at::cat(columns, 1);
    Sampling sampling = sampling_;
    sampling.side = static_cast<int>(input.observation.mask.size(-1));
    const double scale =
        scale_ + (scale_start_ - scale_) * (0.5 + 0.5 * std::cos(M_PI * input.progress));
    return AT_DISPATCH_FLOATING_TYPES(rows.scalar_type(), "volumetric_silhouette", [&] {
      using T = scalar_t;
      const ObservedRows<T> mask(input.observation.mask, hypothesis.object);
      const ObservedRows<T> known(input.observation.known, hypothesis.object);
      const ObservedRows<T> intrinsics(input.observation.intrinsics, hypothesis.object);
      const T s = static_cast<T>(scale);
      return evaluate_rows<T>(
          rows,
          [=](int64_t n, const T* row, T*) {
            return cost(sampling, row, mask[n], known[n], intrinsics[n], s);
          },
          [=](int64_t n, const T* row, const T*, T factor, T* out) {
            slopes(sampling, row, mask[n], known[n], intrinsics[n], s, factor, out);
          },
          0);
    });
  }

 private:
  double scale_start_, scale_;
  Sampling sampling_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "volumetric_silhouette";
  info.version = "1.0.0";
  info.description =
      "Mask against the silhouette that volume rendering makes of a box's signed distances.";
  info.paper =
      "Liu, Sakuma, Okutomi, VSRD: Instance-Aware Volumetric Silhouette Rendering for Weakly "
      "Supervised 3D Object Detection, CVPR 2024";
  info.differentiable_in.inputs = {"location", "dimensions", "rotation_y", "shape_code"};
  info.parameters = {
      {.name = "residual",
       .default_value = false,
       .unit = "",
       .meaning =
           "Whether the shape code of the prior box_residual counts; false = the box alone."},
      {.name = "scale_start",
       .default_value = 1.0,
       .unit = "m",
       .meaning = "Scale of the opacity at the first step.",
       .minimum = 1e-3,
       .maximum = 100},
      {.name = "scale",
       .default_value = 0.1,
       .unit = "m",
       .meaning = "Scale of the opacity at the last step.",
       .minimum = 1e-3,
       .maximum = 100},
      {.name = "stride",
       .default_value = std::int64_t{2},
       .unit = "px",
       .meaning = "Pixels from ray to ray; 2 = 1024 rays of a crop of 64 px.",
       .minimum = 1,
       .maximum = 64},
      {.name = "samples",
       .default_value = std::int64_t{48},
       .unit = "1",
       .meaning = "Samples of a ray, over 7 m around the box's centre.",
       .minimum = 2,
       .maximum = 10000},
  };
  return {info, LossFactory([](const Parameters& parameters) {
            return std::make_unique<VolumetricSilhouette>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
