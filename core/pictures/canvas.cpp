// SPDX-License-Identifier: Apache-2.0
#include "pictures/canvas.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "geometry/depth_limits.h"

namespace monodr {
cv::Mat bgr_of(const ColourImage& picture) {
  const cv::Mat rgb(
      picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t*>(picture.rgb.data()));
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  return bgr;
}

cv::Point pixel(const Camera& camera, const Eigen::Vector3d& point) {
  const Eigen::Vector2d p = camera.project(point);
  // Drawing functions count pixel centres as whole numbers.
  return {cvRound(p.x() - 0.5), cvRound(p.y() - 0.5)};
}

bool in_front(const Camera& camera, const Eigen::Vector3d& point) {
  return (point + camera.offset).z() > kNearPlane;
}

void draw_mesh(cv::Mat& canvas, const Camera& camera, const Mesh& mesh) {
  std::vector<int> order;
  std::vector<double> depth(mesh.faces.size());
  for (size_t f = 0; f < mesh.faces.size(); ++f) {
    const Eigen::Vector3d a = mesh.vertices[mesh.faces[f][0]].cast<double>();
    const Eigen::Vector3d b = mesh.vertices[mesh.faces[f][1]].cast<double>();
    const Eigen::Vector3d c = mesh.vertices[mesh.faces[f][2]].cast<double>();
    if (!in_front(camera, a) || !in_front(camera, b) || !in_front(camera, c)) continue;
    if ((b - a).cross(c - a).dot(a + camera.offset) >= 0) continue;
    depth[f] = (a + b + c).norm();
    order.push_back(static_cast<int>(f));
  }
  std::sort(order.begin(), order.end(), [&](int a, int b) { return depth[a] > depth[b]; });
  for (const int f : order) {
    cv::Point corners[3];
    Eigen::Vector3f colour = Eigen::Vector3f::Zero();
    for (int k = 0; k < 3; ++k) {
      const int v = mesh.faces[f][k];
      corners[k] = pixel(camera, mesh.vertices[v].cast<double>());
      colour += mesh.colours.empty() ? Eigen::Vector3f(0.6F, 0.6F, 0.6F) : mesh.colours[v];
    }
    colour *= 255.0F / 3;
    cv::fillConvexPoly(canvas, corners, 3, cv::Scalar(colour.z(), colour.y(), colour.x()));
  }
}

void draw_box(
    cv::Mat& canvas, const Camera& camera, const Box3d& box, const cv::Scalar& colour, int width) {
  const auto corners = box.corners();
  const auto line = [&](int a, int b) {
    if (in_front(camera, corners[a]) && in_front(camera, corners[b]))
      cv::line(
          canvas, pixel(camera, corners[a]), pixel(camera, corners[b]), colour, width, cv::LINE_AA);
  };
  for (int i = 0; i < 4; ++i) {
    line(i, (i + 1) % 4);
    line(4 + i, 4 + (i + 1) % 4);
    line(i, 4 + i);
  }
  line(0, 5);  // the crossed face is the front
  line(1, 4);
}

}  // namespace monodr
