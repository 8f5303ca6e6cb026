// SPDX-License-Identifier: Apache-2.0
//
// DEPTH (the paper's "distance loss"): does the rendered surface lie as far away as the measured
// one?
//
//     L = 1/n sum over evidence of rho(r),   rho(r) = r^2 / (1 + r^2)   (Geman and McClure, 1987)
//                                                rho'(r) = 2 r / (1 + r^2)^2
//     log:     r = log(rendered / observed) / scale
//              d L / d rendered = rho'(r) / (n scale rendered)
//     metric:  r = (rendered - observed) / scale_metric
//              d L / d rendered = rho'(r) / (n scale_metric)
//
// `auto` takes metric residuals where the observation's depth is as good as LiDAR (depth_deviation
// = 0) and log residuals elsewhere. No unit, 0 = equal, 1 = all saturated.
//
// Evidence: pixels with a depth, inside the mask, known. Depth maps of networks bleed at the mask's
// edge (the background is farther, so a car ends 0.3 m too far): there pixels within `border` of
// the edge are left out, unless fewer than `border_minimum` would stay. LiDAR points do not bleed
// and are few: all are kept.
//
// Where evidence lies but nothing is rendered a pixel costs the saturated 1, without gradient:
// otherwise sliding off the mask would pay, and among hypotheses the one that misses would win. No
// evidence at all: 0.
//
// Monocular depth is smooth and biased: weighted as if it were precise it turns the car. Keep the
// weight at 0.25 to 0.5 and the scale at about twice the noise. Two factors let one weight serve
// other maps too. LiDAR is precise: `factor_metric` multiplies L of the objects whose residuals are
// metric. A map whose errors change from pixel to pixel is precise in the mean: L of the others is
// multiplied by
//     1 / (1 - w + w g^2 / n),   1 to `factor_local`,
// w = share of the map's stated variance that is found to be local (depth_kernel.h), g = side / 16,
// n = pixels of evidence: the variance of the mean falls by this, if errors further apart than g
// pixels are independent.
#include <ATen/Dispatch.h>

#include <mutex>

#include "depth_kernel.h"
#include "plugin/descriptor.h"
#include "plugin/loss.h"
#include "row_loss.h"

namespace monodr {
namespace {

/// Which pixels are evidence, and how much it counts.
struct Evidence {
  at::Tensor pixels;       ///< [B,S,S], 1 or 0
  at::Tensor reliability;  ///< [B], 1 to factor_local
};

struct EvidenceParameters {
  double border = 0;
  int border_minimum = 0;
  double factor_local = 1;
};

/// The evidence of a batch, computed once: it depends on the observation alone. Holding on to the
/// tensors makes their identity a safe key.
class EvidenceCache {
 public:
  Evidence get(const ObservationBatch& batch,
               at::ScalarType type,
               const EvidenceParameters& parameters) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!matches(batch, type)) {
      sources_ = {batch.depth, batch.mask, batch.known, batch.depth_deviation};
      versions_ = versions_of(sources_);
      evidence_ = compute(batch, type, parameters);
    }
    return evidence_;
  }

 private:
  static std::vector<int64_t> versions_of(const std::vector<at::Tensor>& tensors) {
    std::vector<int64_t> versions;
    for (const at::Tensor& tensor : tensors)
      versions.push_back(tensor.is_inference() ? 0 : tensor._version());
    return versions;
  }

  bool matches(const ObservationBatch& batch, at::ScalarType type) const {
    return evidence_.pixels.defined() && evidence_.pixels.scalar_type() == type &&
           sources_[0].is_same(batch.depth) && sources_[1].is_same(batch.mask) &&
           sources_[2].is_same(batch.known) && sources_[3].is_same(batch.depth_deviation) &&
           versions_ == versions_of(sources_);
  }

  static Evidence compute(const ObservationBatch& batch,
                          at::ScalarType type,
                          const EvidenceParameters& parameters) {
    const at::Tensor depth = batch.depth.to(type).contiguous();
    const at::Tensor mask = batch.mask.to(type).contiguous();
    const at::Tensor known = batch.known.to(type).contiguous();
    const at::Tensor deviation = batch.depth_deviation.to(at::kDouble).contiguous();
    const Evidence evidence{at::empty_like(depth), at::empty({batch.count()}, depth.options())};
    const int side = static_cast<int>(depth.size(-1));
    AT_DISPATCH_FLOATING_TYPES(type, "depth_evidence", [&] {
      for (int64_t b = 0; b < batch.count(); ++b) {
        const int64_t offset = b * side * side;
        const scalar_t* map = depth.data_ptr<scalar_t>() + offset;
        scalar_t* pixels = evidence.pixels.data_ptr<scalar_t>() + offset;
        const double relative = deviation.data_ptr<double>()[b];
        const bool like_lidar = relative <= 0;
        depth_evidence(side,
                       map,
                       mask.data_ptr<scalar_t>() + offset,
                       known.data_ptr<scalar_t>() + offset,
                       like_lidar ? 0.0 : parameters.border,
                       parameters.border_minimum,
                       pixels);
        evidence.reliability.data_ptr<scalar_t>()[b] = static_cast<scalar_t>(
            depth_reliability(side, map, pixels, relative, parameters.factor_local));
      }
    });
    return evidence;
  }

