// SPDX-License-Identifier: Apache-2.0
//
// PHOTOMETRIC: does the rendered car look like the observed one?  x = rendered, y = observed
// intensity in [0,1], over the overlap: pixels that the mesh hits, inside the mask, known.
//
//   brightness  (gain, bias) = least squares of y ~ gain x + bias over the overlap and the three
//               channels together, gain clamped to [0.6, 1.6], bias after it: exposure and the
//               shade of the paint do not decide
//   intensity   mean of sqrt(d^2 + s^2) - s,  d = gain x + bias - y   (Charbonnier, s = 0.15)
//   structure   mean over 7x7 windows at a stride of 3, of luminance (r+g+b)/3 and of red minus
//               luminance, of  (2 cov(x',y) + f^2) / (var x' + var y + f^2),  x' = gain x
//               (contrast and structure of SSIM, Wang et al., IEEE TIP 2004; f = 0.03). Statistics
//               are over a window's pixels of the overlap; windows with less than half are left out
//
//   L = weight_intensity * intensity + weight_structure * (1 - structure)
//
// The gradient is that of the whole expression in x, gain and bias included (they depend on all x);
// at a clamped gain only the bias moves. The overlap itself is piecewise constant: no gradient says
// "cover more of the mask"; that is the mask loss's work.
//
// Structure tells front from back (lamps, windows), and the red channel tail lamps; intensity adds
// little. No unit. Nothing overlaps: structure 0 and d = 0.5. No window is half full: structure 0.
// Beker et al., ECCV 2020, call the term projection loss; its exact form there is not known.
#include <ATen/Dispatch.h>

#include "photometric_kernel.h"
#include "plugin/descriptor.h"
#include "plugin/loss.h"
#include "row_loss.h"

namespace monodr {
namespace {

PhotometricParameters options_from(const Parameters& parameters) {
  PhotometricParameters options;
  options.intensity_scale = parameters.real("intensity_scale");
  options.weight_intensity = parameters.real("weight_intensity");
  options.weight_structure = parameters.real("weight_structure");
  options.structure_floor = parameters.real("structure_floor");
  options.gain_minimum = parameters.real("gain_minimum");
  options.gain_maximum = parameters.real("gain_maximum");
  if (options.gain_minimum > options.gain_maximum)
    throw UserError(
        fmt::format("photometric: gain_minimum is {}, above gain_maximum, which is {}; swap them",
                    options.gain_minimum,
                    options.gain_maximum));
  return options;
}

class PhotometricLoss final : public Loss {
 public:
  explicit PhotometricLoss(const Parameters& parameters) : options_(options_from(parameters)) {}

  /// Depth says where the mesh was hit; a soft silhouette is wider than that.
  Channels needs() const override { return {.depth = true, .colour = true}; }

  at::Tensor evaluate(const LossInput& input) const override {
    const at::Tensor& colour = input.rendering.colour;
    const at::Tensor& object = input.hypothesis.object;
    check_image(colour, input.observation.image, input.hypothesis.count(), "colour");
    check_image(input.rendering.depth, input.observation.mask, colour.size(0), "depth");
    const at::Tensor depth = input.rendering.depth.detach().contiguous();
    return AT_DISPATCH_FLOATING_TYPES(colour.scalar_type(), "photometric", [&] {
      using T = scalar_t;
      const ObservedRows<T> image(input.observation.image, object);
      const ObservedRows<T> mask(input.observation.mask, object);
      const ObservedRows<T> known(input.observation.known, object);
      const int side = static_cast<int>(colour.size(-1));
      const auto view = [=](int64_t n, const T* row) {
        const T* hit = depth.data_ptr<T>() + n * side * side;
        return PhotometricView<T>{side, row, hit, image[n], mask[n], known[n]};
      };
      return evaluate_rows<T>(
          colour,
          [view, options = options_](int64_t n, const T* row, T* state) {
            return photometric_loss(options, view(n, row), state);
          },
          [view, options = options_](int64_t n, const T* row, const T* state, T scale, T* out) {
            photometric_gradient(options, view(n, row), state, scale, out);
          },
          photometric_state(side));
    });
  }

 private:
  PhotometricParameters options_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "photometric";
  info.version = "1.0.0";
  info.description = "Intensity and structure of the rendered against the observed car.";
  info.paper =
      "Wang et al., Image quality assessment: from error visibility to structural "
      "similarity, IEEE TIP 2004; Beker et al., ECCV 2020";
  info.differentiable_in.inputs = {"colour"};
  const PhotometricParameters defaults;
  info.parameters = {
      {.name = "weight_intensity",
       .default_value = defaults.weight_intensity,
       .unit = "1",
       .meaning = "Weight of the Charbonnier distance of intensities.",
       .minimum = 0,
       .maximum = 1000},
      {.name = "weight_structure",
       .default_value = defaults.weight_structure,
       .unit = "1",
       .meaning = "Weight of 1 - mean structure (SSIM without its luminance factor).",
       .minimum = 0,
       .maximum = 1000},
      {.name = "intensity_scale",
       .default_value = defaults.intensity_scale,
       .unit = "1",
       .meaning = "Intensity difference at which Charbonnier turns from square to absolute.",
       .minimum = 1e-4,
       .maximum = 10},
      {.name = "structure_floor",
       .default_value = defaults.structure_floor,
       .unit = "1",
       .meaning = "Standard deviation of intensity in a window below which it counts as flat.",
       .minimum = 1e-3,
       .maximum = 1},
      {.name = "gain_minimum",
       .default_value = defaults.gain_minimum,
       .unit = "1",
       .meaning = "Least gain of the fitted brightness.",
       .minimum = 0.01,
       .maximum = 100},
      {.name = "gain_maximum",
       .default_value = defaults.gain_maximum,
       .unit = "1",
       .meaning = "Greatest gain of the fitted brightness.",
       .minimum = 0.01,
       .maximum = 100},
  };
  return {info, LossFactory([](const Parameters& parameters) {
            return std::make_unique<PhotometricLoss>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
