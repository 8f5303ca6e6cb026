// SPDX-License-Identifier: Apache-2.0
// The plugin: its parameters, and what they mean for one rendering.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "common/kernel_call.h"
#include "geometry/depth_limits.h"
#include "neural_mesh_renderer/tensors.h"
#include "plugin/descriptor.h"
#include "plugin/renderer.h"

namespace monodr::neural_mesh_renderer {
namespace {

void read_triple(const Parameters& parameters, const std::string& name, double (&to)[3]) {
  const std::vector<double>& values = parameters.reals(name);
  if (values.size() != 3)
    throw UserError(fmt::format(
        "neural_mesh_renderer: {} has {} numbers; it needs three", name, values.size()));
  std::copy_n(values.begin(), 3, to);
}

class NeuralMeshRenderer : public Renderer {
 public:
  explicit NeuralMeshRenderer(const Parameters& parameters) {
    constant_.samples = parameters.boolean("anti_aliasing") ? 2 : 1;
    constant_.fill_back = parameters.boolean("fill_back");
    constant_.near = parameters.real("near");
    constant_.far = parameters.real("far");
    constant_.epsilon = parameters.real("epsilon");
    read_triple(parameters, "background", constant_.background);
    monodr_light& light = constant_.light;
    light.ambient = parameters.real("light_ambient");
    light.directional = parameters.real("light_directional");
    read_triple(parameters, "light_ambient_colour", light.ambient_colour);
    read_triple(parameters, "light_directional_colour", light.directional_colour);
    read_triple(parameters, "light_direction", light.direction);
    const double length = std::hypot(light.direction[0], light.direction[1], light.direction[2]);
    if (!(length > 0))
      throw UserError("neural_mesh_renderer: light_direction is zero; it must point somewhere");
    for (double& component : light.direction) component /= length;
    if (!(constant_.near < constant_.far))
      throw UserError(fmt::format("neural_mesh_renderer: near = {} must be less than far = {}",
                                  constant_.near,
                                  constant_.far));
  }

  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    check_render_input(input, request);
    monodr_neural_mesh_renderer settings = constant_;
    settings.height = request.height;
    settings.width = request.width;
    if (!request.lit) {
      settings.light = MONODR_NO_LIGHT;
      std::fill_n(settings.background, 3, 0.0);
    }
    return render_tensors(input, settings, request.channels);
  }

 private:
  monodr_neural_mesh_renderer constant_{};
};

ParameterSchema schema() {
  using Reals = std::vector<double>;
  return {
      {"anti_aliasing", true, "", "average 2 x 2 samples a pixel; off: one sample, hard edges"},
      {"fill_back", true, "", "draw faces seen from behind too; off: cull them"},
      {"near", kNearPlane, "m", "depth at which faces are cut off", 1e-3, 1e6},
      {"far", kFarPlane, "m", "depth beyond which nothing shows", 1e-3, 1e6},
      {"epsilon",
       1e-3,
       "1",
       "least displacement in the approximate gradient, [-1, 1] being the shorter side of the "
       "image; the published code takes 1e-3 for images with colour and 1e-4 for silhouettes alone",
       1e-9,
       1.0},
      {"background", Reals{0, 0, 0}, "1", "colour where nothing is hit", 0, 1},
      {"light_ambient",
       1.0,
       "1",
       "strength of the light from everywhere; the published code takes 0.5",
       0,
       1e3},
      {"light_directional",
       0.0,
       "1",
       "strength of the light from one direction; the published code takes 0.5",
       0,
       1e3},
      {"light_ambient_colour", Reals{1, 1, 1}, "1", "RGB of the light from everywhere", 0, 1},
      {"light_directional_colour", Reals{1, 1, 1}, "1", "RGB of the directional light", 0, 1},
      {"light_direction",
       Reals{0, -1, 0},
       "1",
       "towards the light, camera frame; [0, -1, 0] is from above",
       -1e6,
       1e6},
  };
}

PluginDescriptor descriptor() {
  PluginDescriptor descriptor;
  descriptor.info.kind = PluginKind::renderer;
  descriptor.info.name = "neural_mesh_renderer";
  descriptor.info.version = "1.0.0";
  descriptor.info.description =
      "Hard z-buffer with the approximate gradient of edges; vertex colours, flat light";
  descriptor.info.paper = "Kato et al., Neural 3D Mesh Renderer, CVPR 2018";
  descriptor.info.parameters = schema();
  descriptor.info.differentiable_in = {{"vertices", "colours", "intrinsics"},
                                       {{"silhouette", "vertices"},
                                        {"silhouette", "intrinsics"},
                                        {"colour", "vertices"},
                                        {"colour", "intrinsics"}}};
  descriptor.factory =
      RendererFactory([](const Parameters& p) { return std::make_unique<NeuralMeshRenderer>(p); });
  return descriptor;
}

}  // namespace
}  // namespace monodr::neural_mesh_renderer

MONODR_PLUGIN(monodr::neural_mesh_renderer::descriptor())