  std::mutex mutex_;
  std::vector<at::Tensor> sources_;
  std::vector<int64_t> versions_;
  Evidence evidence_;
};

class DepthLoss final : public Loss {
 public:
  explicit DepthLoss(const Parameters& parameters)
      : kind_(parameters.text("kind")),
        scale_(parameters.real("scale")),
        scale_metric_(parameters.real("scale_metric")),
        factor_metric_(parameters.real("factor_metric")),
        evidence_{parameters.real("border"),
                  static_cast<int>(parameters.integer("border_minimum")),
                  parameters.real("factor_local")} {}

  Channels needs() const override { return {.depth = true}; }

  at::Tensor evaluate(const LossInput& input) const override {
    const at::Tensor& depth = input.rendering.depth;
    const at::Tensor& object = input.hypothesis.object;
    check_image(depth, input.observation.depth, input.hypothesis.count(), "depth");
    return AT_DISPATCH_FLOATING_TYPES(depth.scalar_type(), "depth", [&] {
      using T = scalar_t;
      const ObservedRows<T> observed(input.observation.depth, object);
      const Evidence known = cache_.get(input.observation, depth.scalar_type(), evidence_);
      const ObservedRows<T> evidence(known.pixels, object);
      const ObservedRows<T> reliability(known.reliability, object);
      const ObservedRows<T> deviation(input.observation.depth_deviation, object);
      const int pixels = static_cast<int>(depth.size(-1) * depth.size(-2));
      const auto residual_of = [kind = kind_, deviation](int64_t n) {
        const bool metric = kind == "metric" || (kind == "auto" && *deviation[n] <= 0);
        return metric ? DepthResidual::metric : DepthResidual::log;
      };
      const auto scale_of = [log = T(scale_), metric = T(scale_metric_)](DepthResidual residual) {
        return residual == DepthResidual::metric ? metric : log;
      };
      const auto factor_of = [metric = T(factor_metric_), reliability](int64_t n,
                                                                       DepthResidual residual) {
        return residual == DepthResidual::metric ? metric : *reliability[n];
      };
      return evaluate_rows<T>(
          depth,
          [=](int64_t n, const T* row, T* state) {
            const DepthResidual residual = residual_of(n);
            return factor_of(n, residual) *
                   depth_loss(
                       residual, scale_of(residual), pixels, row, observed[n], evidence[n], state);
          },
          [=](int64_t n, const T* row, const T* state, T factor, T* out) {
            const DepthResidual residual = residual_of(n);
            depth_gradient(residual,
                           scale_of(residual),
                           pixels,
                           row,
                           observed[n],
                           evidence[n],
                           state,
                           factor * factor_of(n, residual),
                           out);
          },
          1);
    });
  }

 private:
  std::string kind_;
  double scale_, scale_metric_, factor_metric_;
  EvidenceParameters evidence_;
  mutable EvidenceCache cache_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "depth";
  info.version = "1.2.0";
  info.description = "Robust distance of the rendered from the measured surface.";
  info.paper =
      "Beker et al., Monocular Differentiable Rendering for Self-Supervised 3D Object "
      "Detection, ECCV 2020; Geman and McClure, 1987";
  info.differentiable_in.inputs = {"depth"};
  info.parameters = {
      {.name = "kind",
       .default_value = std::string("auto"),
       .unit = "",
       .meaning = "Residual: log of the ratio, metres, or by the quality of the depth (metres for "
                  "LiDAR).",
       .choices = {"auto", "log", "metric"}},
      {.name = "scale",
       .default_value = 0.15,
       .unit = "1",
       .meaning = "Log residual at which a pixel costs half; about twice the relative noise.",
       .minimum = 1e-3,
       .maximum = 10},
      {.name = "scale_metric",
       .default_value = 0.25,
       .unit = "m",
       .meaning = "Metric residual at which a pixel costs half.",
       .minimum = 1e-3,
       .maximum = 100},
      {.name = "factor_metric",
       .default_value = 1.0,
       .unit = "1",
       .meaning = "Factor of the loss of objects whose residuals are in metres.",
       .minimum = 0,
       .maximum = 1000},
      {.name = "factor_local",
       .default_value = 1.0,
       .unit = "1",
       .meaning = "Largest factor of the loss of objects whose depth errors average out over the "
                  "object, as far as the map shows; 1 = off.",
       .minimum = 1,
       .maximum = 1000},
      {.name = "border",
       .default_value = 2.5,
       .unit = "px",
       .meaning = "Depth this near to the mask's edge is left out, unless it is LiDAR.",
       .minimum = 0,
       .maximum = 16},
      {.name = "border_minimum",
       .default_value = std::int64_t{30},
       .unit = "px",
       .meaning = "The edge is kept where fewer pixels than this would stay.",
       .minimum = 0},
  };
  return {info, LossFactory([](const Parameters& parameters) {
            return std::make_unique<DepthLoss>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
