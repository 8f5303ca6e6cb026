// SPDX-License-Identifier: Apache-2.0
//
// A residual network of the crop, two sizes. Every normalisation is over groups of channels of one picture (Wu & He, Group
// Normalization, ECCV 2018) and not over the batch: what an object is told does not hang on its neighbours, in training
// neither, so that a batch that is cut in parts learns as one that is whole. What that costs against a norm over the batch is
// made good by standardised filters (Qiao et al., Weight Standardization, 2019): each has mean 0 and length 1.
//
// With `coordinates` a decoder climbs back to half the crop's resolution, with what the encoder saw there on each rung
// (Ronneberger et al., U-Net, MICCAI 2015), and says each pixel's object coordinates as distributions over bins and
// whether it is the object's, as SDFLabel's network does (Zakharov et al., CVPR 2020).
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <torch/nn/module.h>

#include <cmath>
#include <map>
#include <optional>
#include <string_view>

#include "base/random.h"
#include "plugin/close_up.h"
#include "plugin/descriptor.h"
#include "plugin/facing_view.h"
#include "plugin/predictor.h"

namespace monodr::resnet_predictor {
namespace {

constexpr int64_t kGroups = 8;
/// Cells a side of the last feature map that heading and heads see each by itself: where in the crop a lamp shines says which
/// way the car stands. From the mean over the crop that is learned several times as slowly.
constexpr int64_t kCells = 4;
constexpr int64_t kGeometry = 7;  ///< numbers that box and camera give
constexpr int64_t kCoordinateBins = 16;
/// Channels of the decoder, from its coarsest rung to the finest.
constexpr int64_t kDecoder[] = {64, 40, 32};
constexpr double kNowhere =
    -8;  ///< log-odds of the object's presence where the network does not look

/// Channels after the stem and after each block, and the blocks' strides.
struct Size {
  const char* name;
  int64_t stem;
  std::vector<int64_t> channels, strides;
  int64_t hidden;
};

const std::vector<Size>& sizes() {
  static const std::vector<Size> list = {
      {"small", 24, {32, 64, 128, 192}, {1, 2, 2, 2}, 128},
      {"resnet18", 64, {64, 64, 128, 128, 256, 256, 512, 512}, {1, 1, 2, 1, 2, 1, 2, 1}, 256}};
  return list;
}

/// Runs on one thread while it lives: oneDNN splits sums by their number.
class OneThread {
 public:
  OneThread() : threads_(at::get_num_threads()) {
    if (threads_ != 1) at::set_num_threads(1);
  }
  ~OneThread() {
    if (threads_ != 1) at::set_num_threads(threads_);
  }
  OneThread(const OneThread&) = delete;

 private:
  int threads_;
};

class Layers : public torch::nn::Module {
 public:
  Layers(const Size& size,
         int64_t inputs,
         int64_t bins,
         bool coordinates,
         const PredictorLayout& layout,
         bool sectors,
         std::uint64_t seed)
      : size_(size),
        says_coordinates_(coordinates),
        layout_(layout),
        keeps_to_sectors_(sectors && layout.proposals > 1),
        random_(seed, "predictor weights", 0) {
    convolution("stem", size.stem, inputs, 5);
    int64_t before = size.stem;
    for (size_t i = 0; i < size.channels.size(); ++i) {
      const int64_t after = size.channels[i];
      convolution(block(i) + "first", after, before, 3);
      convolution(block(i) + "second", after, after, 3);
      if (after != before || size.strides[i] != 1) convolution(block(i) + "skip", after, before, 1);
      before = after;
    }
    const int64_t features = kCells * kCells * before;
    linear("heading", bins, features, 0.01);
    linear("hidden",
           size.hidden,
           features + kGeometry,
           std::sqrt(2.0 / static_cast<double>(features)));
    linear("heads", layout.proposals * per_head(), size.hidden, 0.01);
    if (!keeps_to_sectors_) spread_heads();
    if (says_coordinates_) make_decoder(before);
  }

