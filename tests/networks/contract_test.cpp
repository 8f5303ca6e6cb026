// SPDX-License-Identifier: Apache-2.0
// The plugins that run networks, with networks of one layer: the contract of their kinds, and what a person is told of
// files that are not what the parameters say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/random.h"
#include "plugin/depth_estimator.h"
#include "plugin/detector.h"
#include "small_networks.h"

namespace monodr {
namespace {

using testing::HasSubstr;

Registry plugins() {
  return Registry({std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"});
}

std::string torchscript(const ScratchFolder& folder, const std::string& code) {
  torch::jit::Module module("small");
  module.define(code);
  const std::string file = folder / "small.pt";
  module.save(file);
  return file;
}

/// The same network as small_detector() in its outputs' kinds: lists of boxes.
const char* kBoxes = R"(
def forward(self, x):
    m = x.mean([0, 2, 3])
    boxes = torch.stack([torch.stack([m[0] * 30, m[1] * 20, m[0] * 30 + 40, m[1] * 20 + 30]),
                         torch.stack([m[2] * 8, m[2] * 8, m[2] * 8 + 20, m[2] * 8 + 25])])
    scores = torch.stack([0.5 + 0.4 * m[0], 0.3 + 0.2 * m[1]])
    masks = x[0, 0:2].unsqueeze(1)
    return {"boxes": boxes, "labels": torch.tensor([0, 1]), "scores": scores, "masks": masks}
)";

GivenParameters torchscript_detector(const std::string& model) {
  return {{"model", given(model)},
          {"head", given(std::string("mask_rcnn"))},
          {"outputs", given(std::vector<std::string>{"boxes", "labels", "scores", "masks"})},
          {"classes", given(std::vector<std::string>{"Car", "Pedestrian"})},
          {"width", given(std::int64_t{kInputWidth})},
          {"height", given(std::int64_t{kInputHeight})},
          {"fit", given(std::string("letterbox"))}};
}

TEST(Contract, OnnxDetector) {
  Registry registry = plugins();
  const ScratchFolder folder;
  const auto report = check_detector_contract(
      registry, "onnx", small_detector_parameters(folder.write("small.onnx", small_detector())));
  EXPECT_TRUE(report.passed()) << report.to_text();
}

TEST(Contract, TorchScriptDetector) {
  Registry registry = plugins();
  const ScratchFolder folder;
  const auto report = check_detector_contract(
      registry, "torchscript", torchscript_detector(torchscript(folder, kBoxes)));
  EXPECT_TRUE(report.passed()) << report.to_text();
}

TEST(Contract, OnnxDepthEstimator) {
  Registry registry = plugins();
  const ScratchFolder folder;
  const auto report = check_depth_estimator_contract(
      registry, "onnx", small_depth_parameters(folder.write("d.onnx", small_depth_network())));
  EXPECT_TRUE(report.passed()) << report.to_text();
}

TEST(Contract, TorchScriptDepthEstimator) {
  Registry registry = plugins();
  const ScratchFolder folder;
  const std::string model = torchscript(folder, R"(
def forward(self, x):
    return 2.0 + 30.0 * x[:, 1:2]
)");
  const auto report = check_depth_estimator_contract(
      registry, "torchscript", {{"model", given(model)}, {"maximum", given(25.0)}});
  EXPECT_TRUE(report.passed()) << report.to_text();
}

ColourImage mirrored(const ColourImage& picture) {
  ColourImage other = picture;
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x)
      std::copy_n(picture.pixel(picture.width - 1 - x, y), 3, other.pixel(x, y));
  return other;
}

TEST(DepthEstimator, MirrorIsTheMeanOfThePictureAndItsMirrorImage) {
  Registry registry = plugins();
  const ScratchFolder folder;
  // Not the same of both: what stands at the right is farther; and of what is dark there is none.
  const std::string model = torchscript(folder, R"(
def forward(self, x):
    right = torch.cumsum(torch.ones_like(x[:, 1:2]), 3)
    none = (x[:, 2:3] < 0.1).float() * (right < 40.0).float()
    return 2.0 + 30.0 * x[:, 1:2] + 0.1 * right - 50.0 * none
)");
  const auto estimator = [&](bool mirror) {
    const PluginInfo& info = registry.find(PluginKind::depth_estimator, "torchscript").info;
    return registry.make<DepthEstimator>(
        "torchscript",
        Parameters(info.parameters,
                   {{"model", given(model)}, {"mirror", given(mirror)}},
                   "depth_estimator.torchscript"));
  };
  CameraPicture picture{ColourImage(97, 41), {}}, other = picture;
  Random random(3, "mirror", 0);
  for (std::uint8_t& value : picture.image.rgb)
    value = static_cast<std::uint8_t>(random.below(256));
  picture.camera.intrinsics = other.camera.intrinsics = {80, 80, 50, 20};
  other.camera.intrinsics.cx = 97 - 50;
  other.image = mirrored(picture.image);
  const auto ask = [&](bool mirror, const CameraPicture& one) {
    return estimator(mirror)->estimate(std::span(&one, 1)).at(0).metres;
  };
  const Plane<float> mean = ask(true, picture), mean_of_other = ask(true, other);
  const Plane<float> own = ask(false, picture), of_other = ask(false, other);
  for (int y = 0; y < 41; ++y)
    for (int x = 0; x < 97; ++x) {
      const float z = own.at(x, y), back = of_other.at(96 - x, y);
      EXPECT_EQ(mean.at(x, y), mean_of_other.at(96 - x, y));
      EXPECT_FLOAT_EQ(mean.at(x, y), z > 0 && back > 0 ? std::sqrt(z * back) : std::max(z, back));
    }
}

/// What a person reads who names such a detector.
std::string refusal(const std::string& name, const GivenParameters& parameters) {
  Registry registry = plugins();
  const PluginInfo& info = registry.find(PluginKind::detector, name).info;
  return message_of<UserError>([&] {
    registry.make<Detector>(name, Parameters(info.parameters, parameters, "detector." + name));
  });
}

TEST(Refusals, NameTheFileWhatWasFoundAndWhatIsDue) {
  const ScratchFolder folder;
  const std::string whole = small_detector();
  const auto of_file = [&](const std::string& content) {
    return refusal("onnx", small_detector_parameters(folder.write("net.onnx", content)));
  };
  EXPECT_EQ(of_file(whole), "");
  EXPECT_THAT(refusal("onnx", {}), HasSubstr("set 'model'"));
  EXPECT_THAT(refusal("onnx", small_detector_parameters("/nowhere/net.onnx")),
              HasSubstr("there is no network '/nowhere/net.onnx'"));
  EXPECT_THAT(of_file(""), HasSubstr("is empty"));
  EXPECT_THAT(of_file(whole.substr(0, whole.size() - 40)), HasSubstr("cut short"));
  EXPECT_THAT(of_file("version https://git-lfs.github.com/spec/v1\n"), HasSubstr("Git LFS"));
  EXPECT_THAT(of_file("<!DOCTYPE html>"), HasSubstr("page of HTML"));
  EXPECT_THAT(of_file("PK\x03\x04 and more"), HasSubstr("TorchScript"));
  EXPECT_THAT(of_file(std::string("\x08\x07", 2)), HasSubstr("no graph"));
  const std::string unknown = OnnxWriter()
                                  .input("image", {1, 3, kInputHeight, kInputWidth})
                                  .node("GlobalTeapot", "image", "maps")
                                  .output("maps", {1, 9, 8, 12})
                                  .file(21);
  EXPECT_THAT(of_file(unknown), HasSubstr("opset 21"));
  EXPECT_THAT(of_file(unknown), HasSubstr("net.onnx"));
}

TEST(Refusals, OfOutputsAndShapes) {
  const ScratchFolder folder;
  const std::string model = folder.write("net.onnx", small_detector());
  const auto with = [&](const std::string& key, ParameterValue value) {
    GivenParameters parameters = small_detector_parameters(model);
    parameters[key] = given(std::move(value));
    return refusal("onnx", parameters);
  };
  using Texts = std::vector<std::string>;
  EXPECT_THAT(with("outputs", Texts{"map"}), HasSubstr("has no output 'map'; did you mean 'maps'"));
  EXPECT_THAT(with("outputs", Texts{"protos", "maps"}), HasSubstr("net.onnx"));
  EXPECT_THAT(with("width", std::int64_t{128}),
              HasSubstr("is image [1, 3, 64, 96], but the parameters make [1, 3, 64, 128]"));
  EXPECT_THAT(with("width", std::int64_t{0}), HasSubstr("both sides"));
  EXPECT_THAT(with("head", std::string("yolo_v8")), HasSubstr("[4 + classes + masks, N]"));
  EXPECT_THAT(with("head", std::string("mask_rcnn")), HasSubstr("boxes [N, 4]"));
  EXPECT_THAT(with("anchors", std::vector<double>{1, 2, 3}),
              HasSubstr("'anchors' holds 3 numbers"));
  EXPECT_THAT(with("together", Texts{"Bus"}), HasSubstr("'together' names 'Bus'"));
  EXPECT_THAT(with("colour_deviation", std::vector<double>{1, 0, 1}), HasSubstr("holds a 0"));
}

TEST(Refusals, OfNumbersThatAreNone) {
  const ScratchFolder folder;
  const std::string model = torchscript(folder, R"(
def forward(self, x):
    return {"boxes": torch.zeros([0, 4]), "labels": torch.zeros([0]), "scores": x.sum() * float('nan'), "masks": x}
)");
  EXPECT_THAT(refusal("torchscript", torchscript_detector(model)), HasSubstr("NaN"));
  const std::string other = torchscript(folder, R"(
def forward(self, x):
    return {"pred": x}
)");
  EXPECT_THAT(refusal("torchscript", torchscript_detector(other)),
              HasSubstr("returns no 'boxes'; it returns pred [1, 3, 64, 96]"));
  EXPECT_THAT(refusal("torchscript", torchscript_detector(folder.write("a.pt", small_detector()))),
              HasSubstr("no TorchScript file"));
}

TEST(TorchScript, TakesAListAndFindsNestedOutputs) {
  const ScratchFolder folder;
  const std::string model = torchscript(folder, R"(
def forward(self, x: List[Tensor]):
    p = x[0]
    found = {"boxes": torch.tensor([[10.0, 8.0, 60.0, 40.0]]), "labels": torch.tensor([3]),
             "scores": p.mean().unsqueeze(0) * 0 + 0.75, "masks": torch.ones([1, 1, 64, 96])}
    return ({"loss": p}, [found])
)");
  Registry registry = plugins();
  GivenParameters parameters = torchscript_detector(model);
  parameters["input_as"] = given(std::string("list"));
  parameters["classes"] = given(std::vector<std::string>{"", "", "", "Car"});
  const PluginInfo& info = registry.find(PluginKind::detector, "torchscript").info;
  const auto detector =
      registry.make<Detector>("torchscript", Parameters(info.parameters, parameters, "detector"));
  const ColourImage picture(kInputWidth, kInputHeight);
  const auto found = detector->detect({&picture, 1}).at(0);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].category, "Car");
  EXPECT_DOUBLE_EQ(found[0].score, 0.75);
  EXPECT_DOUBLE_EQ(found[0].box.right, 60.5);
  EXPECT_EQ(found[0].mask.at(30, 20), 1);
  EXPECT_EQ(found[0].mask.at(5, 20), 0);
}

}  // namespace
}  // namespace monodr
