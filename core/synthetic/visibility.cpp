// SPDX-License-Identifier: Apache-2.0
#include "synthetic/visibility.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

constexpr int pole_sides = 16;

SceneObject car_object(const SceneCar& car) {
  SceneObject object;
  const Eigen::Matrix3d rotation = yaw_matrix(car.box.rotation_y);
  const Eigen::Vector3d centre = car.box.centre();
  object.vertices.reserve(car.surface.mesh.vertices.size());
  for (const Eigen::Vector3f& v : car.surface.mesh.vertices)
    object.vertices.push_back((rotation * v.cast<double>() + centre).cast<float>());
  object.faces = car.surface.mesh.faces;
  return object;
}

SceneObject pole_object(const Pole& pole, double ground) {
  SceneObject object;
  for (int k = 0; k < pole_sides; ++k) {
    const double angle = 2 * M_PI * k / pole_sides;
    for (const double up : {0.0, pole.height})
      object.vertices.emplace_back(Eigen::Vector3d(pole.x + pole.radius * std::cos(angle),
                                                   ground - up,
                                                   pole.z + pole.radius * std::sin(angle))
                                       .cast<float>());
  }
  object.vertices.emplace_back(Eigen::Vector3d(pole.x, ground - pole.height, pole.z).cast<float>());
  for (int k = 0; k < pole_sides; ++k) {
    const int a = 2 * k, b = 2 * ((k + 1) % pole_sides);
    object.faces.push_back({a, b + 1, a + 1});
    object.faces.push_back({a, b, b + 1});
    object.faces.push_back({a + 1, b + 1, 2 * pole_sides});
  }
  return object;
}

}  // namespace

std::vector<SceneObject> scene_objects(const Scene& scene) {
  std::vector<SceneObject> objects;
  for (const SceneCar& car : scene.cars) objects.push_back(car_object(car));
  for (const Pole& pole : scene.poles) objects.push_back(pole_object(pole, scene.camera_height));
  return objects;
}

void compute_normals(SceneObject& object) {
  const float crease = std::cos(35 * static_cast<float>(M_PI) / 180);
  std::vector<Eigen::Vector3f> weighted, unit;
  std::vector<std::vector<int>> around(object.vertices.size());
  for (const auto& face : object.faces) {
    const Eigen::Vector3f& a = object.vertices[face[0]];
    const Eigen::Vector3f normal =
        (object.vertices[face[1]] - a).cross(object.vertices[face[2]] - a);
    for (const int v : face) around[v].push_back(static_cast<int>(weighted.size()));
    weighted.push_back(normal);
    unit.push_back(normal / std::max(normal.norm(), 1e-12f));
  }
  object.normals.resize(object.faces.size());
  for (size_t f = 0; f < object.faces.size(); ++f)
    for (int k = 0; k < 3; ++k) {
      Eigen::Vector3f sum = weighted[f];
      for (const int other : around[object.faces[f][k]])
        if (other != static_cast<int>(f) && unit[other].dot(unit[f]) > crease)
          sum += weighted[other];
      object.normals[f][k] = sum / std::max(sum.norm(), 1e-12f);
    }
}

VisibilityBuffer::VisibilityBuffer(const Camera& camera, int samples)
    : camera_(camera),
      samples_(samples),
      width_(camera.width * samples),
      height_(camera.height * samples),
      first_column_(camera.width),
      first_row_(camera.height),
      inverse_depth_(static_cast<size_t>(width_) * height_, 0.f),
      index_(static_cast<size_t>(width_) * height_, -1) {}

void VisibilityBuffer::draw(const SceneObject& object, int id) {
  std::vector<Eigen::Vector3f> projected;  // x, y in pixels, 1/depth
  projected.reserve(object.vertices.size());
  for (const Eigen::Vector3f& v : object.vertices) {
    const Eigen::Vector3d point = v.cast<double>() + camera_.offset;
    MONODR_CHECK(point.z() > .1, "a scene's object reaches behind the camera: z = {}", point.z());
    const Eigen::Vector2d pixel = camera_.project(v.cast<double>());
    projected.push_back(Eigen::Vector3d(pixel.x(), pixel.y(), 1 / point.z()).cast<float>());
  }
  for (size_t f = 0; f < object.faces.size(); ++f) {
    ScreenTriangle triangle;
    for (int k = 0; k < 3; ++k) {
      const Eigen::Vector3f& p = projected[object.faces[f][k]];
      triangle.x[k] = p.x();
      triangle.y[k] = p.y();
      triangle.inverse_depth[k] = p.z();
    }
    triangle.object = id;
    triangle.face = static_cast<int>(f);
    triangles_.push_back(triangle);
    fill(triangle, static_cast<int>(triangles_.size()) - 1);
  }
}

