// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "plugin/contract_pictures.h"
#include "plugin/contract_tools.h"
#include "plugin/detector.h"

namespace monodr {
namespace {

using Found = std::vector<std::vector<FoundObject>>;

std::string wrong_object(const FoundObject& object, const ColourImage& picture, bool gives_masks) {
  const Box2d& box = object.box;
  for (const double side : {box.left, box.top, box.right, box.bottom, object.score})
    if (!std::isfinite(side)) return "a side of a box or a score is not finite";
  if (box.width() <= 0 || box.height() <= 0) return "a box is empty";
  if (box.left < 0 || box.top < 0 || box.right > picture.width || box.bottom > picture.height)
    return "a box reaches beyond the picture";
  if (object.score < 0 || object.score > 1)
    return fmt::format("a score is {}, not within 0..1", object.score);
  if (object.category.empty()) return "an object has no category";
  if (object.mask.empty())
    return gives_masks ? "an object has no mask, though gives_masks() says so" : "";
  if (object.mask.width != picture.width || object.mask.height != picture.height)
    return fmt::format("a mask is {}x{}", object.mask.width, object.mask.height);
  for (const std::uint8_t value : object.mask.values)
    if (value > 1) return "a mask has values other than 0 and 1";
  return "";
}

std::string wrong_lists(const Detector& detector) {
  const std::vector<ColourImage> pictures = contract_pictures();
  const Found found = detector.detect(pictures);
  if (found.size() != pictures.size())
    return fmt::format("{} lists for {} pictures", found.size(), pictures.size());
  for (size_t i = 0; i < pictures.size(); ++i)
    for (size_t n = 0; n < found[i].size(); ++n) {
      std::string error = wrong_object(found[i][n], pictures[i], detector.gives_masks());
      if (error.empty() && n > 0 && found[i][n].score > found[i][n - 1].score)
        error = "the surest object is not the first";
      if (!error.empty())
        return fmt::format("picture of {}x{}: {}", pictures[i].width, pictures[i].height, error);
    }
  if (!detector.detect({}).empty()) return "no pictures, and yet a list";
  return "";
}

std::string as_text(const Found& found) {
  std::string text;
  for (const auto& objects : found) {
    text += "picture\n";
    for (const FoundObject& o : objects)
      text += o.category +
              bytes_of<double>({o.score, o.box.left, o.box.top, o.box.right, o.box.bottom}) +
              bytes_of(o.mask.values);
  }
  return text;
}

std::string batch_differs(const Detector& detector) {
  const std::vector<ColourImage> pictures = contract_pictures();
  const Found together = detector.detect(pictures);
  for (size_t i = 0; i < pictures.size(); ++i)
    if (as_text(detector.detect({&pictures[i], 1})) != as_text({together[i]}))
      return fmt::format("picture {} alone gives other bits", i);
  return "";
}

}  // namespace

ContractReport check_detector_contract(Registry& registry,
                                       const std::string& name,
                                       const GivenParameters& given) {
  const PluginInfo& info = registry.find(PluginKind::detector, name).info;
  ContractChecker checker(info);
  checker.check_schema(info);
  std::unique_ptr<Detector> detector;
  checker.check("can be made", [&] {
    detector =
        registry.make<Detector>(name, Parameters(info.parameters, given, "detector." + name));
    return std::string();
  });
  if (!detector) return checker.report();
  checker.check("boxes, scores and masks of pictures of any size",
                [&] { return wrong_lists(*detector); });
  checker.check("a batch equals its items", [&] { return batch_differs(*detector); });
  checker.check("the same bits twice, on any number of threads and from two at once", [&] {
    return answers_that_change([&] { return as_text(detector->detect(contract_pictures())); });
  });
  return checker.report();
}

}  // namespace monodr
