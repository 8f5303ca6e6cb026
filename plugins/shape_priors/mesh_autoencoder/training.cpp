// SPDX-License-Identifier: Apache-2.0
#include "training.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "adam.h"
#include "base/error.h"
#include "code_space.h"
#include "principal_components.h"

namespace monodr::mesh_autoencoder {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

at::Tensor to_tensor(const Eigen::MatrixXd& matrix) {
  const RowMajor rows = matrix.cast<float>();
  at::Tensor tensor = at::empty({matrix.rows(), matrix.cols()}, at::kFloat);
  std::copy_n(rows.data(), rows.size(), tensor.data_ptr<float>());
  return tensor;
}

Eigen::MatrixXd to_matrix(const at::Tensor& tensor) {
  const at::Tensor rows = tensor.detach().contiguous();
  return Eigen::Map<const RowMajor>(rows.data_ptr<float>(), rows.size(0), rows.size(1))
      .cast<double>();
}

// samples [S,R] -> codes [S,D] of mean 0 and deviation 1: a linear map plus a small network.
class Encoder {
 public:
  Encoder(int inputs, int hidden, int dims, NormalSource& normal)
      : linear_(at::eye(inputs, dims, at::kFloat)),
        hidden_(normal.draw(inputs, hidden, 0.3)),
        hidden_bias_(normal.draw(1, hidden, 0.3).squeeze(0)),
        output_(normal.draw(hidden, dims, 0.01)) {}

  std::vector<at::Tensor> parameters() const { return {linear_, hidden_, hidden_bias_, output_}; }

  at::Tensor operator()(const at::Tensor& samples) const {
    const at::Tensor raw = at::mm(samples, linear_) +
                           at::mm(at::tanh(at::addmm(hidden_bias_, samples, hidden_)), output_);
    const at::Tensor centred = raw - raw.mean(0, true);
    return centred / (centred.square().mean(0, true) + 1e-6).sqrt();
  }

 private:
  at::Tensor linear_, hidden_, hidden_bias_, output_;
};

// One half of a training: what goes in, what comes out, how to get from codes to samples.
struct Stage {
  at::Tensor samples;  // [S,R], scaled so that the rows' mean squared length is 1
  double scale = 1;    // samples * scale are the principal coefficients
  at::Tensor hidden, hidden_bias, mix;
};

Stage make_stage(const PrincipalComponents& components,
                 int latent_dims,
                 int hidden,
                 int outputs,
                 NormalSource& normal) {
  Stage stage;
  const Eigen::MatrixXd& c = components.coefficients;
  stage.scale = std::max(1e-9, std::sqrt(c.squaredNorm() / static_cast<double>(c.rows())));
  stage.samples = to_tensor(c / stage.scale);
  stage.hidden = normal.draw(latent_dims, hidden, 0.7 / std::sqrt(latent_dims));
  stage.hidden_bias = normal.draw(1, hidden, 0.7).squeeze(0);
  stage.mix = normal.draw(1 + latent_dims + hidden, outputs, 0.01);
  return stage;
}

// [1,t] (maps)_k: the affine colour model; see DecoderWeights.
at::Tensor blend(const at::Tensor& maps, const at::Tensor& texture) {
  const at::Tensor with_one = at::cat({at::ones({texture.size(0), 1}, at::kFloat), texture}, 1);
  return at::bmm(with_one.unsqueeze(1), maps).squeeze(1);
}

// The two descents one after another, and what a checkpoint keeps of them.
class Descents {
 public:
  Descents(const NetworkOptions& options) : options_(options), kept_(options.resume) {}

  // Trains until done; false where progress() said stop. `loss` is given noise of its step.
  bool run(const std::vector<at::Tensor>& parameters,
           const std::function<at::Tensor(NormalSource& noise)>& loss) {
    const std::string name = fmt::format("stage{}", stage_);
    Adam adam(parameters, options_.learning_rate, options_.steps);
    adam.restore(name, kept_);
    const auto state = [&] {
      adam.store(name, kept_);
      return kept_;
    };
    const at::AutoGradMode with_gradient(true);
    while (adam.step() < options_.steps) {
      const int step = adam.step();
      NormalSource noise(options_.seed, stage_, step);
      const at::Tensor value = loss(noise);
      adam.descend(value);
      if (step % 50 != 0 && step + 1 != options_.steps) continue;
      if (options_.checkpoint) options_.checkpoint(state);
      const double share = (stage_ + (step + 1.0) / options_.steps) / 2;
      if (options_.progress && !options_.progress(share, value.item<double>())) return false;
    }
    state();
    ++stage_;
    return true;
  }

