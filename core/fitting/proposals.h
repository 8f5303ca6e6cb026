// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "fitting/initialiser.h"
#include "plugin/predictor.h"

namespace monodr {

/// The batch of the mirrored crops: left is right, and the optical axis with it.
ObservationBatch mirrored(const ObservationBatch& batch);

/// Of what the distribution of the heading is the mean: the picture and its mirror image, and so many windows around the
/// same middle, from 0.88 to 1.12 times the crop's side.
struct Views {
  bool mirror = true;
  int windows = 1;
};

/// What the predictor says, without gradients. Heads and their probabilities are those of the crop itself.
Proposals ask(const Predictor& predictor, const ObservationBatch& batch, const Views& views);

/// Rows of Proposals::state [N,PredictorLayout::columns] on top of the starts that the 2-D box gives [N,columns of the
/// layout]; differentiable in `proposed`.
at::Tensor proposed_states(const at::Tensor& proposed,
                           const at::Tensor& starts,
                           const StateLayout& layout);

/// Proposals::state of a view, with the size, shape and texture that another view of the same objects says: the mean over its
/// heads, by their probabilities, for all heads of the view. Each one's texture is told from the paint that its own start has.
/// Differentiable in both.
at::Tensor with_shape_of(const Proposals& other,
                         const at::Tensor& other_starts,
                         const Proposals& view,
                         const at::Tensor& starts,
                         const StateLayout& layout);

/// One that has learned from several views of an object (train.views): what it has learned of size, shape and texture is the
/// mean over its heads, and so all heads have that.
class OfOneShape : public Predictor {
 public:
  OfOneShape(std::unique_ptr<Predictor> heads, const PredictorLayout& layout)
      : heads_(std::move(heads)), layout_{layout.shape_dimensions, layout.texture_dimensions} {}

  PredictorInputs reads() const override { return heads_->reads(); }
  void begin(const PredictorLayout& layout, std::uint64_t seed) override;
  TensorTable weights() const override { return heads_->weights(); }
  Proposals predict(const ObservationBatch& batch) const override;

 private:
  std::unique_ptr<Predictor> heads_;
  StateLayout layout_;
};

/// Where a predictor says. The K headings are the peaks of its distribution (fitting/heading_distribution.h), so that front
/// and rear are among them; the rest of a start is that of the head which is likely and near to that heading. Where
/// there is depth under the mask, and fit.start_depth asks for it, the depth is the observed one.
///
/// A predictor that says object coordinates places the box by them where there is depth (pose_from_coordinates): its heading is
/// the first of the K, its position and size are those of all.
class PredictorInitialiser : public Initialiser {
 public:
  PredictorInitialiser(std::shared_ptr<const Predictor> predictor, const Views& views)
      : predictor_(std::move(predictor)), views_(views) {}

  Starts start(const std::vector<Observation>& observations,
               const ObservationBatch& batch,
               const ShapePrior& prior,
               const StateLayout& layout,
               const FitSettings& settings) const override;

 private:
  std::shared_ptr<const Predictor> predictor_;
  Views views_;
};

/// Where another initialiser says, with the word of a predictor: its distribution judges the headings, and its object coordinates
/// are there for the loss that reads them.
class JudgedInitialiser : public Initialiser {
 public:
  JudgedInitialiser(std::unique_ptr<const Initialiser> places,
                    std::shared_ptr<const Predictor> predictor,
                    const Views& views)
      : places_(std::move(places)), predictor_(std::move(predictor)), views_(views) {}

  Starts start(const std::vector<Observation>& observations,
               const ObservationBatch& batch,
               const ShapePrior& prior,
               const StateLayout& layout,
               const FitSettings& settings) const override;

 private:
  std::unique_ptr<const Initialiser> places_;
  std::shared_ptr<const Predictor> predictor_;
  Views views_;
};

}  // namespace monodr