  /// The convolutions' weights, each filter of mean 0 and length 1: the same for all pictures.
  using Filters = std::map<std::string, at::Tensor>;
  Filters filters() const {
    constexpr std::string_view suffix = ".weight";
    Filters result;
    for (const auto& [name, weight] : weights_.pairs())
      if (weight.dim() == 4)
        result[name.substr(0, name.size() - suffix.size())] = standardised(weight);
    return result;
  }

  Proposals operator()(const at::Tensor& input,
                       const at::Tensor& geometry,
                       const Filters& filters) const {
    at::Tensor x = at::relu(convolved(filters, "stem", input, 2));
    std::vector<at::Tensor> finer;
    for (size_t i = 0; i < size_.channels.size(); ++i) {
      const int64_t stride = size_.strides[i];
      if (stride > 1) finer.push_back(x);
      const at::Tensor inner = at::relu(convolved(filters, block(i) + "first", x, stride));
      const bool same = !weights_.contains(block(i) + "skip.weight");
      const at::Tensor skip = same ? x : convolved(filters, block(i) + "skip", x, stride);
      x = at::relu(convolved(filters, block(i) + "second", inner, 1) + skip);
    }
    const at::Tensor features = at::adaptive_avg_pool2d(x, {kCells, kCells}).flatten(1);
    const at::Tensor hidden = at::relu(product("hidden", at::cat({features, geometry}, 1)));
    const at::Tensor heads =
        product("heads", hidden).view({input.size(0), layout_.proposals, per_head()});
    const int64_t direction = PredictorLayout::kHeading;
    Proposals proposals;
    proposals.heading = at::log_softmax(product("heading", features), 1);
    proposals.log_probability = at::log_softmax(heads.select(2, 0), 1);
    const at::Tensor state = heads.slice(2, 1);
    proposals.state = at::cat(
        {state.slice(2, 0, direction),
         heading_of(state.select(2, direction), state.select(2, direction + 1)).unsqueeze(2),
         state.slice(2, direction + 2)},
        2);
    if (says_coordinates_) proposals.coordinates = decoded(filters, x, finer);
    return proposals;
  }

 private:
  static std::string block(size_t i) { return "block" + std::to_string(i) + "_"; }

  /// The rungs' channels on the encoder's side, the coarsest first.
  std::vector<int64_t> channels_beside() const {
    std::vector<int64_t> channels;
    for (size_t i = size_.channels.size(); i-- > 0;)
      if (size_.strides[i] > 1) channels.push_back(i == 0 ? size_.stem : size_.channels[i - 1]);
    return channels;
  }

  void make_decoder(int64_t before) {
    const std::vector<int64_t> beside = channels_beside();
    for (size_t i = 0; i < beside.size(); ++i) {
      convolution(rung(i), kDecoder[i], before + beside[i], 3);
      before = kDecoder[i];
    }
    linear("coordinates", 3 * kCoordinateBins + 1, before, 0.01);
  }

  static std::string rung(size_t i) { return "rung" + std::to_string(i); }

  /// [B,3 bins + 1,s,s] over what the network sees, not normalised.
  at::Tensor decoded(const Filters& filters,
                     at::Tensor x,
                     const std::vector<at::Tensor>& finer) const {
    for (size_t i = 0; i < finer.size(); ++i) {
      const at::Tensor& beside = finer[finer.size() - 1 - i];
      const at::Tensor grown = at::upsample_nearest2d(x, {beside.size(2), beside.size(3)});
      x = at::relu(convolved(filters, rung(i), at::cat({grown, beside}, 1), 1));
    }
    const at::Tensor& weight = weights_["coordinates.weight"];
    return at::conv2d(x, weight.unsqueeze(2).unsqueeze(3), weights_["coordinates.bias"]);
  }