 private:
  const NetworkOptions& options_;
  TensorTable kept_;
  int stage_ = 0;
};

bool train_shape(const PrincipalComponents& components,
                 const NetworkOptions& options,
                 NormalSource& normal,
                 Descents& descents,
                 TrainedDecoder& result) {
  const int dims = options.latent_dims;
  Stage stage = make_stage(
      components, dims, options.hidden, static_cast<int>(components.basis.rows()), normal);
  const Encoder encoder(static_cast<int>(components.basis.rows()), options.hidden, dims, normal);
  std::vector<at::Tensor> parameters = encoder.parameters();
  parameters.insert(parameters.end(), {stage.hidden, stage.hidden_bias, stage.mix});
  const auto loss = [&](NormalSource& noise) {
    at::Tensor codes = encoder(stage.samples);
    codes = codes + noise.draw(codes.size(0), dims, options.code_noise);
    const at::Tensor decoded = at::mm(features(codes, stage.hidden, stage.hidden_bias), stage.mix);
    return (decoded - stage.samples).square().sum(1).mean();
  };
  if (!descents.run(parameters, loss)) return false;

  const at::NoGradGuard no_gradient;
  const Eigen::MatrixXd raw = to_matrix(encoder(stage.samples));
  const auto [to_white, from_white] = whitening(raw, to_matrix(stage.samples));
  result.codes = raw * to_white;
  // tanh(raw hidden + b) = tanh(white (from_white hidden) + b), and the same for the linear part.
  Eigen::MatrixXd mix = to_matrix(stage.mix) * stage.scale;
  mix.middleRows(1, dims) = from_white * mix.middleRows(1, dims);
  result.weights.shape_hidden = to_tensor(from_white * to_matrix(stage.hidden));
  result.weights.shape_hidden_bias = stage.hidden_bias.detach();
  result.weights.shape_mix = to_tensor(mix);
  result.weights.shape_mean = to_tensor(components.mean).squeeze(0);
  result.weights.shape_basis = to_tensor(components.basis);
  return true;
}

// Texture codes [paint, what an encoder finds beside it], the latter made white and uncorrelated
// with the paint at the end.
bool train_colours(const PrincipalComponents& components,
                   const Eigen::MatrixXd& paint,
                   const NetworkOptions& options,
                   NormalSource& normal,
                   Descents& descents,
                   TrainedDecoder& result) {
  const int textures = options.texture_dims, painted = std::min(3, textures);
  const int learned = textures - painted, kept = static_cast<int>(components.basis.rows());
  Stage stage =
      make_stage(components, options.latent_dims, options.hidden, (1 + textures) * kept, normal);
  const Encoder encoder(kept, options.hidden, learned, normal);
  const Eigen::MatrixXd from_paint = paint_to_texture(paint, textures);
  const Eigen::MatrixXd paint_codes = (paint * from_paint.topRows(3)).rowwise() + from_paint.row(3);
  const at::Tensor shape_codes = to_tensor(result.codes);
  const at::Tensor given = to_tensor(paint_codes.leftCols(painted));
  const std::int64_t count = shape_codes.size(0);
  const auto texture_codes = [&] {
    return learned == 0 ? given : at::cat({given, encoder(stage.samples)}, 1);
  };
  std::vector<at::Tensor> parameters = {stage.hidden, stage.hidden_bias, stage.mix};
  if (learned > 0)
    for (const at::Tensor& parameter : encoder.parameters()) parameters.push_back(parameter);
  const auto loss = [&](NormalSource& noise) {
    const at::Tensor noisy =
        shape_codes + noise.draw(count, options.latent_dims, options.code_noise);
    const at::Tensor maps = at::mm(features(noisy, stage.hidden, stage.hidden_bias), stage.mix)
                                .view({count, 1 + textures, kept});
    return (blend(maps, texture_codes()) - stage.samples).square().sum(1).mean();
  };
  if (!descents.run(parameters, loss)) return false;

  const at::NoGradGuard no_gradient;
  const Eigen::MatrixXd raw = to_matrix(texture_codes());
  const CodeChange change = whitening_beside(raw, painted, to_matrix(stage.samples));
  result.codes.conservativeResize(Eigen::NoChange, options.latent_dims + textures);
  result.codes.rightCols(textures) = raw * change.to_white;
  // [1, raw] maps = [1, white] diag(1, from_white) maps
  const at::Tensor from_white = to_tensor(change.from_white);
  const at::Tensor mix = stage.mix.detach().view({-1, 1 + textures, kept});
  const at::Tensor moved = at::matmul(from_white, mix.narrow(1, 1, textures));
  result.weights.colour_hidden = stage.hidden.detach();
  result.weights.colour_hidden_bias = stage.hidden_bias.detach();
  result.weights.colour_mix =
      (at::cat({mix.narrow(1, 0, 1), moved}, 1) * stage.scale).view({mix.size(0), -1}).contiguous();
  result.weights.colour_mean = to_tensor(components.mean).squeeze(0);
  result.weights.colour_basis = to_tensor(components.basis);
  result.weights.paint_to_texture = to_tensor(from_paint);
  return true;
}

}  // namespace

TrainedDecoder train_decoder(const TrainingSet& set, const NetworkOptions& options) {
  TrainedDecoder result;
  NormalSource normal(options.seed);
  Descents descents(options);
  const PrincipalComponents shape =
      principal_components(set.shapes, set.weights, options.components);
  const PrincipalComponents colour =
      principal_components(set.colours, set.weights, options.components);
  result.stopped = !train_shape(shape, options, normal, descents, result) ||
                   !train_colours(colour, paints(set.colours), options, normal, descents, result);
  return result;
}

}  // namespace monodr::mesh_autoencoder
