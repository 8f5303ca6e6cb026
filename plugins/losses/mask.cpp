// SPDX-License-Identifier: Apache-2.0
//
// MASK: does the rendered silhouette A cover the observed mask M?  All sums run over the known
// pixels only (k = 1): what lies behind an occluder or outside the image says nothing.
//
//   iou            1 - I/U,  I = sum k A M,  U = sum k (A + M - A M)
//                  d/dA = k (-M/U + (1 - M) I/U^2)
//                  Kato, Ushiku, Harada, Neural 3D Mesh Renderer, CVPR 2018
//   tanimoto       E/J,  E = sum k (A - M)^2,  J = sum k (A^2 + M^2 - A M)
//                  d/dA = k (2 (A - M)/J - (2A - M) E/J^2)
//                  iou where A and M are 0 or 1, but 0 at A = M everywhere, and it settles there
//   squared_error  sum k (A - M)^2 / max(sum k M, 1)
//                  d/dA = 2 k (A - M) / max(sum k M, 1)
//   multi_scale    mean over up to five levels (k A and k M averaged over 2x2 pixels again and
//                  again) of 1 - <P,T> / (|P| |T|)
//                  d/dP = -T/(|P| |T|) + <P,T> P/(|P|^3 |T|), handed down as a mean of 4^l pixels
//                  half the squared distance of the normalised images, as in Kato and Harada,
//                  Learning View Priors, CVPR 2019
//
// No unit; 0 = perfect, and 1 = no overlap for iou, tanimoto and multi_scale. A mask with fractional border
// pixels keeps iou a little above 0 even where A = M.
#include <ATen/Dispatch.h>

#include "mask_kernel.h"
#include "plugin/descriptor.h"
#include "plugin/loss.h"
#include "row_loss.h"

namespace monodr {
namespace {

MaskKind kind_from(const std::string& name) {
  if (name == "iou") return MaskKind::iou;
  if (name == "tanimoto") return MaskKind::tanimoto;
  if (name == "squared_error") return MaskKind::squared_error;
  MONODR_CHECK(name == "multi_scale", "unknown kind of mask loss '{}'", name);
  return MaskKind::multi_scale;
}

class MaskLoss final : public Loss {
 public:
  explicit MaskLoss(const Parameters& parameters) : kind_(kind_from(parameters.text("kind"))) {}

  Channels needs() const override { return {.silhouette = true}; }

  at::Tensor evaluate(const LossInput& input) const override {
    const at::Tensor& silhouette = input.rendering.silhouette;
    check_image(silhouette, input.observation.mask, input.hypothesis.count(), "silhouette");
    return AT_DISPATCH_FLOATING_TYPES(silhouette.scalar_type(), "mask", [&] {
      using T = scalar_t;
      const ObservedRows<T> mask(input.observation.mask, input.hypothesis.object);
      const ObservedRows<T> known(input.observation.known, input.hypothesis.object);
      const MaskKind kind = kind_;
      const int side = static_cast<int>(silhouette.size(-1));
      return evaluate_rows<T>(
          silhouette,
          [=](int64_t n, const T* row, T* state) {
            return mask_loss(kind, side, row, mask[n], known[n], state);
          },
          [=](int64_t n, const T* row, const T* state, T scale, T* out) {
            mask_gradient(kind, side, row, mask[n], known[n], state, scale, out);
          },
          kMaskState);
    });
  }

 private:
  MaskKind kind_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "mask";
  info.version = "1.0.0";
  info.description = "Overlap of the rendered silhouette with the observed mask.";
  info.paper =
      "Kato et al., Neural 3D Mesh Renderer, CVPR 2018 (iou); Kato and Harada, Learning "
      "View Priors, CVPR 2019 (multi_scale)";
  info.differentiable_in.inputs = {"silhouette"};
  info.parameters = {
      {.name = "kind",
       .default_value = std::string("iou"),
       .unit = "",
       .meaning =
           "How overlap is measured: 1 - IoU, Tanimoto's distance (squared error over the "
           "union), squared error over the mask's area, or cosine distance over five scales.",
       .choices = {"iou", "tanimoto", "squared_error", "multi_scale"}},
  };
  return {info, LossFactory([](const Parameters& parameters) {
            return std::make_unique<MaskLoss>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
