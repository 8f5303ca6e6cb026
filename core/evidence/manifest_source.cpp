// SPDX-License-Identifier: Apache-2.0
#include "evidence/manifest_source.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>

#include "base/error.h"
#include "base/text.h"
#include "data/kitti_label.h"
#include "evidence/network_evidence.h"
#include "evidence/npz.h"
#include "geometry/enclosing_box.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

std::string ending_of(const std::string& path) {
  return lower_case(fs::path(path).extension().string());
}

std::string name_of_picture(const ManifestFrame& frame) {
  return fs::path(frame.picture).stem().string();
}

Camera camera_of(const ManifestFrame& frame, int width, int height) {
  Camera camera;
  camera.width = width;
  camera.height = height;
  camera.intrinsics = frame.intrinsics;
  if (frame.horizontal_field_of_view > 0) {
    const double focal = width / (2 * std::tan(frame.horizontal_field_of_view * M_PI / 360));
    camera.intrinsics = {focal, focal, width / 2.0, height / 2.0};
  }
  return camera;
}

/// OpenCV counts pixel centres from 0, monodr from 0.5.
cv::Mat opencv_matrix(const Intrinsics& k) {
  return (cv::Mat_<double>(3, 3) << k.fx, 0, k.cx - 0.5, 0, k.fy, k.cy - 0.5, 0, 0, 1);
}

void undistort(cv::Mat pixels, const ManifestFrame& frame, const Camera& camera, int how) {
  if (frame.distortion.empty()) return;
  const cv::Mat k = opencv_matrix(camera.intrinsics);
  cv::Mat x, y, result;
  cv::initUndistortRectifyMap(k, frame.distortion, cv::Mat(), k, pixels.size(), CV_32FC1, x, y);
  cv::remap(pixels, result, x, y, how, cv::BORDER_CONSTANT);
  result.copyTo(pixels);
}

template <typename Value>
void undistort(Plane<Value>& plane, const ManifestFrame& frame, const Camera& camera) {
  undistort(cv::Mat(plane.height, plane.width, cv::DataType<Value>::type, plane.values.data()),
            frame,
            camera,
            cv::INTER_NEAREST);
}

