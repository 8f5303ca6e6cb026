// SPDX-License-Identifier: Apache-2.0
//
// A renderer with one fault a build (MONODR_FAULT); "none" has none. Every vertex is a blob of
// light on the image; depth and colour are averages over the blobs.
#include "plugin/renderer.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "plugin/descriptor.h"

namespace monodr {
namespace {

const std::string kFault = MONODR_TEXT(MONODR_FAULT);

constexpr double kNear = 0.1, kRadius = 1.5, kBackground = 1e-6;

void refuse_bad_vertices(const at::Tensor& vertices) {
  for (std::int64_t n = 0; n < vertices.size(0); ++n)
    if (!at::isfinite(vertices[n]).all().item<bool>())
      throw UserError(kFault == "names_no_item"
                          ? "1 of 2 or more vertices is not finite"
                          : fmt::format("item {} has a vertex that is not finite", n));
}

/// exp(-(x - u)^2 / 2 r^2) along one axis of the image, [N,V,size].
at::Tensor blobs_along(int axis, int size, const RenderInput& input) {
  const at::Tensor depth = input.vertices.select(2, 2);
  const at::Tensor z = (kFault == "shows_behind" ? depth.abs() : depth).clamp_min(kNear);
  const at::Tensor focal = input.intrinsics.select(1, axis).select(1, axis).unsqueeze(1);
  at::Tensor centre = input.intrinsics.select(1, axis).select(1, 2).unsqueeze(1);
  if (kFault == "square_pictures") centre = centre.clamp_max(40);
  const at::Tensor at_pixel = focal * input.vertices.select(2, axis) / z + centre;
  const at::Tensor pixels = at::arange(size, z.options()) + 0.5;
  return (-((pixels - at_pixel.unsqueeze(2)) / kRadius).square() / 2).exp();
}

class FaultyRenderer final : public Renderer {
 public:
  Rendering render(const RenderInput& given, const RenderRequest& request) const override {
    RenderInput input = given;
    if (kFault == "takes_nan")
      input.vertices = input.vertices.nan_to_num();
    else
      refuse_bad_vertices(input.vertices);
    if (kFault == "reads_memory")  // as if the numbers lay there one behind the other
      input.vertices =
          at::as_strided(input.vertices,
                         input.vertices.sizes(),
                         {3 * input.vertices.size(1) * (input.vertices.stride(0) != 0), 3, 1});
    if (kFault == "blind_to_intrinsics") input.intrinsics = input.intrinsics.detach();
    const at::Tensor z = input.vertices.select(2, 2);
    at::Tensor visible = (z > kNear).to(z.scalar_type());
    if (kFault == "shows_behind") visible = at::ones_like(z);
    const at::Tensor column = blobs_along(0, request.width, input);
    const at::Tensor row = blobs_along(1, request.height, input);
    const auto image = [&](const at::Tensor& weight) {
      return at::bmm((row * weight.unsqueeze(2)).transpose(1, 2), column);
    };
    const at::Tensor sum = image(visible);
    Rendering out;
    if (request.channels.silhouette || kFault == "unasked_channel")
      out.silhouette = 1 - (-sum).exp();
    if (request.channels.depth) out.depth = image(visible * z) / (sum + kBackground);
    if (request.channels.colour) {
      std::vector<at::Tensor> channels;
      for (int channel = 0; channel < 3; ++channel)
        channels.push_back(image(visible * input.colours.select(2, channel)) / (sum + kBackground));
      out.colour = at::stack(channels, 1);
    }
    if (!out.silhouette.defined()) return out;
    if (kFault == "wrong_gradient")  // the same value, half the gradient
      out.silhouette = out.silhouette / 2 + out.silhouette.detach() / 2;
    if (kFault == "couples_items") out.silhouette = out.silhouette / out.silhouette.max();
    if (kFault == "changes_dtype") out.silhouette = out.silhouette.to(at::kFloat);
    return out;
  }
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::renderer;
  info.name = kFault;
  info.version = "1.0.0";
  info.description = "Blobs with a fault.";
  info.differentiable_in.inputs = {"vertices", "colours", "intrinsics"};
  return {info,
          RendererFactory([](const Parameters&) { return std::make_unique<FaultyRenderer>(); })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
