// SPDX-License-Identifier: Apache-2.0
#include "evidence/manifest_source.h"

#include <cmath>
#include <filesystem>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "base/error.h"
#include "base/text.h"
#include "data/boxes2d.h"
#include "data/kitti_label.h"
#include "evidence/coco.h"
#include "evidence/npz.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

Camera camera_of(const ManifestFrame& frame, int width, int height) {
  Camera camera;
  camera.width = width;
  camera.height = height;
  camera.intrinsics = frame.intrinsics;
  if (frame.intrinsics.fx == 0) {
    const double focal = width / (2 * std::tan(frame.horizontal_field_of_view * M_PI / 360));
    camera.intrinsics = {focal, focal, width / 2.0, height / 2.0};
  }
  return camera;
}

/// OpenCV counts pixel centres from 0, monodr from 0.5.
cv::Mat opencv_matrix(const Intrinsics& k) {
  return (cv::Mat_<double>(3, 3) << k.fx, 0, k.cx - 0.5, 0, k.fy, k.cy - 0.5, 0, 0, 1);
}

cv::Mat undistorted(const cv::Mat& picture,
                    const ManifestFrame& frame,
                    const Camera& camera,
                    int how) {
  if (frame.distortion.empty()) return picture;
  const cv::Mat k = opencv_matrix(camera.intrinsics);
  cv::Mat x, y, result;
  cv::initUndistortRectifyMap(k, frame.distortion, cv::Mat(), k, picture.size(), CV_32FC1, x, y);
  cv::remap(picture, result, x, y, how, cv::BORDER_CONSTANT);
  return result;
}

ColourImage picture_of(const ManifestFrame& frame, const Camera& camera) {
  ColourImage image = load_colour_image(frame.picture);
  cv::Mat pixels(image.height, image.width, CV_8UC3, image.rgb.data());
  undistorted(pixels, frame, camera, cv::INTER_LINEAR).copyTo(pixels);
  return image;
}

void check_size(const std::string& path, int width, int height, const Camera& camera) {
  if (width == camera.width && height == camera.height) return;
  throw UserError(fmt::format("'{}' is {}x{} pixels, its picture {}x{}; they must be of one size",
                              path,
                              width,
                              height,
                              camera.width,
                              camera.height));
}

template <typename Value>
void undistort_plane(Plane<Value>& plane, const ManifestFrame& frame, const Camera& camera) {
  if (frame.distortion.empty()) return;
  cv::Mat pixels(plane.height, plane.width, cv::DataType<Value>::type, plane.values.data());
  undistorted(pixels, frame, camera, cv::INTER_NEAREST).copyTo(pixels);
}

/// The numbers of a depth file as they stand there.
Plane<float> raw_depth(const std::string& path) {
  const std::string ending = lower_case(fs::path(path).extension().string());
  if (ending == ".npz") return read_npz_plane(path, "depth");
  if (ending == ".npy") return read_npy_plane(path);
  const cv::Mat read = cv::imread(path, cv::IMREAD_UNCHANGED);
  if (read.empty() || read.channels() != 1)
    throw UserError(fmt::format(
        "'{}' is {}; depth is a PNG, TIFF or EXR of one channel, or a NumPy array",
        path,
        read.empty() ? "no picture that can be read" : "a picture of several channels"));
  if (read.depth() == CV_8U)
    throw UserError(fmt::format(
        "'{}' has 8 bits a pixel, too few for depth; write it with 16 bits or as floats", path));
  cv::Mat numbers;
  read.convertTo(numbers, CV_32F);
  Plane<float> plane(numbers.cols, numbers.rows);
  std::copy(numbers.begin<float>(), numbers.end<float>(), plane.values.begin());
  return plane;
}

DepthMap depth_of(const ManifestFrame& frame, const Camera& camera) {
  DepthMap depth;
  if (frame.depth.empty()) return depth;
  depth.metres = raw_depth(frame.depth);
  check_size(frame.depth, depth.metres.width, depth.metres.height, camera);
  undistort_plane(depth.metres, frame, camera);
  size_t given = 0;
  for (float& value : depth.metres.values) {
    const bool is_none =
        !std::isfinite(value) || value <= 0 || value == static_cast<float>(frame.depth_invalid);
    value = is_none ? 0 : static_cast<float>(value * frame.depth_unit);
    given += value > 0;
  }
  depth.is_sparse = given * 2 < depth.metres.values.size();
  depth.relative_deviation = depth.is_sparse ? 0 : frame.depth_deviation;
  return depth;
}