/// The smallest box around the undistorted border: straight sides become curves.
Box2d undistorted(const Box2d& box, const ManifestFrame& frame, const Camera& camera) {
  if (frame.distortion.empty()) return box;
  constexpr int kSteps = 8;  // a side
  std::vector<cv::Point2d> border, straight;
  for (int i = 0; i <= kSteps; ++i) {
    const double u = box.left + box.width() * i / kSteps, v = box.top + box.height() * i / kSteps;
    for (const cv::Point2d& point : {cv::Point2d(u, box.top),
                                     cv::Point2d(u, box.bottom),
                                     cv::Point2d(box.left, v),
                                     cv::Point2d(box.right, v)})
      border.push_back(point - cv::Point2d(0.5, 0.5));
  }
  const cv::Mat k = opencv_matrix(camera.intrinsics);
  cv::undistortPoints(border, straight, k, frame.distortion, cv::noArray(), k);
  EnclosingBox result;
  for (const cv::Point2d& p : straight) result.add(p.x + 0.5, p.y + 0.5);
  return result.box();
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

NumberPicture numbers_of(const std::string& path) {
  if (ending_of(path) == ".npz") return read_npz_plane(path, "depth");
  if (ending_of(path) == ".npy") return read_npy_plane(path);
  return load_numbers(path);
}

/// The numbers of a depth file as they stand there.
Plane<float> raw_depth(const ManifestFrame& frame) {
  NumberPicture picture = numbers_of(frame.depth);
  constexpr float kLargest = 65535;
  if (picture.is_whole && picture.bits == 16)  // nothing measures the largest number there is
    std::replace(picture.values.values.begin(), picture.values.values.end(), kLargest, 0.0f);
  if (picture.bits < 16)
    throw UserError(fmt::format(
        "'{}' has {} bits a pixel, too few for depth; write it with 16 bits or as floats",
        frame.depth,
        picture.bits));
  if (picture.is_whole && frame.depth_unit == 0)
    throw UserError(
        fmt::format("'{}' holds whole numbers, and nothing says of what; write depth_unit in the "
                    "manifest: 0.001 "
                    "for millimetres, 0.00390625 for KITTI's 1/256 m",
                    frame.depth));
  return std::move(picture.values);
}

void check_shape(const Plane<float>& plane, const std::string& path, const Camera& camera) {
  constexpr double kTolerance = 0.02;  // networks round both sides to multiples of 8 to 64 pixels
  const double ratio = double(plane.width) * camera.height / (double(plane.height) * camera.width);
  if (std::abs(ratio - 1) <= kTolerance) return;
  throw UserError(
      fmt::format("'{}' is {}x{} pixels, its picture {}x{}; depth may be of another resolution, "
                  "but must show the "
                  "whole picture",
                  path,
                  plane.width,
                  plane.height,
                  camera.width,
                  camera.height));
}

/// The points fall into the undistorted picture, as its camera has it.
DepthMap lidar_depth_of(const ManifestFrame& frame, const Camera& camera) {
  KittiCalibration calibration;
  calibration.path = "lidar_pose";
  calibration.camera = camera;
  calibration.velodyne_to_rectified = frame.lidar_pose;
  return load_depth_velodyne(frame.lidar, calibration);
}

DepthMap depth_of(const ManifestFrame& frame, const Camera& camera) {
  if (!frame.lidar.empty()) return lidar_depth_of(frame, camera);
  DepthMap depth;
  if (frame.depth.empty()) return depth;
  depth.file = frame.depth;
  depth.metres = raw_depth(frame);
  check_shape(depth.metres, frame.depth, camera);
  if (depth.metres.width != camera.width || depth.metres.height != camera.height)
    depth.metres = resized(depth.metres, camera.width, camera.height);
  undistort(depth.metres, frame, camera);
  const double unit = frame.depth_unit == 0 ? 1 : frame.depth_unit;
  size_t given = 0;
  for (float& value : depth.metres.values) {
    const bool is_none =
        !std::isfinite(value) || value <= 0 || value == static_cast<float>(frame.depth_invalid);
    value = is_none ? 0 : static_cast<float>(value * unit);
    given += value > 0;
  }
  depth.is_sparse = given * 2 < depth.metres.values.size();
  depth.relative_deviation = depth.is_sparse ? 0 : frame.depth_deviation;
  return depth;
}

}  // namespace

