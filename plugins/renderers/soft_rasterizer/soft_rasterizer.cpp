// SPDX-License-Identifier: Apache-2.0
// The plugin: its parameters, and what they mean for one rendering.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "common/kernel_call.h"
#include "common/schedule.h"
#include "geometry/depth_limits.h"
#include "plugin/descriptor.h"
#include "plugin/renderer.h"
#include "soft_rasterizer/tensors.h"

namespace monodr::soft_rasterizer {
namespace {

class SoftRasterizer : public Renderer {
 public:
  explicit SoftRasterizer(const Parameters& parameters)
      : sigma_{parameters.real("sigma_start"),
               parameters.real("sigma"),
               parameters.real("schedule_until")},
        gamma_{parameters.real("gamma_start"),
               parameters.real("gamma"),
               parameters.real("schedule_until")},
        sigma_in_ndc_(parameters.text("sigma_unit") == "ndc^2"),
        cut_off_(parameters.real("cut_off")) {
    constant_.near = parameters.real("near");
    constant_.far = parameters.real("far");
    constant_.cull_backfaces = parameters.boolean("cull_backfaces");
    constant_.softmax = parameters.text("blend") == "softmax";
    if (!(constant_.near < constant_.far))
      throw UserError(fmt::format(
          "soft_rasterizer: near = {} must be less than far = {}", constant_.near, constant_.far));
  }

  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    check_render_input(input, request);
    return rasterize_tensors(input, settings_for(request), request.channels);
  }

 private:
  monodr_soft_rasterizer settings_for(const RenderRequest& request) const {
    monodr_soft_rasterizer settings = constant_;
    settings.height = request.height;
    settings.width = request.width;
    const double half = std::min(request.height, request.width) / 2.0;
    settings.sigma = sigma_.at(request.progress) * (sigma_in_ndc_ ? half * half : 1);
    settings.gamma = gamma_.at(request.progress);
    settings.squared_radius = std::log(1 / cut_off_ - 1) * settings.sigma;
    return settings;
  }

  Schedule sigma_, gamma_;
  bool sigma_in_ndc_;
  double cut_off_;
  monodr_soft_rasterizer constant_{};
};

constexpr double kNoBound = std::numeric_limits<double>::infinity();

ParameterSchema schema() {
  return {
      {"sigma", 0.2, "sigma_unit", "blur of the silhouette at the end of a fit", 1e-9, 1e9},
      {"sigma_start", 4.0, "sigma_unit", "blur at its start; equal to sigma = none", 1e-9, 1e9},
      {"sigma_unit",
       std::string("pixel^2"),
       "",
       "unit of sigma; ndc^2: the shorter side of the image spans [-1, 1]",
       -kNoBound,
       kNoBound,
       {"pixel^2", "ndc^2"}},
      {"gamma", 1e-4, "1", "softness of the softmax over normalised depth, at the end", 1e-7, 1e3},
      {"gamma_start", 1e-4, "1", "the same at the start of a fit", 1e-7, 1e3},
      {"schedule_until",
       0.8,
       "1",
       "share of a fit after which sigma and gamma have reached their final values",
       1e-6,
       1},
      {"near", kNearPlane, "m", "depth at which faces are cut off", 1e-3, 1e6},
      {"far", kFarPlane, "m", "depth beyond which a face has neither depth nor colour", 1e-3, 1e6},
      {"blend",
       std::string("hard"),
       "",
       "depth and colour: of the nearest face (hard) or blended over all (softmax)",
       -kNoBound,
       kNoBound,
       {"hard", "softmax"}},
      {"cull_backfaces",
       true,
       "",
       "leave out faces seen from behind; a closed mesh looks the same at half the cost"},
      {"cut_off",
       1e-4,
       "1",
       "cover below which a face does not count at a pixel outside it",
       1e-12,
       0.4},
  };
}

PluginDescriptor descriptor() {
  PluginDescriptor descriptor;
  descriptor.info.kind = PluginKind::renderer;
  descriptor.info.name = "soft_rasterizer";
  descriptor.info.version = "1.0.0";
  descriptor.info.description =
      "Exact soft silhouettes over all faces; depth and colour by z-buffer or softmax";
  descriptor.info.paper = "Liu et al., Soft Rasterizer, ICCV 2019";
  descriptor.info.parameters = schema();
  descriptor.info.differentiable_in.inputs = {"vertices", "colours", "intrinsics"};
  descriptor.info.is_default = true;
  descriptor.factory =
      RendererFactory([](const Parameters& p) { return std::make_unique<SoftRasterizer>(p); });
  return descriptor;
}

}  // namespace
}  // namespace monodr::soft_rasterizer

MONODR_PLUGIN(monodr::soft_rasterizer::descriptor())
