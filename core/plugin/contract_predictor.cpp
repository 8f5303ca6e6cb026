// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "plugin/contract_tools.h"
#include "plugin/predictor.h"

namespace monodr {
namespace {

constexpr int64_t kItems = 3, kSize = 32;
constexpr std::uint64_t kSeed = 7;
const PredictorLayout kLayout{3, 2, 4};

/// Crops of noise; no two alike.
ObservationBatch some_batch(int64_t items = kItems) {
  const auto numbers = [&](at::IntArrayRef shape, double low, double high, std::uint64_t seed) {
    return uniform_numbers(shape, low, high, seed).to(at::kFloat);
  };
  ObservationBatch batch;
  batch.image = numbers({items, 3, kSize, kSize}, 0, 1, 1);
  batch.mask = numbers({items, kSize, kSize}, 0, 1, 2).gt(0.5).to(at::kFloat);
  batch.known = at::ones({items, kSize, kSize});
  batch.depth = numbers({items, kSize, kSize}, 8, 12, 3) * batch.mask;
  batch.box = at::tensor({4.F, 8.F, 28.F, 24.F}).repeat({items, 1}) + numbers({items, 4}, 0, 2, 4);
  batch.free_sides = at::ones({items, 4});
  batch.intrinsics = at::tensor({90.F, 0.F, 16.F, 0.F, 90.F, 16.F, 0.F, 0.F, 1.F})
                         .view({1, 3, 3})
                         .repeat({items, 1, 1});
  batch.depth_deviation = at::full({items}, 0.1F);
  batch.size_mean = at::tensor({1.5F, 1.6F, 3.9F}).repeat({items, 1});
  batch.size_deviation = at::full({items, 3}, 0.1F);
  return batch;
}

ObservationBatch item_of(const ObservationBatch& batch, int64_t n) {
  ObservationBatch one = batch;
  for (at::Tensor* tensor : {&one.image,
                             &one.mask,
                             &one.known,
                             &one.depth,
                             &one.box,
                             &one.free_sides,
                             &one.intrinsics,
                             &one.depth_deviation,
                             &one.size_mean,
                             &one.size_deviation})
    *tensor = tensor->narrow(0, n, 1);
  return one;
}

std::vector<at::Tensor> said(const Predictor& predictor, const ObservationBatch& batch) {
  const at::NoGradGuard no_gradient;
  const Proposals proposals = predictor.predict(batch);
  std::vector<at::Tensor> all{proposals.heading, proposals.log_probability, proposals.state};
  for (const at::Tensor& tensor : {proposals.coordinates, proposals.presence})
    if (tensor.defined()) all.push_back(tensor);
  return all;
}

std::string sums_to_one(const std::string& what, const at::Tensor& log_probability) {
  const double off = (log_probability.to(at::kDouble).exp().sum(1) - 1).abs().max().item<double>();
  return off < 1e-4
             ? std::string()
             : fmt::format("the probabilities of {} sum to 1 with an error of {:.3g}", what, off);
}

std::string wrong_coordinates(const at::Tensor& coordinates, const at::Tensor& presence) {
  const int64_t items = coordinates.size(0);
  if (coordinates.dim() != 5 || coordinates.size(1) != 3 || coordinates.size(2) < 3 ||
      coordinates.size(3) != kSize || coordinates.size(4) != kSize)
    return "coordinates is not [B,3,bins,S,S] with at least 3 bins";
  if (presence.sizes() != at::IntArrayRef({items, kSize, kSize})) return "presence is not [B,S,S]";
  std::string error = not_finite("coordinates", coordinates) + not_finite("presence", presence);
  return error.empty() ? sums_to_one("a coordinate's bins", coordinates.transpose(1, 2).flatten(2))
                       : error;
}

std::string wrong_answer(const Predictor& predictor, const ObservationBatch& batch) {
  const std::vector<at::Tensor> answer = said(predictor, batch);
  for (const at::Tensor& tensor : answer)
    if (!tensor.defined() || tensor.scalar_type() != at::kFloat)
      return "not all of the answer is float32";
  if (answer.size() == 4)
    return "coordinates and presence go together, and one of them is undefined";
  const at::Tensor& heading = answer[0];
  if (heading.dim() != 2 || heading.size(0) != batch.count()) return "heading is not [B,bins]";
  if (heading.size(1) < 4 || heading.size(1) % 2 != 0)
    return fmt::format("heading has {} bins; an even number is due, at least 4", heading.size(1));
  if (answer[1].sizes() != at::IntArrayRef({batch.count(), kLayout.proposals}))
    return "log_probability is not [B,K]";
  if (answer[2].sizes() != at::IntArrayRef({batch.count(), kLayout.proposals, kLayout.columns()}))
    return "state is not [B,K,columns]";
  std::string error = not_finite("heading", heading) + not_finite("log_probability", answer[1]) +
                      not_finite("state", answer[2]);
  if (error.empty()) error = sums_to_one("the bins", heading);
  if (error.empty()) error = sums_to_one("the heads", answer[1]);
  if (error.empty() && answer.size() > 3) error = wrong_coordinates(answer[3], answer[4]);
  return error;
}

std::string batch_differs(const Predictor& predictor) {
  const ObservationBatch batch = some_batch();
  const std::vector<at::Tensor> together = said(predictor, batch);
  for (int64_t n = 0; n < kItems; ++n) {
    std::vector<at::Tensor> among;
    for (const at::Tensor& tensor : together) among.push_back(tensor.narrow(0, n, 1));
    const std::string error = difference_in_bits(said(predictor, item_of(batch, n)), among);
    if (!error.empty()) return fmt::format("item {}: {}", n, error);
  }
  return "";
}

std::string looks_at_more(const Predictor& predictor) {
  const std::vector<at::Tensor> before = said(predictor, some_batch());
  ObservationBatch other = some_batch();
  if (!predictor.reads().mask) {
    other.mask = at::zeros_like(other.mask);
    other.known = at::zeros_like(other.known);
  }
  if (!predictor.reads().depth) other.depth = at::zeros_like(other.depth);
  const std::string error = difference_in_bits(before, said(predictor, other));
  return error.empty() ? "" : "evidence that reads() does not name moves the answer: " + error;
}

std::string degenerate(const Predictor& predictor) {
  ObservationBatch batch = some_batch();
  for (at::Tensor* tensor : {&batch.image, &batch.mask, &batch.known, &batch.depth})
    *tensor = at::zeros_like(*tensor);
  batch.box = at::full_like(batch.box, 16);
  return wrong_answer(predictor, batch);
}

/// A loss that all weights have a part in: the first item heads north, the second south, the third east.
at::Tensor some_loss(const Proposals& proposals) {
  const int64_t bins = proposals.heading.size(1);
  const at::Tensor wanted = at::arange(kItems, at::kLong) * (bins / 4);
  const at::Tensor loss =
      -proposals.heading.gather(1, wanted.unsqueeze(1)).mean() -
      proposals.log_probability.select(1, 0).mean() +
      (proposals.state - at::arange(kLayout.columns(), at::kFloat) * 0.05).square().mean();
  if (!proposals.coordinates.defined()) return loss;
  return loss - proposals.coordinates.select(2, 0).mean() +
         (1 + proposals.presence.exp()).log().mean();
}

std::string does_not_learn(Predictor& predictor) {
  const at::AutoGradMode with_gradients(true);
  predictor.begin(kLayout, kSeed);
  std::vector<std::string> names;
  std::vector<at::Tensor> weights;
  for (auto& [name, tensor] : predictor.weights()) {
    names.push_back(name);
    weights.push_back(tensor.set_requires_grad(true));
  }
  if (weights.empty()) return "weights() is empty";
  double first = 0, last = 0;
  constexpr int kSteps = 30;
  for (int step = 0; step <= kSteps; ++step) {
    const at::Tensor loss = some_loss(predictor.predict(some_batch()));
    last = loss.item<double>();
    if (step == 0) first = last;
    const auto gradients = torch::autograd::grad({loss}, weights, {}, {}, false, true);
    const at::NoGradGuard no_gradient;
    for (size_t i = 0; i < weights.size(); ++i) {
      if (!gradients[i].defined()) return fmt::format("no gradient reaches '{}'", names[i]);
      if (const auto error = not_finite("the gradient of " + names[i], gradients[i]);
          !error.empty())
        return error;
      const double size = gradients[i].norm().item<double>() + 1e-12;
      weights[i].sub_(gradients[i] * std::min(0.05, 0.05 / size));
    }
  }
  for (at::Tensor& tensor : weights) tensor.set_requires_grad(false);
  return last < 0.9 * first
             ? std::string()
             : fmt::format("{} steps bring the loss from {:.4g} to {:.4g}", kSteps, first, last);
}

}  // namespace

ContractReport check_predictor_contract(Registry& registry,
                                        const std::string& name,
                                        const GivenParameters& given) {
  const PluginInfo& info = registry.find(PluginKind::predictor, name).info;
  ContractChecker checker(info);
  checker.check_schema(info);
  const Parameters parameters(info.parameters, given, name);
  std::unique_ptr<Predictor> predictor;
  checker.check("begins", [&] {
    predictor = registry.make<Predictor>(name, parameters);
    predictor->begin(kLayout, kSeed);
    for (const auto& [weight, tensor] : predictor->weights())
      if (tensor.scalar_type() != at::kFloat) return "'" + weight + "' is not float32";
    return std::string();
  });
  if (!checker.report().passed()) return checker.report();

  checker.check("shapes, dtype and probabilities",
                [&] { return wrong_answer(*predictor, some_batch()); });
  checker.check("the same bits twice and on any number of threads",
                [&] { return bits_that_change([&] { return said(*predictor, some_batch()); }); });
  checker.check("a batch equals its items", [&] { return batch_differs(*predictor); });
  checker.check("looks at what it names and no more", [&] { return looks_at_more(*predictor); });
  checker.check("finite without picture, mask and depth", [&] { return degenerate(*predictor); });
  checker.check("the same seed begins with the same bits, another one does not", [&] {
    auto other = registry.make<Predictor>(name, parameters);
    other->begin(kLayout, kSeed);
    const auto own = said(*predictor, some_batch());
    if (const auto error = difference_in_bits(own, said(*other, some_batch())); !error.empty())
      return error;
    other->begin(kLayout, kSeed + 1);
    return difference_in_bits(own, said(*other, some_batch())).empty()
               ? std::string("two seeds give the same network")
               : std::string();
  });
  checker.check("learns, by a gradient of every weight",
                [&] { return does_not_learn(*registry.make<Predictor>(name, parameters)); });
  checker.check("its weights are all that it has learned", [&] {
    auto taught = registry.make<Predictor>(name, parameters);
    if (const auto error = does_not_learn(*taught); !error.empty()) return error;
    auto other = registry.make<Predictor>(name, parameters);
    other->begin(kLayout, kSeed + 2);
    const at::NoGradGuard no_gradient;
    const TensorTable from = taught->weights();
    for (auto& [weight, tensor] : other->weights()) tensor.copy_(from.at(weight));
    return difference_in_bits(said(*taught, some_batch()), said(*other, some_batch()));
  });
  return checker.report();
}

}  // namespace monodr
