// SPDX-License-Identifier: Apache-2.0
#include "synthetic/shadows.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

namespace monodr {
namespace {

constexpr float cell = .05f;    // metres
constexpr int blur_radius = 2;  // cells
constexpr float reach = 40;     // metres; longer shadows are cut off

void box_blur(std::vector<float>& values, int width, int height, int step, int lines_step) {
  const int length = step == 1 ? width : height, lines = step == 1 ? height : width;
  std::vector<float> line(length);
  for (int l = 0; l < lines; ++l) {
    float* first = &values[static_cast<size_t>(l) * lines_step];
    for (int i = 0; i < length; ++i) {
      float sum = 0;
      for (int k = -blur_radius; k <= blur_radius; ++k)
        sum += first[static_cast<size_t>(std::clamp(i + k, 0, length - 1)) * step];
      line[i] = sum / (2 * blur_radius + 1);
    }
    for (int i = 0; i < length; ++i) first[static_cast<size_t>(i) * step] = line[i];
  }
}

}  // namespace

GroundShadows::Patch GroundShadows::project(const SceneObject& object,
                                            const Eigen::Vector3f& to_sun,
                                            float ground) {
  std::vector<Eigen::Vector2f> points;
  Eigen::Vector2f low = Eigen::Vector2f::Constant(1e9f), high = -low;
  for (const Eigen::Vector3f& v : object.vertices) {
    const float k = (ground - v.y()) / -to_sun.y();
    points.emplace_back(v.x() - k * to_sun.x(), v.z() - k * to_sun.z());
    low = low.cwiseMin(points.back());
    high = high.cwiseMax(points.back());
  }
  Patch patch;
  const float margin = 3 * blur_radius * cell;
  patch.left = low.x() - margin;
  patch.near = low.y() - margin;
  patch.width = static_cast<int>((std::min(high.x() - low.x(), reach) + 2 * margin) / cell) + 1;
  patch.height = static_cast<int>((std::min(high.y() - low.y(), reach) + 2 * margin) / cell) + 1;
  patch.cover.assign(static_cast<size_t>(patch.width) * patch.height, 0);
  const Eigen::Vector2f origin(patch.left, patch.near);
  for (const auto& face : object.faces) {
    const Eigen::Vector2f a = (points[face[0]] - origin) / cell;
    const Eigen::Vector2f b = (points[face[1]] - origin) / cell;
    const Eigen::Vector2f c = (points[face[2]] - origin) / cell;
    const auto cross = [](const Eigen::Vector2f& p, const Eigen::Vector2f& q) {
      return p.x() * q.y() - p.y() * q.x();
    };
    const float area = cross(b - a, c - a);
    if (area <= 1e-6f) continue;  // of a closed surface the faces of one side cover the shadow
    const Eigen::Vector2f first = a.cwiseMin(b).cwiseMin(c), last = a.cwiseMax(b).cwiseMax(c);
    for (int y = std::max(0, int(first.y())); y <= std::min(patch.height - 1, int(last.y())); ++y)
      for (int x = std::max(0, int(first.x())); x <= std::min(patch.width - 1, int(last.x()));
           ++x) {
        const Eigen::Vector2f p(x + .5f, y + .5f);
        if (cross(b - a, p - a) >= 0 && cross(c - b, p - b) >= 0 && cross(a - c, p - c) >= 0)
          patch.cover[static_cast<size_t>(y) * patch.width + x] = 1;
      }
  }
  for (int pass = 0; pass < 2; ++pass) {
    box_blur(patch.cover, patch.width, patch.height, 1, patch.width);
    box_blur(patch.cover, patch.width, patch.height, patch.width, 1);
  }
  return patch;
}

GroundShadows::GroundShadows(const Scene& scene, const std::vector<SceneObject>& objects) {
  const float ground = static_cast<float>(scene.camera_height);
  for (const SceneObject& object : objects)
    patches_.push_back(project(object, scene.light.to_sun, ground));
  for (const SceneCar& car : scene.cars) footprints_.push_back(car.box);
}

float GroundShadows::Patch::at(float x, float z) const {
  const float u = (x - left) / cell - .5f, v = (z - near) / cell - .5f;
  const int i = static_cast<int>(std::floor(u)), j = static_cast<int>(std::floor(v));
  if (i < 0 || j < 0 || i + 1 >= width || j + 1 >= height) return 0;
  const float a = u - i, b = v - j;
  const float* p = &cover[static_cast<size_t>(j) * width + i];
  return (1 - b) * ((1 - a) * p[0] + a * p[1]) + b * ((1 - a) * p[width] + a * p[width + 1]);
}

float GroundShadows::sun(float x, float z) const {
  float cover = 0;
  for (const Patch& patch : patches_) cover = std::max(cover, patch.at(x, z));
  return 1 - cover;
}

float GroundShadows::sky(float x, float z) const {
  float share = 1;
  for (const Box3d& box : footprints_) {
    const float dx = x - static_cast<float>(box.location.x());
    const float dz = z - static_cast<float>(box.location.z());
    if (dx * dx + dz * dz > 25) continue;
    const float c = static_cast<float>(std::cos(box.rotation_y));
    const float s = static_cast<float>(std::sin(box.rotation_y));
    const float along = std::abs(c * dx - s * dz) - static_cast<float>(box.length / 2) + .15f;
    const float across = std::abs(s * dx + c * dz) - static_cast<float>(box.width / 2) + .15f;
    const float outside = std::hypot(std::max(along, 0.f), std::max(across, 0.f));
    const float inside = std::min(std::max(along, across), 0.f);
    const float t = std::clamp((outside + inside + .35f) / 1.1f, 0.f, 1.f);
    share = std::min(share, .12f + .88f * t * t * (3 - 2 * t));
  }
  return share;
}

}  // namespace monodr
