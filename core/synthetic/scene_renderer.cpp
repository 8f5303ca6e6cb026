// SPDX-License-Identifier: Apache-2.0
#include "synthetic/scene_renderer.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "geometry/rotation.h"
#include "synthetic/backdrop.h"
#include "synthetic/car_shading.h"
#include "synthetic/visibility.h"

namespace monodr {
namespace {

using Eigen::Vector3f;
constexpr int samples = 3;

// One scene being drawn: what is seen where, and what it looks like there.
class Painter {
 public:
  explicit Painter(const Scene& scene)
      : scene_(scene), objects_(scene_objects(scene)), seen_(scene.camera, samples) {
    for (size_t i = 0; i < objects_.size(); ++i) {
      compute_normals(objects_[i]);
      seen_.draw(objects_[i], static_cast<int>(i));
    }
    for (const SceneCar& car : scene.cars)
      to_object_.push_back(yaw_matrix(-car.box.rotation_y).cast<float>());
  }

  RenderedScene paint() const;

 private:
  Vector3f shade(const VisibilityBuffer::Hit& hit, const Eigen::Vector2f& pixel) const;
  Vector3f pixel_radiance(int x, int y, const Vector3f& behind) const;
  ColourImage develop(const std::vector<Vector3f>& radiance) const;

  const Scene& scene_;
  std::vector<SceneObject> objects_;
  VisibilityBuffer seen_;
  std::vector<Eigen::Matrix3f> to_object_;
};

Vector3f Painter::shade(const VisibilityBuffer::Hit& hit, const Eigen::Vector2f& pixel) const {
  const SceneObject& object = objects_[hit.object];
  const Vector3f w = seen_.weights(hit, pixel);
  const auto& face = object.faces[hit.face];
  const auto& corners = object.normals[hit.face];
  const Vector3f position = w[0] * object.vertices[face[0]] + w[1] * object.vertices[face[1]] +
                            w[2] * object.vertices[face[2]];
  const Vector3f normal = (w[0] * corners[0] + w[1] * corners[1] + w[2] * corners[2]).normalized();
  const size_t cars = scene_.cars.size();
  if (hit.object >= static_cast<int>(cars))
    return shade_matt(scene_, scene_.poles[hit.object - cars].colour, normal);

  const SceneCar& car = scene_.cars[hit.object];
  SurfacePoint point;
  point.normal = normal;
  point.object_normal = to_object_[hit.object] * normal;
  point.position = to_object_[hit.object] * (position - car.box.centre().cast<float>());
  point.to_eye = -(position + scene_.camera.offset.cast<float>()).normalized();
  point.height = static_cast<float>(scene_.camera_height) - position.y();
  point.footprint = 1 / (hit.inverse_depth * static_cast<float>(scene_.camera.intrinsics.fx));
  point.material = car.surface.face_materials[hit.face];
  return shade_car(scene_, car, point);
}

// The mean over a pixel's samples. Samples of one face are shaded once, at their middle.
Vector3f Painter::pixel_radiance(int x, int y, const Vector3f& behind) const {
  struct Part {
    VisibilityBuffer::Hit hit;
    Eigen::Vector2f sum;
    int count;
  };
  std::array<Part, samples * samples> parts;
  int used = 0;
  for (int j = 0; j < samples; ++j)
    for (int i = 0; i < samples; ++i) {
      const VisibilityBuffer::Hit hit = seen_.at(x * samples + i, y * samples + j);
      const Eigen::Vector2f place(x + (i + .5f) / samples, y + (j + .5f) / samples);
      int k = 0;
      while (k < used && parts[k].hit.triangle != hit.triangle) ++k;
      if (k == used) parts[used++] = {hit, Eigen::Vector2f::Zero(), 0};
      parts[k].sum += place;
      ++parts[k].count;
    }
  Vector3f radiance = Vector3f::Zero();
  for (int k = 0; k < used; ++k) {
    const float share = static_cast<float>(parts[k].count) / (samples * samples);
    const Eigen::Vector2f middle = parts[k].sum / static_cast<float>(parts[k].count);
    // A highlight brighter than white must not outshine the pixel's other samples.
    radiance +=
        share * (parts[k].hit.object < 0 ? behind : shade(parts[k].hit, middle).cwiseMin(3.f));
  }
  return radiance;
}

// Exposure, the camera's tone curve and its noise.
ColourImage Painter::develop(const std::vector<Vector3f>& radiance) const {
  constexpr int entries = 4096;
  std::array<float, entries + 1> curve;
  for (int i = 0; i <= entries; ++i) {
    const float gamma = std::pow(static_cast<float>(i) / entries, 1 / 2.2f);
    const float steep = scene_.contrast;
    curve[i] = std::clamp((1 - steep) * gamma + steep * gamma * gamma * (3 - 2 * gamma), 0.f, 1.f);
  }
  const Camera& camera = scene_.camera;
  ColourImage image(camera.width, camera.height);
  std::uint32_t state = (scene_.texture ^ (scene_.noise_seed * 2654435761u)) | 1;
  for (size_t i = 0; i < radiance.size(); ++i)
    for (int k = 0; k < 3; ++k) {
      const float exposed = std::clamp(radiance[i][k] * scene_.exposure, 0.f, 1.f);
      // The sum of two uniform numbers is near enough to Gaussian.
      state = state * 1664525u + 1013904223u;
      const float noise = ((state >> 24) + ((state >> 16) & 255u)) / 255.f - 1;
      const float value = curve[static_cast<int>(exposed * entries)] + 2.45f * scene_.noise * noise;
      image.rgb[3 * i + k] = static_cast<std::uint8_t>(std::clamp(value, 0.f, 1.f) * 255 + .5f);
    }
  return image;
}

RenderedScene Painter::paint() const {
  const Camera& camera = scene_.camera;
  Backdrop backdrop = render_backdrop(scene_, objects_);
  RenderedScene result;
  result.instances = Plane<std::uint16_t>(camera.width, camera.height, 0);
  const int cars = static_cast<int>(scene_.cars.size());
  for (int y = seen_.first_row(); y <= seen_.last_row(); ++y)
    for (int x = seen_.first_column(); x <= seen_.last_column(); ++x) {
      Vector3f& radiance = backdrop.radiance[static_cast<size_t>(y) * camera.width + x];
      radiance = pixel_radiance(x, y, radiance);
      const VisibilityBuffer::Hit centre =
          seen_.at(x * samples + samples / 2, y * samples + samples / 2);
      if (centre.object < 0) continue;
      backdrop.depth.at(x, y) = 1 / centre.inverse_depth;
      result.instances.at(x, y) = centre.object < cars
                                      ? static_cast<std::uint16_t>(1 + centre.object)
                                      : unlabelled_instance;
    }
  result.image = develop(backdrop.radiance);
  result.depth = std::move(backdrop.depth);
  return result;
}

}  // namespace

RenderedScene render_scene(const Scene& scene) {
  return Painter(scene).paint();
}

}  // namespace monodr