void VisibilityBuffer::fill(const ScreenTriangle& t, int index) {
  // Twice the signed area; with y down it is negative for faces turned to the camera.
  const float area = (t.x[1] - t.x[0]) * (t.y[2] - t.y[0]) - (t.x[2] - t.x[0]) * (t.y[1] - t.y[0]);
  if (area >= -1e-9f) return;
  const float n = static_cast<float>(samples_);
  const int x0 = std::max(0, static_cast<int>(std::ceil(t.x.minCoeff() * n - .5f)));
  const int x1 = std::min(width_ - 1, static_cast<int>(std::floor(t.x.maxCoeff() * n - .5f)));
  const int y0 = std::max(0, static_cast<int>(std::ceil(t.y.minCoeff() * n - .5f)));
  const int y1 = std::min(height_ - 1, static_cast<int>(std::floor(t.y.maxCoeff() * n - .5f)));
  if (x0 > x1 || y0 > y1) return;
  first_column_ = std::min(first_column_, x0 / samples_);
  last_column_ = std::max(last_column_, x1 / samples_);
  first_row_ = std::min(first_row_, y0 / samples_);
  last_row_ = std::max(last_row_, y1 / samples_);

  // The weight of corner k is linear in the image: w_k = (row_k . (x, y, 1)) / area.
  float step_x[3], step_y[3], start[3];
  for (int k = 0; k < 3; ++k) {
    const int a = (k + 1) % 3, b = (k + 2) % 3;
    const float dx = (t.y[a] - t.y[b]) / area, dy = (t.x[b] - t.x[a]) / area;
    const float px = (x0 + .5f) / n, py = (y0 + .5f) / n;
    start[k] = dx * (px - t.x[a]) + dy * (py - t.y[a]);
    step_x[k] = dx / n;
    step_y[k] = dy / n;
  }
  constexpr float tolerance = -1e-6f;  // neighbours leave no gap between them
  for (int y = y0; y <= y1; ++y) {
    const size_t row = static_cast<size_t>(y) * width_;
    float w[3];
    for (int k = 0; k < 3; ++k) w[k] = start[k] + step_y[k] * (y - y0);
    for (int x = x0; x <= x1; ++x) {
      if (w[0] >= tolerance && w[1] >= tolerance && w[2] >= tolerance) {
        const float inverse =
            w[0] * t.inverse_depth[0] + w[1] * t.inverse_depth[1] + w[2] * t.inverse_depth[2];
        if (inverse > inverse_depth_[row + x]) {
          inverse_depth_[row + x] = inverse;
          index_[row + x] = index;
        }
      }
      for (int k = 0; k < 3; ++k) w[k] += step_x[k];
    }
  }
}

int VisibilityBuffer::count(int id) const {
  int sum = 0;
  for (int y = first_row_ * samples_; y < (last_row_ + 1) * samples_; ++y)
    for (int x = first_column_ * samples_; x < (last_column_ + 1) * samples_; ++x) {
      const int index = index_[static_cast<size_t>(y) * width_ + x];
      sum += index >= 0 && triangles_[index].object == id;
    }
  return sum;
}

VisibilityBuffer::Hit VisibilityBuffer::at(int x, int y) const {
  const size_t place = static_cast<size_t>(y) * width_ + x;
  const int index = index_[place];
  if (index < 0) return {};
  return {triangles_[index].object, triangles_[index].face, inverse_depth_[place], index};
}

Eigen::Vector3f VisibilityBuffer::weights(const Hit& hit, const Eigen::Vector2f& pixel) const {
  const ScreenTriangle& t = triangles_[hit.triangle];
  const float area = (t.x[1] - t.x[0]) * (t.y[2] - t.y[0]) - (t.x[2] - t.x[0]) * (t.y[1] - t.y[0]);
  Eigen::Vector3f w;
  for (int k = 0; k < 3; ++k) {
    const int a = (k + 1) % 3, b = (k + 2) % 3;
    w[k] = ((t.x[a] - pixel.x()) * (t.y[b] - pixel.y()) -
            (t.x[b] - pixel.x()) * (t.y[a] - pixel.y())) /
           area;
    w[k] *= t.inverse_depth[k];
  }
  return w / w.sum();
}

}  // namespace monodr
