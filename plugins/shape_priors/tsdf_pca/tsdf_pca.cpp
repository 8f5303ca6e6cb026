// SPDX-License-Identifier: Apache-2.0
//
// The shape space of 3D-RCNN: principal components of truncated signed distance volumes.
//
//     field(c) = mean + sum_d c_d s_d e_d        s_d = standard deviation along component e_d
//
// so that codes are white over the corpus and zeros are the mean volume.
#include <ATen/Functions.h>

#include <cmath>

#include "common/matrices.h"
#include "common/principal_components.h"
#include "common/volume_prior.h"
#include "plugin/descriptor.h"
#include "plugin/prior_file.h"
#include "plugin/row_products.h"
#include "plugin/shape_prior.h"

namespace monodr::tsdf_pca {
namespace {

using namespace shape_priors;

class PrincipalVolumes final : public FieldModel {
 public:
  PrincipalVolumes(int dims, std::int64_t samples) : dims_(dims), samples_(samples) {}

  bool train(const CorpusVolumes& corpus, const TrainingRun& run, TrainedField& result) override {
    const Eigen::MatrixXd fields = corpus.fields.cast<double>();
    const auto components =
        principal_components(fields, Eigen::RowVectorXd::Ones(fields.cols()), dims_);
    const double meshes = static_cast<double>(fields.rows());
    const double total = (fields.rowwise() - components.mean).squaredNorm();
    result.loss = 1 - components.coefficients.squaredNorm() / std::max(1e-12, total);

    // A corpus of less variety than dimensions leaves components that move nothing.
    const Eigen::Index found = components.basis.rows();
    Eigen::MatrixXd basis = Eigen::MatrixXd::Zero(dims_, fields.cols());
    result.codes = Eigen::MatrixXd::Zero(fields.rows(), dims_);
    for (Eigen::Index k = 0; k < found; ++k) {
      double deviation = components.coefficients.col(k).norm() / std::sqrt(meshes);
      Eigen::Index largest = 0;
      components.basis.row(k).cwiseAbs().maxCoeff(&largest);
      if (components.basis(k, largest) < 0) deviation = -deviation;
      basis.row(k) = components.basis.row(k) * deviation;
      result.codes.col(k) = components.coefficients.col(k) / deviation;
    }
    mean_ = to_tensor(components.mean.cast<float>()).squeeze(0);
    basis_ = to_tensor(basis.cast<float>());
    return !run.progress || run.progress(1, result.loss);
  }

  at::Tensor field(const at::Tensor& shape_code) const override {
    return row_products(shape_code, basis_.to(shape_code.dtype()), mean_.to(shape_code.dtype()));
  }

  TensorTable state() const override { return {{"field_mean", mean_}, {"field_basis", basis_}}; }

  void restore(const TensorTable& state) override {
    mean_ = take_array(state, "field_mean", {samples_});
    basis_ = take_array(state, "field_basis", {dims_, samples_});
  }

 private:
  int dims_;
  std::int64_t samples_;
  at::Tensor mean_;   // [G]
  at::Tensor basis_;  // [D,G], scaled by the standard deviations
};

PluginDescriptor descriptor() {
  PluginDescriptor plugin;
  plugin.info.kind = PluginKind::shape_prior;
  plugin.info.name = "tsdf_pca";
  plugin.info.version = "1.0.0";
  plugin.info.description = "principal components of truncated signed distance volumes";
  plugin.info.paper =
      "Kundu et al., 3D-RCNN: Instance-level 3D Object Reconstruction via Render-and-Compare, "
      "CVPR 2018";
  plugin.info.parameters = volume_prior_schema(10);
  plugin.info.differentiable_in.inputs = {"shape code", "texture code"};
  plugin.info.deterministic = true;
  plugin.factory = ShapePriorFactory([](const Parameters& parameters) {
    return make_volume_prior(parameters, [](const Parameters& p, const auto& volume) {
      const int dims = static_cast<int>(p.integer("latent_dims"));
      return std::make_unique<PrincipalVolumes>(dims, volume->samples());
    });
  });
  return plugin;
}

}  // namespace
}  // namespace monodr::tsdf_pca

MONODR_PLUGIN(monodr::tsdf_pca::descriptor())
