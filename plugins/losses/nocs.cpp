// SPDX-License-Identifier: Apache-2.0
//
// NOCS: does the surface that is rendered at a pixel carry the object coordinates that a predictor sees there?  N = the
// rendered channel "nocs", C = what the predictor says (ObservationBatch::coordinates), over the pixels p that the object
// covers (silhouette of at least 0.9):
//
//   d(p) = min over q, |q - p| <= radius and presence(q) > 1/2,  of  sqrt(|N(p) - C(q)|^2 + s^2) - s,   s = 0.01
//   L    = mean over p of min(d(p), cap)
//
// The gradient is that of the pairs as they stand; which pixel is the nearest, and which are covered, has none. No unit. Nothing
// covered, or nothing said within the radius, costs cap: to leave the mask is no way to a low loss.
//
// SDFLabel's 2-D loss (Zakharov et al., CVPR 2020), which has a radius of 5 px of 32 and leaves out what is farther than 1. Their
// code multiplies the coordinates with a falloff over the radius, which is not imitated.
#include <ATen/Dispatch.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "plugin/descriptor.h"
#include "plugin/loss.h"
#include "row_loss.h"

namespace monodr {
namespace {

constexpr double kCovered = 0.9, kPresent = 0.5, kRounding = 0.01;

/// One hypothesis beside what is said of its object; pictures of side x side numbers.
template <typename T>
struct View {
  int side;
  const T* rendered;    ///< [3]
  const T* silhouette;  ///< [1]
  const T* said;        ///< [4]: coordinates, presence
  int pixels() const { return side * side; }
};

template <typename T>
T square_between(const View<T>& view, int p, int q) {
  T sum = 0;
  for (int c = 0; c < 3; ++c) {
    const T d = view.rendered[c * view.pixels() + p] - view.said[c * view.pixels() + q];
    sum += d * d;
  }
  return sum;
}

/// The pixel within the radius whose coordinates are the nearest, and how near; -1 where nothing is said.
template <typename T>
std::pair<int, T> nearest(const View<T>& view, int p, int radius) {
  const int x = p % view.side, y = p / view.side;
  int best = -1;
  T least = 0;
  for (int v = std::max(y - radius, 0); v <= std::min(y + radius, view.side - 1); ++v)
    for (int u = std::max(x - radius, 0); u <= std::min(x + radius, view.side - 1); ++u) {
      if ((u - x) * (u - x) + (v - y) * (v - y) > radius * radius) continue;
      const int q = v * view.side + u;
      if (!(view.said[3 * view.pixels() + q] > T(kPresent))) continue;
      const T square = square_between(view, p, q);
      if (best >= 0 && !(square < least)) continue;
      best = q;
      least = square;
    }
  return {best, least};
}

/// state: of each pixel the one it is compared with, -1 = none, and how many are covered.
template <typename T>
T loss_of(const View<T>& view, int radius, T cap, T* state) {
  T sum = 0;
  int covered = 0;
  for (int p = 0; p < view.pixels(); ++p) {
    state[p] = -1;
    if (view.silhouette[p] < T(kCovered)) continue;
    ++covered;
    const auto [q, square] = nearest(view, p, radius);
    const T d = std::sqrt(square + T(kRounding * kRounding)) - T(kRounding);
    const bool counts = q >= 0 && d < cap;
    if (counts) state[p] = static_cast<T>(q);
    sum += counts ? d : cap;
  }
  state[view.pixels()] = static_cast<T>(covered);
  return covered > 0 ? sum / static_cast<T>(covered) : cap;
}

template <typename T>
void gradient_of(const View<T>& view, const T* state, T scale, T* out) {
  const int pixels = view.pixels();
  std::fill(out, out + 3 * pixels, T(0));
  for (int p = 0; p < pixels; ++p) {
    if (state[p] < 0) continue;
    const int q = static_cast<int>(state[p]);
    const T d = std::sqrt(square_between(view, p, q) + T(kRounding * kRounding));
    for (int c = 0; c < 3; ++c)
      out[c * pixels + p] =
          scale / state[pixels] / d * (view.rendered[c * pixels + p] - view.said[c * pixels + q]);
  }
}

class NocsLoss final : public Loss {
 public:
  explicit NocsLoss(const Parameters& parameters)
      : radius_(static_cast<int>(parameters.integer("radius"))), cap_(parameters.real("cap")) {}

  Channels needs() const override { return {.silhouette = true, .attributes = {"nocs"}}; }

  at::Tensor evaluate(const LossInput& input) const override {
    if (!input.observation.coordinates.defined())
      throw UserError(
          "the loss 'nocs' compares with object coordinates that a predictor says, but none says "
          "them; set method.name to "
          "\"predictor+fit\" with predictor.resnet_predictor.coordinates = true, or the loss's "
          "weight to 0");
    const at::Tensor& rendered = input.rendering.attributes.at("nocs");
    const at::Tensor& object = input.hypothesis.object;
    check_image(rendered, input.observation.mask, input.hypothesis.count(), "nocs");
    check_image(input.rendering.silhouette, input.observation.mask, rendered.size(0), "silhouette");
    const at::Tensor silhouette = input.rendering.silhouette.detach().contiguous();
    return AT_DISPATCH_FLOATING_TYPES(rendered.scalar_type(), "nocs", [&] {
      using T = scalar_t;
      const ObservedRows<T> said(input.observation.coordinates, object);
      const int side = static_cast<int>(rendered.size(-1));
      const auto view = [=](int64_t n, const T* row) {
        return View<T>{side, row, silhouette.data_ptr<T>() + n * side * side, said[n]};
      };
      return evaluate_rows<T>(
          rendered,
          [view, radius = radius_, cap = static_cast<T>(cap_)](int64_t n, const T* row, T* state) {
            return loss_of(view(n, row), radius, cap, state);
          },
          [view](int64_t n, const T* row, const T* state, T scale, T* out) {
            gradient_of(view(n, row), state, scale, out);
          },
          int64_t{side} * side + 1);
    });
  }

 private:
  int radius_;
  double cap_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "nocs";
  info.version = "1.0.0";
  info.description = "Rendered object coordinates against those that a predictor says.";
  info.paper =
      "Zakharov et al., Autolabeling 3D Objects with Differentiable Rendering of SDF Shape Priors, "
      "CVPR 2020";
  info.differentiable_in.inputs = {"nocs"};
  info.parameters = {
      {.name = "radius",
       .default_value = std::int64_t{5},
       .unit = "px",
       .meaning = "How far from a pixel its coordinates are looked for.",
       .minimum = 0,
       .maximum = 64},
      {.name = "cap",
       .default_value = 0.5,
       .unit = "1",
       .meaning = "What a pixel costs whose coordinates are found nowhere near, and at most.",
       .minimum = 0.01,
       .maximum = 2},
  };
  return {info, LossFactory([](const Parameters& parameters) {
            return std::make_unique<NocsLoss>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
