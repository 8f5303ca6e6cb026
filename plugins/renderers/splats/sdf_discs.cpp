// SPDX-License-Identifier: Apache-2.0
//
// The renderer of SDFLabel: discs in the tangent planes of oriented points (core/plugin/surfels.h), those of a prior that
// decodes to them, or points of its mesh. How a disc covers a pixel, and how discs blend: splats/splat_kernel.h.
//
// Published, with coverage_gradient = false: the cover of a disc has no gradient, so that a silhouette has none and only
// depth and colours (NOCS) move the points. With it, the default, the silhouette works as that of any other renderer.
// Published covers are 0 or 1; here they fall off smoothly, so that there is a gradient to have.
#include "geometry/depth_limits.h"
#include "plugin/descriptor.h"
#include "splats/splat_tensors.h"

namespace monodr::splats {
namespace {

class Discs final : public Renderer {
 public:
  explicit Discs(const Parameters& parameters) : points_(parameters.integer("points")) {
    settings_.footprint = Footprint::disc;
    settings_.gamma = parameters.real("gamma");
    settings_.cover_moves = parameters.boolean("coverage_gradient");
    settings_.near = kNearPlane;
    settings_.far = kFarPlane;
  }

  GeometryKinds draws() const override { return {false, true}; }
  int64_t surfels_of_a_mesh() const override { return points_; }

  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    Settings settings = settings_;
    settings.height = request.height;
    settings.width = request.width;
    return draw_tensors(input, settings, request.channels);
  }

 private:
  int64_t points_;
  Settings settings_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::renderer;
  info.name = "sdf_discs";
  info.version = "1.0.0";
  info.description = "Discs in the tangent planes of oriented points, blended by depth";
  info.paper =
      "Zakharov et al., Autolabeling 3D Objects with Differentiable Rendering of SDF Shape "
      "Priors, CVPR 2020";
  info.differentiable_in.inputs = {"vertices", "colours"};
  info.parameters = {{.name = "points",
                      .default_value = std::int64_t{1024},
                      .unit = "1",
                      .meaning = "Points of a mesh, where the prior decodes to no surfels.",
                      .minimum = 16,
                      .maximum = 100000},
                     {.name = "gamma",
                      .default_value = 0.05,
                      .unit = "m",
                      .meaning = "Depth behind the nearest disc at which another one's weight has "
                                 "fallen by a factor of e.",
                      .minimum = 1e-4,
                      .maximum = 100},
                     {.name = "coverage_gradient",
                      .default_value = true,
                      .unit = "",
                      .meaning = "Whether silhouettes have a gradient; false = as published."}};
  return {info, RendererFactory([](const Parameters& parameters) {
            return std::make_unique<Discs>(parameters);
          })};
}

}  // namespace
}  // namespace monodr::splats

MONODR_PLUGIN(monodr::splats::descriptor())
