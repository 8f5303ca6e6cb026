// SPDX-License-Identifier: Apache-2.0
//
// The renderer of tests/plugin/disc_renderer.h with one fault a build (MONODR_FAULT); "discs" has none.
#include "plugin/descriptor.h"
#include "plugin/disc_renderer.h"

namespace monodr {
namespace {

const std::string kFault = MONODR_TEXT(MONODR_FAULT);

class FaultyDiscs final : public DiscRenderer {
 public:
  std::vector<std::string> own_channels() const override {
    if (kFault == "forgets_its_channel") return {"thickness"};
    return {};
  }
  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    RenderInput changed = input;
    // A light on what is no colour.
    if (kFault == "lights_channels" && input.surfels.colours.defined())
      changed.surfels.colours = 0.7 * input.surfels.colours;
    if (kFault == "turns_normals" && !request.lit) changed.surfels.colours = -input.surfels.colours;
    return DiscRenderer::render(changed, request);
  }
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::renderer;
  info.name = kFault;
  info.version = "1.0.0";
  info.description = "Discs, pixel by pixel.";
  info.differentiable_in.inputs = {"vertices", "colours", "intrinsics"};
  info.differentiable_in.all_approximate =
      kFault != "discs";  // no time is spent on gradients of the rest
  return {info, RendererFactory([](const Parameters&) { return std::make_unique<FaultyDiscs>(); })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
