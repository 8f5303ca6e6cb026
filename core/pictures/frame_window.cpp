// SPDX-License-Identifier: Apache-2.0
#include "pictures/frame_window.h"

#include <opencv2/imgproc.hpp>

#include "pictures/canvas.h"

namespace monodr {
namespace {

constexpr double kMeshOpacity = 0.65;

/// The window of the image at its own resolution.
cv::Mat cut(const cv::Mat& image, const CropWindow& window) {
  const double scale = window.scale();
  // Both pictures have their pixels' centres at halves; OpenCV counts centres as whole numbers.
  const cv::Matx23d map(
      scale, 0, scale * (0.5 - window.left) - 0.5, 0, scale, scale * (0.5 - window.top) - 0.5);
  cv::Mat picture;
  cv::warpAffine(image,
                 picture,
                 map,
                 cv::Size(window.size, window.size),
                 scale > 1 ? cv::INTER_CUBIC : cv::INTER_AREA,
                 cv::BORDER_CONSTANT,
                 cv::Scalar(128, 128, 128));
  return picture;
}

}  // namespace

struct FrameWindow::Picture {
  cv::Mat pixels;
};

FrameWindow::FrameWindow(const ColourImage& picture, const Camera& camera, const CropWindow& window)
    : camera_(camera) {
  picture_ = std::make_unique<Picture>(Picture{cut(bgr_of(picture), window)});
  camera_.intrinsics = window.intrinsics(camera);
  camera_.width = camera_.height = window.size;
}

FrameWindow::~FrameWindow() = default;

RgbPicture FrameWindow::draw(const OverlayObject* fitted, const Box3d* label) const {
  cv::Mat canvas = picture_->pixels.clone();
  if (fitted != nullptr) {
    draw_mesh(canvas, camera_, fitted->mesh);
    cv::addWeighted(canvas, kMeshOpacity, picture_->pixels, 1 - kMeshOpacity, 0, canvas);
    draw_box(canvas, camera_, fitted->box, kFitted, 2);
  }
  if (label != nullptr) draw_box(canvas, camera_, *label, kLabel, 2);
  cv::cvtColor(canvas, canvas, cv::COLOR_BGR2RGB);
  RgbPicture picture{canvas.cols, canvas.rows, {}};
  picture.pixels.assign(canvas.data, canvas.data + canvas.total() * 3);
  return picture;
}

}  // namespace monodr