  /// Of two numbers a head: a direction in the plane, or, where heads keep to their parts of the circle, how far from its middle.
  at::Tensor heading_of(const at::Tensor& cosine, const at::Tensor& sine) const {
    if (!keeps_to_sectors_) return at::atan2(sine, cosine);
    constexpr double kOverlap = 1.5;  // half widths: a car between two headings is both heads'
    const double reach = kOverlap * M_PI / static_cast<double>(layout_.proposals);
    at::Tensor middles = at::empty({layout_.proposals}, at::kFloat);
    for (int64_t k = 0; k < layout_.proposals; ++k)
      middles.data_ptr<float>()[k] = static_cast<float>(heading_of_bin(k, layout_.proposals));
    return middles + reach * (sine - cosine).tanh();
  }

  /// A head's certainty, and its state with cosine and sine for the angle.
  int64_t per_head() const { return 1 + layout_.columns() + 1; }

  at::Tensor normal(at::IntArrayRef shape, double deviation) {
    at::Tensor values = at::empty(shape, at::kFloat);
    float* out = values.data_ptr<float>();
    for (int64_t i = 0; i < values.numel(); ++i)
      out[i] = static_cast<float>(random_.normal(0, deviation));
    return values;
  }

  at::Tensor keep(const std::string& name, const std::string& part, const at::Tensor& beginning) {
    at::Tensor weights = register_parameter(name + "_" + part, beginning, /*requires_grad=*/false);
    weights_.insert(name + "." + part, weights);
    return weights;
  }

  void convolution(const std::string& name, int64_t to, int64_t from, int64_t width) {
    const double inputs = static_cast<double>(from * width * width);
    keep(name, "weight", normal({to, from, width, width}, std::sqrt(2 / inputs)));
    keep(name, "scale", at::ones({to}));
    keep(name, "shift", at::zeros({to}));
  }

  void linear(const std::string& name, int64_t to, int64_t from, double deviation) {
    keep(name, "weight", normal({to, from}, deviation));
    keep(name, "bias", at::zeros({to}));
  }

  /// Heads begin at headings around the circle; they may go where they like.
  void spread_heads() {
    const at::Tensor bias = weights_["heads.bias"].view({layout_.proposals, per_head()});
    for (int64_t k = 0; k < layout_.proposals; ++k) {
      const double heading = heading_of_bin(k, layout_.proposals);
      bias.select(0, k).select(0, 1 + PredictorLayout::kHeading).fill_(std::cos(heading));
      bias.select(0, k).select(0, 2 + PredictorLayout::kHeading).fill_(std::sin(heading));
    }
  }

  at::Tensor convolved(const Filters& filters,
                       const std::string& name,
                       const at::Tensor& x,
                       int64_t stride) const {
    const at::Tensor& weight = filters.at(name);
    const at::Tensor y = at::conv2d(
        x, weight, {}, at::IntArrayRef(stride), at::IntArrayRef((weight.size(2) - 1) / 2));
    return at::group_norm(
        y, kGroups, weights_[name + ".scale"], weights_[name + ".shift"], 1e-5, false);
  }

  static at::Tensor standardised(const at::Tensor& filters) {
    const at::Tensor rows = filters.flatten(1), centred = rows - rows.mean(1, true);
    return (centred / (centred.square().sum(1, true) + 1e-8).sqrt()).view_as(filters);
  }

  at::Tensor product(const std::string& name, const at::Tensor& x) const {
    return at::linear(x, weights_[name + ".weight"], weights_[name + ".bias"]);
  }