ManifestSource::ManifestSource(const DatasetRequest& request)
    : request_(request), frames_(read_manifest(request.root)) {
  std::map<std::string, std::vector<const ManifestFrame*>> users;
  for (size_t i = 0; i < frames_.size(); ++i) {
    row_of_[frames_[i].id] = i;
    for (const std::string& path : frames_[i].masks)
      if (ending_of(path) == ".json") users[path].push_back(&frames_[i]);
  }
  for (const auto& [path, frames] : users) {
    if (frames.size() < 2) continue;
    const CocoMasks& file = coco_.emplace(path, CocoMasks(path)).first->second;
    if (std::none_of(frames.begin(), frames.end(), [&](const ManifestFrame* frame) {
          return file.has(name_of_picture(*frame));
        }))
      throw UserError(
          fmt::format("'{}' lists none of the {} pictures that the manifest gives it: not even "
                      "'{}'; its \"file_name\" must be "
                      "the picture's",
                      path,
                      frames.size(),
                      name_of_picture(*frames[0])));
  }
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

FrameEvidence ManifestSource::view(const std::string& id) const {
  const ManifestFrame& source = of(id);
  FrameEvidence evidence;
  evidence.frame = id;
  evidence.image = load_colour_image(source.picture);
  ColourImage& image = evidence.image;
  evidence.camera = camera_of(source, image.width, image.height);
  undistort(cv::Mat(image.height, image.width, CV_8UC3, image.rgb.data()),
            source,
            evidence.camera,
            cv::INTER_LINEAR);
  if (source.camera_height > 0) evidence.ground = GroundRange::around(source.camera_height);
  evidence.ground.slope = source.road_slope;
  return evidence;
}

std::vector<CocoMask> ManifestSource::coco_masks(const std::string& path,
                                                 const ManifestFrame& frame,
                                                 const Camera& camera) const {
  const auto masks_in = [&](const CocoMasks& file) {
    return file.masks(name_of_picture(frame), camera.width, camera.height, request_.minimum_score);
  };
  const auto shared = coco_.find(path);
  if (shared != coco_.end()) return masks_in(shared->second);
  const CocoMasks own(path);
  own.require(name_of_picture(frame));
  return masks_in(own);
}

/// Instances, and without boxes an object for each.
void ManifestSource::add_masks(const ManifestFrame& source, Frame& frame) const {
  const Camera& camera = frame.evidence.camera;
  frame.instances.emplace();
  const auto add =
      [&](BinaryMask mask, const std::string& category, double score, bool is_object = true) {
        undistort(mask, source, camera);
        Instance instance;
        instance.box = box_around(mask);
        if (instance.box.area() <= 0) return;
        if (!frame.depth.empty()) instance.depth = depth_under(frame.depth, mask);
        instance.mask = std::move(mask);
        instance.is_object = is_object;
        const int number = int(frame.instances->size());
        if (source.boxes.empty() && request_.boxes != BoxSource::network && is_object)
          frame.objects.push_back(
              {number,
               number,
               {category.empty() ? request_.category_model.name : category, instance.box, score}});
        frame.instances->push_back(std::move(instance));
      };
  for (const std::string& path : source.masks) {
    if (ending_of(path) == ".json") {
      for (CocoMask& found : coco_masks(path, source, camera))
        add(std::move(found.mask), found.category, found.score);
      continue;
    }
    const Plane<std::uint16_t> values = load_plane16(path);
    check_size(path, values.width, values.height, camera);
    if (source.mask_files == MaskFiles::one_an_object) {
      BinaryMask mask(values.width, values.height);
      for (size_t i = 0; i < values.values.size(); ++i) mask.values[i] = values.values[i] != 0;
      add(std::move(mask), "", 1);
    } else {
      for (Instance& found : instances_of_ids(values))
        add(std::move(found.mask), found.category, 1, found.is_object);
    }
  }
}

Frame ManifestSource::read(const std::string& id) const {
  const ManifestFrame& source = of(id);
  Frame frame;
  frame.evidence = view(id);
  frame.depth = request_.asks_depth_estimator() ? request_.networks->depth(frame.evidence)
                                                : depth_of(source, frame.evidence.camera);
  const bool network_boxes = request_.boxes == BoxSource::network;
  const bool network_masks = request_.masks == MaskKind::network;
  const bool has_masks = source.mask_files != MaskFiles::none && !network_masks;
  if (source.boxes.empty() && !network_boxes && !has_masks)
    throw UserError(
        fmt::format("frame '{}' has neither boxes nor masks, so nothing says where its objects "
                    "are; add its file, let a network find them (dataset.boxes = \"network\"), or "
                    "take the picture out of the manifest",
                    id));
  if (has_masks) add_masks(source, frame);
  if (!source.boxes.empty() && !network_boxes) {
    frame.objects = read_objects(source.boxes, BoxFile::detections, request_.minimum_score);
    for (DetectedObject& detected : frame.objects)
      detected.object.box = undistorted(detected.object.box, source, frame.evidence.camera);
    leave_out_beyond_picture(frame, source.boxes);
  }
  take_network_objects(frame, request_);
  const bool has_boxes = network_boxes || !source.boxes.empty();
  if (has_masks && has_boxes) assign_instances(frame);
  if (!has_masks && !request_.mask_cache.empty() &&
      (!network_masks || request_.missing_mask == MissingMask::grabcut))
    frame.digest = digest_of(frame);
  return frame;
}

std::vector<std::string> ManifestSource::notes() const {
  std::vector<std::string> notes;
  for (const auto& [path, file] : coco_)
    notes.insert(notes.end(), file.faults().begin(), file.faults().end());
  return notes;
}

bool ManifestSource::has_labels(const std::string& frame) const {
  return !of(frame).labels.empty();
}

std::vector<Annotation> ManifestSource::labels(const std::string& frame) const {
  const std::string& path = of(frame).labels;
  return parse_kitti_objects(read_file(path), KittiFileKind::labels, path);
}

}  // namespace monodr
