// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "plugin/contract_pictures.h"
#include "plugin/contract_tools.h"
#include "plugin/depth_estimator.h"

namespace monodr {
namespace {

std::vector<CameraPicture> camera_pictures() {
  std::vector<CameraPicture> pictures;
  for (ColourImage& image : contract_pictures()) {
    CameraPicture& picture = pictures.emplace_back();
    picture.camera.width = image.width;
    picture.camera.height = image.height;
    picture.camera.intrinsics = {
        0.8 * image.width, 0.8 * image.width, image.width / 2.0, image.height / 2.0};
    picture.image = std::move(image);
  }
  return pictures;
}

std::string wrong_map(const EstimatedDepth& depth, const ColourImage& picture) {
  if (depth.metres.width != picture.width || depth.metres.height != picture.height)
    return fmt::format("the map is {}x{}", depth.metres.width, depth.metres.height);
  for (const float z : depth.metres.values)
    if (!std::isfinite(z) || z < 0) return fmt::format("a depth is {}", z);
  if (!(depth.relative_deviation > 0) || depth.relative_deviation > 1)
    return fmt::format("the stated deviation is {}, not within 0..1", depth.relative_deviation);
  return "";
}

std::string wrong_maps(const DepthEstimator& estimator) {
  const std::vector<CameraPicture> pictures = camera_pictures();
  const std::vector<EstimatedDepth> depths = estimator.estimate(pictures);
  if (depths.size() != pictures.size())
    return fmt::format("{} maps for {} pictures", depths.size(), pictures.size());
  for (size_t i = 0; i < pictures.size(); ++i) {
    const ColourImage& picture = pictures[i].image;
    if (const std::string error = wrong_map(depths[i], picture); !error.empty())
      return fmt::format("picture of {}x{}: {}", picture.width, picture.height, error);
  }
  return estimator.estimate({}).empty() ? "" : "no pictures, and yet a map";
}

std::string as_text(const std::vector<EstimatedDepth>& depths) {
  std::string text;
  for (const EstimatedDepth& depth : depths)
    text += bytes_of(depth.metres.values) + bytes_of<double>({depth.relative_deviation});
  return text;
}

std::string batch_differs(const DepthEstimator& estimator) {
  const std::vector<CameraPicture> pictures = camera_pictures();
  const std::vector<EstimatedDepth> together = estimator.estimate(pictures);
  for (size_t i = 0; i < pictures.size(); ++i)
    if (as_text(estimator.estimate({&pictures[i], 1})) != as_text({together[i]}))
      return fmt::format("picture {} alone gives other bits", i);
  return "";
}

}  // namespace

ContractReport check_depth_estimator_contract(Registry& registry,
                                              const std::string& name,
                                              const GivenParameters& given) {
  const PluginInfo& info = registry.find(PluginKind::depth_estimator, name).info;
  ContractChecker checker(info);
  checker.check_schema(info);
  std::unique_ptr<DepthEstimator> estimator;
  checker.check("can be made", [&] {
    estimator = registry.make<DepthEstimator>(
        name, Parameters(info.parameters, given, "depth_estimator." + name));
    return std::string();
  });
  if (!estimator) return checker.report();
  checker.check("a map of metres of pictures of any size, with its deviation",
                [&] { return wrong_maps(*estimator); });
  checker.check("a batch equals its items", [&] { return batch_differs(*estimator); });
  checker.check("the same bits twice, on any number of threads and from two at once", [&] {
    return answers_that_change([&] { return as_text(estimator->estimate(camera_pictures())); });
  });
  return checker.report();
}

}  // namespace monodr
