// SPDX-License-Identifier: Apache-2.0
#include "cell/prior_evaluation.h"

#include <ATen/Parallel.h>

#include "base/parallel.h"
#include "fitting/shape_fit.h"

namespace monodr {

std::vector<Reconstruction> reconstruct(const ShapePrior& prior,
                                        const std::vector<CorpusItem>& items,
                                        const CategoryModel& category,
                                        const std::function<void(double share)>& progress) {
  if (items.empty()) return {};
  std::vector<Mesh> targets;
  for (const CorpusItem& item : items) targets.push_back(item.mesh);
  const Eigen::Vector3f shares = length_shares(category.size_mean);
  const std::vector<Mesh> fitted = fit_shapes(prior, targets, shares, {}, progress);
  std::vector<Reconstruction> result(items.size());
  parallel_for(items.size(), at::get_num_threads(), [&](size_t i) {
    result[i] = {
        items[i].name, items[i].mesh, fitted[i], shape_agreement(fitted[i], items[i].mesh, shares)};
  });
  return result;
}

ShapeAgreement mean_agreement(const std::vector<Reconstruction>& reconstructions) {
  ShapeAgreement mean;
  for (const Reconstruction& r : reconstructions) {
    mean.iou += r.agreement.iou / static_cast<double>(reconstructions.size());
    mean.chamfer += r.agreement.chamfer / static_cast<double>(reconstructions.size());
  }
  return mean;
}

}  // namespace monodr
