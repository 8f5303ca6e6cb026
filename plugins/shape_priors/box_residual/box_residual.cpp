// SPDX-License-Identifier: Apache-2.0
//
// The shapes of VSRD: a box and a residual of its signed distances (box_field.h), of which marching cubes make meshes. No
// shape is learned: a corpus gives colours only.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "box_residual/box_field.h"
#include "common/volume_prior.h"
#include "plugin/descriptor.h"
#include "plugin/row_products.h"
#include "plugin/shape_prior.h"

namespace monodr::box_residual {
namespace {

using namespace shape_priors;

class BoxField final : public FieldModel {
 public:
  explicit BoxField(const HalfVolume& volume) {
    const SampleGrid& grid = volume.half;
    box_ = at::empty({volume.samples()}, at::kDouble);
    parts_ = at::empty({kParts, volume.samples()}, at::kDouble);
    for (int i = 0; i < grid.counts[0]; ++i)
      for (int j = 0; j < grid.counts[1]; ++j)
        for (int k = 0; k < grid.counts[2]; ++k) {
          const Eigen::Vector3d at = grid.point(i, j, k).cast<double>();
          const auto g = static_cast<std::int64_t>(grid.index(i, j, k));
          const std::array<double, 3> q{at.x(), at.y(), at.z()};
          box_.data_ptr<double>()[g] = box_distance(q);
          const Parts<double> parts = parts_at(q);
          for (int part = 0; part < kParts; ++part)
            parts_.data_ptr<double>()[part * volume.samples() + g] = parts.value[part];
        }
  }

  bool train(const CorpusVolumes& corpus, const TrainingRun& run, TrainedField& result) override {
    result.codes = Eigen::MatrixXd::Zero(corpus.fields.rows(), kParts);
    result.loss = 1;
    return !run.progress || run.progress(1, result.loss);
  }

  at::Tensor field(const at::Tensor& shape_code) const override {
    const at::Tensor amplitudes = 1 / (1 + (1 - shape_code).exp());
    return row_products(amplitudes, parts_.to(shape_code.dtype()), box_.to(shape_code.dtype()));
  }

  TensorTable state() const override { return {}; }
  void restore(const TensorTable&) override {}

 private:
  at::Tensor box_;    // [G]
  at::Tensor parts_;  // [D,G]
};

PluginDescriptor descriptor() {
  PluginDescriptor plugin;
  plugin.info.kind = PluginKind::shape_prior;
  plugin.info.name = "box_residual";
  plugin.info.version = "1.0.0";
  plugin.info.description = "a box and a residual of its signed distances; no shape is learned";
  plugin.info.paper =
      "Liu, Sakuma, Okutomi, VSRD: Instance-Aware Volumetric Silhouette Rendering for Weakly "
      "Supervised 3D "
      "Object Detection, CVPR 2024";
  plugin.info.parameters = volume_prior_schema(kParts);
  for (Parameter& parameter : plugin.info.parameters)
    if (parameter.name == "latent_dims") {
      parameter.meaning = "parts of the residual";
      parameter.minimum = parameter.maximum = kParts;
    }
  plugin.info.differentiable_in.inputs = {"shape code", "texture code"};
  plugin.info.deterministic = true;
  plugin.factory = ShapePriorFactory([](const Parameters& parameters) {
    return make_volume_prior(parameters, [](const Parameters&, const auto& volume) {
      return std::make_unique<BoxField>(*volume);
    });
  });
  return plugin;
}

}  // namespace
}  // namespace monodr::box_residual

MONODR_PLUGIN(monodr::box_residual::descriptor())
