// SPDX-License-Identifier: Apache-2.0
#include "evidence/network_evidence.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "base/error.h"
#include "base/sha256.h"
#include "evidence/coco_rle.h"

namespace monodr {
namespace {

using nlohmann::json;

constexpr double kUnitsPerMetre = 256;  // KITTI's
constexpr double kLargestUnit = 65534;  // 65535 means none

std::string folder_in(const std::string& cache) {
  return cache.empty() ? "" : cache + "/networks";
}

std::string hash_of(const ColourImage& image) {
  const std::string_view bytes{reinterpret_cast<const char*>(image.rgb.data()), image.rgb.size()};
  return fmt::format("{}x{} {}", image.width, image.height, sha256(bytes));
}

std::string written(const std::vector<FoundObject>& objects) {
  json list = json::array();
  for (const FoundObject& o : objects) {
    json entry = {{"category", o.category},
                  {"score", o.score},
                  {"box", {o.box.left, o.box.top, o.box.right, o.box.bottom}}};
    if (!o.mask.empty())
      entry["mask"] = {{"size", {o.mask.height, o.mask.width}},
                       {"counts", text_of_runs(runs_of_mask(o.mask))}};
    list.push_back(std::move(entry));
  }
  return list.dump();
}

std::vector<FoundObject> read_objects(const std::string& text) {
  std::vector<FoundObject> objects;
  for (const json& entry : json::parse(text)) {
    FoundObject& o = objects.emplace_back();
    o.category = entry.at("category");
    o.score = entry.at("score");
    const json& box = entry.at("box");
    o.box = {box.at(0), box.at(1), box.at(2), box.at(3)};
    if (!entry.contains("mask")) continue;
    const json& mask = entry.at("mask");
    o.mask = mask_of_runs(runs_of_text(mask.at("counts").get<std::string>()),
                          mask.at("size").at(1),
                          mask.at("size").at(0));
  }
  return objects;
}

/// PNG of 16 bits, with the stated deviation in front of it.
std::string written(const EstimatedDepth& depth) {
  Plane<std::uint16_t> plane = depth_units(depth.metres);
  const cv::Mat units(plane.height, plane.width, CV_16U, plane.values.data());
  std::vector<std::uint8_t> bytes;
  // Speed before size: a level of 1 takes a fifth of the time for a tenth more bytes.
  MONODR_CHECK(cv::imencode(".png", units, bytes, {cv::IMWRITE_PNG_COMPRESSION, 1}),
               "PNG encoder refused depth");
  return fmt::format("{}\n", depth.relative_deviation) + std::string(bytes.begin(), bytes.end());
}

DepthMap read_depth(const std::string& text) {
  const std::size_t end = text.find('\n');
  DepthMap depth;
  depth.relative_deviation = std::stod(text.substr(0, end));
  const cv::Mat bytes(
      1, int(text.size() - end - 1), CV_8U, const_cast<char*>(text.data() + end + 1));
  const cv::Mat units = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
  if (units.type() != CV_16U) throw UserError("a depth map that was kept is damaged");
  depth.metres = Plane<float>(units.cols, units.rows);
  for (int y = 0; y < units.rows; ++y)
    for (int x = 0; x < units.cols; ++x)
      depth.metres.at(x, y) = float(units.at<std::uint16_t>(y, x) / kUnitsPerMetre);
  return depth;
}

}  // namespace

Plane<std::uint16_t> depth_units(const Plane<float>& metres) {
  Plane<std::uint16_t> units(metres.width, metres.height);
  std::transform(metres.values.begin(), metres.values.end(), units.values.begin(), [](float z) {
    const double unit = std::round(z * kUnitsPerMetre);
    return static_cast<std::uint16_t>(unit > kLargestUnit ? 0 : unit);
  });
  return units;
}

NetworkEvidence::NetworkEvidence(IdentifiedNetwork<Detector> detector,
                                 IdentifiedNetwork<DepthEstimator> depth_estimator,
                                 const std::string& cache)
    : how_detector_(std::move(detector)),
      how_depth_estimator_(std::move(depth_estimator)),
      objects_(folder_in(cache), ".objects"),
      depths_(folder_in(cache), ".depth") {}

const Detector& NetworkEvidence::detector() const {
  MONODR_CHECK(how_detector_.open != nullptr, "nobody asked for a detector");
  const std::lock_guard lock(mutex_);
  if (!detector_) detector_ = how_detector_.open();
  return *detector_;
}

const DepthEstimator& NetworkEvidence::depth_estimator() const {
  MONODR_CHECK(how_depth_estimator_.open != nullptr, "nobody asked for a depth estimator");
  const std::lock_guard lock(mutex_);
  if (!depth_estimator_) depth_estimator_ = how_depth_estimator_.open();
  return *depth_estimator_;
}

void NetworkEvidence::open() const {
  if (how_detector_.open) detector();
  if (how_depth_estimator_.open) depth_estimator();
}

template <typename Make>
std::string NetworkEvidence::answer(const std::string& key,
                                    const FileCache& cache,
                                    const Make& make) const {
  if (auto found = cache.find(key)) {
    ++kept_;
    return std::move(*found);
  }
  const auto start = std::chrono::steady_clock::now();
  std::string made = make();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  seconds_.fetch_add(taken.count());
  ++run_;
  cache.store(key, made);
  return made;
}

std::vector<FoundObject> NetworkEvidence::objects(const FrameEvidence& frame) const {
  const std::string key =
      sha256("objects 1 " + how_detector_.identity + hash_of(frame.image)).substr(0, 32);
  const auto make = [&] { return written(detector().detect({&frame.image, 1}).at(0)); };
  const std::string text = answer(key, objects_, make);
  try {
    return read_objects(text);
  } catch (const std::exception&) {  // an entry that was damaged outside
    return read_objects(make());
  }
}

DepthMap NetworkEvidence::depth(const FrameEvidence& frame) const {
  const Intrinsics& k = frame.camera.intrinsics;
  const std::string key = sha256(fmt::format("depth 1 {} {} {} {} {} {}",
                                             how_depth_estimator_.identity,
                                             hash_of(frame.image),
                                             k.fx,
                                             k.fy,
                                             k.cx,
                                             k.cy))
                              .substr(0, 32);
  const auto make = [&] {
    const CameraPicture picture{frame.image, frame.camera};
    return written(depth_estimator().estimate({&picture, 1}).at(0));
  };
  const std::string text = answer(key, depths_, make);
  try {
    return read_depth(text);
  } catch (const std::exception&) {
    return read_depth(make());
  }
}

}  // namespace monodr
