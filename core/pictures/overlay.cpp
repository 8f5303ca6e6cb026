// SPDX-License-Identifier: Apache-2.0
#include "pictures/overlay.h"

#include <algorithm>
#include <numeric>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "base/error.h"
#include "pictures/canvas.h"

namespace monodr {
namespace {

constexpr double kMeshOpacity = 0.6;

/// Bird's-eye view: the camera at the middle of the lower edge, z upward.
class GroundView {
 public:
  GroundView(int size, double metres) : scale_(size / metres), canvas_(size, size, CV_8UC3) {
    canvas_.setTo(cv::Scalar(28, 28, 28));
    for (double z = 0; z < metres; z += 10)
      cv::line(canvas_, at(-metres / 2, z), at(metres / 2, z), cv::Scalar(70, 70, 70));
  }

  void draw(const Box3d& box, const cv::Scalar& colour) {
    const auto c = box.corners();
    for (int i = 0; i < 4; ++i)
      cv::line(canvas_,
               at(c[i].x(), c[i].z()),
               at(c[(i + 1) % 4].x(), c[(i + 1) % 4].z()),
               colour,
               1,
               cv::LINE_AA);
    const Eigen::Vector3d front = (c[0] + c[1]) / 2;
    cv::line(canvas_,
             at(box.location.x(), box.location.z()),
             at(front.x(), front.z()),
             colour,
             1,
             cv::LINE_AA);
  }

  const cv::Mat& canvas() const { return canvas_; }

 private:
  cv::Point at(double x, double z) const {
    return {cvRound(canvas_.cols / 2.0 + x * scale_), cvRound(canvas_.rows - 1 - z * scale_)};
  }

  double scale_;
  cv::Mat canvas_;
};

}  // namespace

void write_overlay(const std::string& image_path,
                   const Camera& camera,
                   const std::vector<OverlayObject>& objects,
                   const std::vector<Annotation>& labels,
                   const std::string& output_path) {
  cv::Mat image = cv::imread(image_path, cv::IMREAD_COLOR);
  if (image.empty()) throw UserError(fmt::format("cannot read the image '{}'", image_path));
  cv::Mat painted = image.clone();
  std::vector<size_t> far_to_near(objects.size());
  std::iota(far_to_near.begin(), far_to_near.end(), size_t{0});
  std::sort(far_to_near.begin(), far_to_near.end(), [&](size_t a, size_t b) {
    return objects[a].box.location.z() > objects[b].box.location.z();
  });
  for (const size_t i : far_to_near) draw_mesh(painted, camera, objects[i].mesh);
  cv::addWeighted(painted, kMeshOpacity, image, 1 - kMeshOpacity, 0, painted);

  GroundView ground(painted.rows, 50);
  for (const Annotation& label : labels) {
    draw_box(painted, camera, label.box3d, kLabel);
    const Box2d& b = label.box2d;
    cv::rectangle(painted,
                  cv::Point(cvRound(b.left), cvRound(b.top)),
                  cv::Point(cvRound(b.right), cvRound(b.bottom)),
                  kWhite,
                  1);
    ground.draw(label.box3d, kLabel);
  }
  for (const OverlayObject& object : objects) {
    draw_box(painted, camera, object.box, kFitted);
    ground.draw(object.box, kFitted);
    const Eigen::Vector3d top = object.box.location - Eigen::Vector3d(0, object.box.height, 0);
    if (in_front(camera, top))
      cv::putText(painted,
                  fmt::format("{:.2f}", object.score),
                  pixel(camera, top),
                  cv::FONT_HERSHEY_SIMPLEX,
                  0.4,
                  kFitted,
                  1,
                  cv::LINE_AA);
  }
  cv::Mat sheet;
  cv::hconcat(painted, ground.canvas(), sheet);
  if (!cv::imwrite(output_path, sheet))
    throw UserError(fmt::format("cannot write the picture '{}'", output_path));
}

}  // namespace monodr