  const Size& size_;
  bool says_coordinates_;
  PredictorLayout layout_;
  bool keeps_to_sectors_;
  Random random_;
  torch::OrderedDict<std::string, at::Tensor> weights_;
};

/// Where the box lies in the crop, how it is seen from the optical axis, how far a car of its height would be.
at::Tensor geometry_of(const ObservationBatch& batch) {
  const double half = static_cast<double>(batch.mask.size(-1)) / 2;
  const at::Tensor fx = batch.intrinsics.select(1, 0).select(1, 0),
                   fy = batch.intrinsics.select(1, 1).select(1, 1);
  const at::Tensor to_right = (half - batch.intrinsics.select(1, 0).select(1, 2)) / fx,
                   downwards = (half - batch.intrinsics.select(1, 1).select(1, 2)) / fy;
  const at::Tensor height = (batch.box.select(1, 3) - batch.box.select(1, 1)).clamp_min(1);
  const at::Tensor range = fy * batch.size_mean.select(1, 0) / height;
  return at::cat({batch.box / half - 1, at::stack({to_right, downwards, range.log() / 3 - 1}, 1)},
                 1);
}

class ResnetPredictor final : public Predictor {
 public:
  explicit ResnetPredictor(const Parameters& parameters)
      : bins_(parameters.integer("heading_bins")),
        close_up_(parameters.real("close_up")),
        says_coordinates_(parameters.boolean("coordinates")),
        sectors_(parameters.boolean("sectors")),
        faces_(parameters.boolean("facing")),
        inputs_{parameters.boolean("mask"), parameters.boolean("depth")} {
    for (const Size& size : sizes())
      if (parameters.text("size") == size.name) size_ = &size;
    if (faces_ && says_coordinates_)
      throw UserError(
          "'facing' and 'coordinates' are both true, but coordinates are said of the crop's own "
          "pixels and a turned "
          "view has others; set one of them to false");
    if (bins_ % 2 != 0)
      throw UserError(fmt::format(
          "'heading_bins' is {}, but a mirrored picture needs an even number of bins", bins_));
  }

  PredictorInputs reads() const override { return inputs_; }

  void begin(const PredictorLayout& layout, std::uint64_t seed) override {
    const int64_t channels = 3 + (inputs_.mask ? 1 : 0) + (inputs_.depth ? 2 : 0);
    layers_ = std::make_shared<Layers>(
        *size_, channels, bins_, says_coordinates_, layout, sectors_, seed);
  }

  TensorTable weights() const override {
    TensorTable table;
    for (const auto& [name, tensor] : made().named_parameters().pairs()) table[name] = tensor;
    return table;
  }

  Proposals predict(const ObservationBatch& whole) const override {
    const ObservationBatch batch =
        faces_ ? facing_view(whole, close_up_) : close_up(whole, close_up_);
    // The angles at which the object is seen are those of the crop that is there: a view that faces it has none.
    const at::Tensor input = input_of(batch),
                     geometry = geometry_of(faces_ ? close_up(whole, close_up_) : batch);
    const Layers::Filters filters = made().filters();
    const int64_t size = whole.mask.size(-1);
    if (at::GradMode::is_enabled()) return with_coordinates(made()(input, geometry, filters), size);
    // One at a time: a convolution of one picture is computed otherwise than that of a hundred.
    const OneThread one_thread;
    std::vector<at::Tensor> heading, log_probability, state, coordinates, presence;
    for (int64_t b = 0; b < input.size(0); ++b) {
      const Proposals own =
          with_coordinates(made()(input.narrow(0, b, 1), geometry.narrow(0, b, 1), filters), size);
      heading.push_back(own.heading);
      log_probability.push_back(own.log_probability);
      state.push_back(own.state);
      if (!says_coordinates_) continue;
      coordinates.push_back(own.coordinates);
      presence.push_back(own.presence);
    }
    Proposals all{at::cat(heading), at::cat(log_probability), at::cat(state)};
    if (!says_coordinates_) return all;
    all.coordinates = at::cat(coordinates);
    all.presence = at::cat(presence);
    return all;
  }

 private:
  const Layers& made() const {
    MONODR_CHECK(layers_ != nullptr, "a predictor is asked before begin()");
    return *layers_;
  }

  /// What the decoder says of the window becomes distributions over the crop.
  Proposals with_coordinates(Proposals proposals, int64_t size) const {
    if (!says_coordinates_) return proposals;
    const at::Tensor maps = over_crop(proposals.coordinates, close_up_, size);
    const at::Tensor looked_at = over_crop(at::ones({1, 1}), close_up_, size);
    proposals.presence = maps.select(1, 3 * kCoordinateBins) + kNowhere * (1 - looked_at);
    proposals.coordinates = at::log_softmax(
        maps.narrow(1, 0, 3 * kCoordinateBins).unflatten(1, {3, kCoordinateBins}), 2);
    return proposals;
  }

