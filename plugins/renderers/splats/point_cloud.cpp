// SPDX-License-Identifier: Apache-2.0
//
// Differentiable point clouds: each point is a round spot in the picture, blurred more at the start of a fit than at its
// end. Insafutdinov and Dosovitskiy splat points into 64^3 voxels, blur these (a standard deviation of 3 voxels falls to
// 0.2) and cast rays through them; here the spots are splatted into the picture, which needs no volume, and depth is
// blended by distance instead of along the ray: splats/splat_kernel.h.
#include "common/schedule.h"
#include "geometry/depth_limits.h"
#include "plugin/descriptor.h"
#include "splats/splat_tensors.h"

namespace monodr::splats {
namespace {

class PointCloud final : public Renderer {
 public:
  explicit PointCloud(const Parameters& parameters)
      : points_(parameters.integer("points")),
        blur_{parameters.real("blur_start"),
              parameters.real("blur"),
              parameters.real("schedule_until")} {
    settings_.footprint = Footprint::spot;
    settings_.gamma = parameters.real("gamma");
    settings_.near = kNearPlane;
    settings_.far = kFarPlane;
  }

  GeometryKinds draws() const override { return {false, true}; }
  int64_t surfels_of_a_mesh() const override { return points_; }

  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    Settings settings = settings_;
    settings.height = request.height;
    settings.width = request.width;
    settings.blur = blur_.at(request.progress);
    return draw_tensors(input, settings, request.channels);
  }

 private:
  int64_t points_;
  Schedule blur_;
  Settings settings_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::renderer;
  info.name = "point_cloud";
  info.version = "1.0.0";
  info.description = "Points as round spots, blurred less and less in the course of a fit";
  info.paper =
      "Insafutdinov and Dosovitskiy, Unsupervised Learning of Shape and Pose with Differentiable "
      "Point Clouds, NeurIPS 2018";
  info.differentiable_in.inputs = {"vertices", "colours"};
  info.parameters = {{.name = "points",
                      .default_value = std::int64_t{1024},
                      .unit = "1",
                      .meaning = "Points of a mesh, where the prior decodes to no surfels.",
                      .minimum = 16,
                      .maximum = 100000},
                     {.name = "blur",
                      .default_value = 0.2,
                      .unit = "px",
                      .meaning = "Standard deviation of the blur at the end of a fit, beside the "
                                 "size that closes the surface.",
                      .minimum = 0,
                      .maximum = 100},
                     {.name = "blur_start",
                      .default_value = 2.0,
                      .unit = "px",
                      .meaning = "The same at its start.",
                      .minimum = 1e-3,
                      .maximum = 100},
                     {.name = "schedule_until",
                      .default_value = 0.8,
                      .unit = "1",
                      .meaning = "Share of a fit after which the blur has reached its end.",
                      .minimum = 1e-6,
                      .maximum = 1},
                     {.name = "gamma",
                      .default_value = 0.1,
                      .unit = "m",
                      .meaning = "Depth behind the nearest point at which another one's weight has "
                                 "fallen by a factor of e.",
                      .minimum = 1e-4,
                      .maximum = 100}};
  return {info, RendererFactory([](const Parameters& parameters) {
            return std::make_unique<PointCloud>(parameters);
          })};
}

}  // namespace
}  // namespace monodr::splats

MONODR_PLUGIN(monodr::splats::descriptor())