std::vector<Instance> masks_of(const ManifestFrame& frame,
                               const Camera& camera,
                               const DepthMap& depth,
                               double minimum_score) {
  std::vector<Instance> instances;
  const auto add = [&](BinaryMask mask) {
    undistort_plane(mask, frame, camera);
    Instance instance;
    instance.box = box_around(mask);
    if (!depth.empty()) instance.depth = median_depth(depth, mask);
    instance.mask = std::move(mask);
    if (instance.box.area() > 0) instances.push_back(std::move(instance));
  };
  for (const std::string& path : frame.masks) {
    if (lower_case(fs::path(path).extension().string()) == ".json") {
      for (BinaryMask& mask : CocoMasks(path).masks(
               fs::path(frame.picture).stem().string(), camera.width, camera.height, minimum_score))
        add(std::move(mask));
      continue;
    }
    const Plane<std::uint16_t> ids = load_plane16(path);
    check_size(path, ids.width, ids.height, camera);
    // One file an object: whatever is not 0. One file for all: each value an object.
    if (frame.masks.size() > 1) {
      BinaryMask mask(ids.width, ids.height);
      for (size_t i = 0; i < ids.values.size(); ++i) mask.values[i] = ids.values[i] != 0;
      add(std::move(mask));
    } else {
      for (Instance& instance : instances_of_ids(ids)) add(std::move(instance.mask));
    }
  }
  return instances;
}

}  // namespace

ManifestSource::ManifestSource(const DatasetRequest& request)
    : request_(request), frames_(read_manifest(request.root)) {
  for (size_t i = 0; i < frames_.size(); ++i) row_of_[frames_[i].id] = i;
}

const ManifestFrame& ManifestSource::of(const std::string& frame) const {
  const auto found = row_of_.find(frame);
  if (found != row_of_.end()) return frames_[found->second];
  throw UserError(
      fmt::format("'{}' has no frame '{}'{}", request_.root, frame, did_you_mean(frame, frames())));
}

std::vector<std::string> ManifestSource::frames() const {
  std::vector<std::string> ids;
  for (const ManifestFrame& frame : frames_) ids.push_back(frame.id);
  return ids;
}

Frame ManifestSource::read(const std::string& id) const {
  const ManifestFrame& source = of(id);
  Frame frame;
  frame.evidence.frame = id;
  frame.evidence.camera = camera(id);
  frame.evidence.image = picture_of(source, frame.evidence.camera);
  frame.depth = depth_of(source, frame.evidence.camera);
  if (!source.masks.empty())
    frame.instances = masks_of(source, frame.evidence.camera, frame.depth, request_.minimum_score);
  if (source.boxes.empty() && !frame.instances)
    throw UserError(
        fmt::format("frame '{}' has neither boxes nor masks, so nothing says where its objects "
                    "are; name one of "
                    "them in the manifest",
                    id));
  if (source.boxes.empty()) {
    for (size_t i = 0; i < frame.instances->size(); ++i)
      frame.objects.push_back(
          {int(i), int(i), {request_.category_model.name, (*frame.instances)[i].box, 1}});
    return frame;
  }
  const std::vector<ObjectBox2d> boxes = read_boxes2d(source.boxes, BoxFile::detections);
  const std::vector<bool> stays = suppress_non_maxima(boxes);
  for (size_t i = 0; i < boxes.size(); ++i)
    if (stays[i] && boxes[i].score >= request_.minimum_score)
      frame.objects.push_back({int(i), -1, boxes[i]});
  if (frame.instances)
    assign_instances(frame);
  else if (!request_.mask_cache.empty())
    frame.digest = digest_of(frame);
  return frame;
}

std::string ManifestSource::picture(const std::string& frame) const {
  return of(frame).picture;
}

Camera ManifestSource::camera(const std::string& frame) const {
  const ManifestFrame& source = of(frame);
  const ColourImage image = load_colour_image(source.picture);
  return camera_of(source, image.width, image.height);
}

bool ManifestSource::has_labels(const std::string& frame) const {
  return !of(frame).labels.empty();
}

std::vector<Annotation> ManifestSource::labels(const std::string& frame) const {
  const std::string& path = of(frame).labels;
  return parse_kitti_objects(read_file(path), KittiFileKind::labels, path);
}

}  // namespace monodr