  /// Pictures of mean 0 and deviation 1: in the sun and in the shade a car is the same.
  static at::Tensor exposed(const at::Tensor& image) {
    const at::Tensor centred = image - image.mean({1, 2, 3}, true);
    return centred / (centred.square().mean({1, 2, 3}, true).sqrt() + 0.03);
  }

  at::Tensor input_of(const ObservationBatch& batch) const {
    std::vector<at::Tensor> channels{exposed(batch.image)};
    if (inputs_.mask) channels.push_back((batch.mask - 0.5).unsqueeze(1));
    if (inputs_.depth) {
      const at::Tensor height = (batch.box.select(1, 3) - batch.box.select(1, 1)).clamp_min(1);
      const at::Tensor range =
          batch.intrinsics.select(1, 1).select(1, 1) * batch.size_mean.select(1, 0) / height;
      const at::Tensor known = batch.depth.gt(0);
      const at::Tensor relative = (batch.depth.clamp_min(0.1) / range.view({-1, 1, 1})).log();
      channels.push_back(relative.clamp(-1, 1).masked_fill(known.logical_not(), 0).unsqueeze(1));
      channels.push_back(known.to(at::kFloat).unsqueeze(1));
    }
    return at::cat(channels, 1);
  }

  int64_t bins_;
  double close_up_;
  bool says_coordinates_;
  bool sectors_;
  bool faces_;
  PredictorInputs inputs_;
  const Size* size_ = nullptr;
  std::shared_ptr<Layers> layers_;
};

PluginDescriptor descriptor() {
  PluginDescriptor plugin;
  plugin.info.kind = PluginKind::predictor;
  plugin.info.name = "resnet_predictor";
  plugin.info.version = "3.3.0";
  plugin.info.description = "residual network of the crop: a heading's distribution and K states";
  plugin.info.paper =
      "He et al., Deep Residual Learning, CVPR 2016; Insafutdinov & Dosovitskiy, Unsupervised "
      "Learning of Shape and Pose with Differentiable Point Clouds, NeurIPS 2018 (heads and "
      "student)";
  plugin.info.parameters = {
      {"size",
       std::string("small"),
       "",
       "small: 1.4 million weights, four blocks; resnet18: thirteen million, eight blocks"},
      {"heading_bins",
       std::int64_t{24},
       "bins",
       "bins of the heading's distribution, an even number",
       4,
       360},
      {"close_up",
       0.73,
       "1",
       "side of what the network sees over the side of the crop; at the default crop_margin of 1.3 "
       "a little less than the "
       "box",
       0.2,
       1},
      {"coordinates",
       false,
       "",
       "a decoder says each pixel's object coordinates (NOCS), which then place the start of a "
       "fit; needs known states to "
       "learn from (train.supervision)"},
      {"sectors",
       false,
       "",
       "each head keeps to its part of the circle, 360 degrees / K and half as much again; else it "
       "begins there and goes where "
       "it likes"},
      {"facing",
       false,
       "",
       "the network sees the crop as a camera that looks straight at its middle (3D-RCNN's "
       "homography): one allocentric "
       "heading looks alike anywhere in the picture"},
      {"mask", false, "", "the network sees the mask"},
      {"depth", false, "", "the network sees the depth, relative to the range of the box's height"},
  };
  plugin.info.parameters[0].choices = {"small", "resnet18"};
  plugin.info.differentiable_in.inputs = {"weights"};
  plugin.info.is_default = true;
  plugin.info.deterministic = true;
  plugin.factory = PredictorFactory(
      [](const Parameters& parameters) { return std::make_unique<ResnetPredictor>(parameters); });
  return plugin;
}

}  // namespace
}  // namespace monodr::resnet_predictor

MONODR_PLUGIN(monodr::resnet_predictor::descriptor())
