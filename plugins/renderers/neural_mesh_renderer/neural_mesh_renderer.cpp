// SPDX-License-Identifier: Apache-2.0
// The plugin: its parameters, and what they mean for one rendering.
#include <cmath>
#include <limits>

#include "common/mesh_batch.h"
#include "neural_mesh_renderer/tensors.h"
#include "plugin/descriptor.h"
#include "plugin/renderer.h"

namespace monodr::neural_mesh_renderer {
namespace {

std::array<double, 3> triple(const Parameters& parameters, const std::string& name) {
  const std::vector<double>& values = parameters.reals(name);
  if (values.size() != 3)
    throw UserError(fmt::format(
        "neural_mesh_renderer: {} has {} numbers; it needs three", name, values.size()));
  return {values[0], values[1], values[2]};
}

class NeuralMeshRenderer : public Renderer {
 public:
  explicit NeuralMeshRenderer(const Parameters& parameters) {
    constant_.samples = parameters.boolean("anti_aliasing") ? 2 : 1;
    constant_.fill_back = parameters.boolean("fill_back");
    constant_.near = parameters.real("near");
    constant_.far = parameters.real("far");
    constant_.epsilon = parameters.real("epsilon");
    constant_.background = triple(parameters, "background");
    constant_.light.ambient = parameters.real("light_ambient");
    constant_.light.directional = parameters.real("light_directional");
    constant_.light.ambient_colour = triple(parameters, "light_ambient_colour");
    constant_.light.directional_colour = triple(parameters, "light_directional_colour");
    std::array<double, 3> direction = triple(parameters, "light_direction");
    const double length = std::hypot(direction[0], direction[1], direction[2]);
    if (!(length > 0))
      throw UserError("neural_mesh_renderer: light_direction is zero; it must point somewhere");
    for (double& component : direction) component /= length;
    constant_.light.direction = direction;
    if (!(constant_.near < constant_.far))
      throw UserError(fmt::format("neural_mesh_renderer: near = {} must be less than far = {}",
                                  constant_.near,
                                  constant_.far));
  }

  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    check_render_input(input, request);
    Settings settings = constant_;
    settings.height = request.height;
    settings.width = request.width;
    if (!request.lit) {
      settings.light = {};
      settings.background = {};
    }
    return render_tensors(input, settings, request.channels);
  }

 private:
  Settings constant_;
};

ParameterSchema schema() {
  using Reals = std::vector<double>;
  return {
      {"anti_aliasing", true, "", "average 2 x 2 samples a pixel; off: one sample, hard edges"},
      {"fill_back", true, "", "draw faces seen from behind too; off: cull them"},
      {"near", 0.5, "m", "depth at which faces are cut off", 1e-3, 1e6},
      {"far", 200.0, "m", "depth beyond which nothing shows", 1e-3, 1e6},
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
