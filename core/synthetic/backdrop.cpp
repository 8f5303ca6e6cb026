// SPDX-License-Identifier: Apache-2.0
#include "synthetic/backdrop.h"

#include <algorithm>
#include <cmath>

#include "synthetic/shadows.h"

namespace monodr {
namespace {

using Eigen::Vector3f;

constexpr double nearest_wall = 2, farthest_wall = 200;  // metres from the camera

float smooth(float low, float high, float x) {
  const float t = std::clamp((x - low) / (high - low), 0.f, 1.f);
  return t * t * (3 - 2 * t);
}

Vector3f mix(const Vector3f& a, const Vector3f& b, float t) {
  return a + (b - a) * t;
}

// Noise about 0 with cells of `size` metres, faded out where a pixel covers more than a cell.
float detail(float x, float y, float size, float footprint, std::uint32_t seed) {
  const float fade = std::clamp(1.5f - footprint / size, 0.f, 1.f);
  return fade > 0 ? fade * (value_noise(x / size, y / size, seed) - .5f) : 0;
}

// How much of a line of this half width a pixel of this footprint shows, at this distance from it.
float line_cover(float distance, float half_width, float footprint) {
  const float soft = std::max(footprint, .01f);
  const float cover = std::clamp((half_width - std::abs(distance)) / soft + .5f, 0.f, 1.f);
  return cover * std::min(1.f, 2 * half_width / soft);
}

// The ground: asphalt, markings, kerbs, pavement or grass.
class Ground {
 public:
  explicit Ground(const Scene& scene)
      : street_(scene.street),
        seed_(scene.texture),
        sine_(static_cast<float>(std::sin(street_.heading))),
        cosine_(static_cast<float>(std::cos(street_.heading))) {}

  /// `across` and `depth` are the pixel's extents on the ground, metres.
  Vector3f albedo(float x, float z, float across, float depth) const {
    const float dx = x - static_cast<float>(street_.offset);
    const float a = dx * sine_ + z * cosine_ + static_cast<float>(street_.along),
                r = dx * cosine_ - z * sine_;
    const float half = static_cast<float>(street_.half_width), beside = std::abs(r) - half;
    const float blotches = value_noise(a / 3.1f, r / 1.3f, seed_ + 1) - .5f;
    Vector3f colour;
    if (beside < 0) {
      const float grain =
          detail(a, r, .03f, depth, seed_ + 2) + detail(a, r, .25f, depth, seed_ + 3);
      colour = Vector3f(1, 1, 1.02f) * street_.asphalt * (1 + .5f * blotches + .35f * grain);
      float paint = 0;
      if (street_.centre_line && std::fmod(a + 1200, 9.f) < 3.5f)
        paint = line_cover(r, .07f, across);
      if (street_.edge_lines) paint = std::max(paint, line_cover(beside + .25f, .06f, across));
      colour = mix(colour, Vector3f::Constant(.55f), paint * (.85f + .5f * blotches));
    } else if (beside < .18f) {
      colour = Vector3f(.26f, .25f, .24f) * (1 + .6f * blotches);
    } else if (street_.grass) {
      const float blades =
          detail(a, r, .07f, depth, seed_ + 4) + detail(a, r, .5f, depth, seed_ + 5);
      colour = Vector3f(.075f, .105f, .03f) * (1 + .9f * blades + .9f * blotches);
    } else {
      const float joint = std::max(line_cover(std::fmod(beside + 60, .5f) - .25f, .012f, across),
                                   line_cover(std::fmod(a + 600, .5f) - .25f, .012f, depth));
      const float slab =
          value_noise(std::floor(a / .5f) * 7.3f, std::floor(beside / .5f) * 5.1f, seed_);
      colour =
          Vector3f(.17f, .16f, .15f) * (.85f + .3f * slab + .4f * blotches) * (1 - .5f * joint);
    }
    return colour.cwiseMax(.005f);
  }

 private:
  const Street& street_;
  std::uint32_t seed_;
  float sine_, cosine_;
};

Vector3f foliage_albedo(const Wall& wall, float along, float up, float footprint) {
  const float clumps = value_noise(along / 1.4f, up / 1.2f, wall.texture + 1);
  const float twigs = detail(along, up, .35f, footprint, wall.texture + 2);
  const float leaves = detail(along, up, .09f, footprint, wall.texture + 3);
  const float light = std::clamp(clumps + .9f * twigs + .8f * leaves, 0.f, 1.3f);
  const float trunk = std::abs(std::fmod(along, 4.3f) - 2) - .16f;
  if (wall.height > 4 && up < .25f * wall.height && trunk < 0)
    return Vector3f(.07f, .05f, .035f) * (.7f + .6f * twigs);
  return wall.colour * (.10f + 1.6f * light * light);
}

Vector3f house_albedo(const Wall& wall, float along, float up, float footprint) {
  const float eaves = wall.height * .78f;
  const float grain = detail(along, up, .4f, footprint, wall.texture + 1);
  if (up > eaves) {  // roof
    const float tiles = detail(along * .3f, up, .12f, footprint, wall.texture + 2);
    return Vector3f(.20f, .085f, .06f) * (1 + .6f * tiles + .4f * grain);
  }
  if (up < .6f) return wall.colour * .45f * (1 + .4f * grain);  // plinth
  const float pitch = 2.2f + (wall.texture % 97) / 97.f * 1.3f;
  const float column = std::fmod(along + 900, pitch) - pitch / 2,
              storey = std::fmod(up, 2.9f) - 1.7f;
  const float width = .45f + (wall.texture % 31) / 31.f * .25f;
  const bool room_above = up - storey + .75f < eaves;
  if (room_above && std::abs(column) < width && std::abs(storey) < .72f) {
    const bool in_frame =
        std::abs(column) > width - .08f || std::abs(storey) > .64f || std::abs(column) < .035f;
    if (in_frame) return Vector3f::Constant(.5f);
    const float pane =
        value_noise(std::floor(along / pitch) * 3.7f, std::floor(up / 2.9f) * 9.1f, wall.texture);
    return Vector3f(.03f, .035f, .04f) * (1 + 5 * pane * pane);
  }
  return wall.colour * (1 + .25f * grain);
}

// Where the ray of an image column meets a wall.
struct WallHit {
  const Wall* wall;
  float z, along, height, sun;
};

std::vector<WallHit> wall_hits(const Scene& scene, double direction_x) {
  const double origin_x = -scene.camera.offset.x(), origin_z = -scene.camera.offset.z();
  std::vector<WallHit> hits;
  for (const Wall& wall : scene.walls) {
    const Eigen::Vector2d span = wall.to - wall.from;
    // origin + z (direction_x, 1) = from + s span
    const double determinant = span.x() - direction_x * span.y();
    if (std::abs(determinant) < 1e-9) continue;
    const double px = wall.from.x() - origin_x, pz = wall.from.y() - origin_z;
    const double s = (direction_x * pz - px) / determinant;
    const double z = pz + s * span.y();
    if (s < 0 || s > 1 || z < nearest_wall || z > farthest_wall) continue;
    WallHit hit{&wall, static_cast<float>(z), static_cast<float>(s * span.norm()), wall.height, 0};
    if (wall.is_foliage) {
      const float to_end = std::min(hit.along, static_cast<float>(span.norm()) - hit.along);
      hit.height *= smooth(-.8f, 1.6f, to_end);
      hit.height *= .72f + .28f * value_noise(hit.along / 2.2f, 0, wall.texture) +
                    .08f * value_noise(hit.along / .4f, 3, wall.texture);
    }
    // The side turned to the camera.
    Eigen::Vector2d normal(span.y(), -span.x());
    if (normal.dot(Eigen::Vector2d(direction_x, 1)) > 0) normal = -normal;
    normal.normalize();
    const float facing = static_cast<float>(normal.x()) * scene.light.to_sun.x() +
                         static_cast<float>(normal.y()) * scene.light.to_sun.z();
    hit.sun = wall.is_foliage ? .25f + .5f * std::max(0.f, .4f + facing) : std::max(0.f, facing);
    hits.push_back(hit);
  }
  std::sort(hits.begin(), hits.end(), [](const WallHit& a, const WallHit& b) { return a.z < b.z; });
  return hits;
}

}  // namespace

float value_noise(float x, float y, std::uint32_t seed) {
  const float fx = std::floor(x), fy = std::floor(y);
  const auto lattice = [seed](int i, int j) {
    std::uint32_t h = static_cast<std::uint32_t>(i) * 0x8da6b343u ^
                      static_cast<std::uint32_t>(j) * 0xd8163841u ^ seed * 0xcb1ab31fu;
    h = (h ^ (h >> 15)) * 0x2c1b3c6du;
    h = (h ^ (h >> 12)) * 0x297a2d39u;
    return static_cast<float>((h ^ (h >> 15)) >> 8) * 0x1.0p-24f;
  };
  const int i = static_cast<int>(fx), j = static_cast<int>(fy);
  float u = x - fx, v = y - fy;
  u = u * u * (3 - 2 * u);
  v = v * v * (3 - 2 * v);
  const float low = lattice(i, j) + u * (lattice(i + 1, j) - lattice(i, j));
  const float high = lattice(i, j + 1) + u * (lattice(i + 1, j + 1) - lattice(i, j + 1));
  return low + v * (high - low);
}

Vector3f open_sky(const Scene& scene, const Vector3f& direction) {
  const Light& light = scene.light;
  const float up = -direction.y();
  if (up < 0) {
    const Vector3f lit = light.ambient + light.sun * std::max(0.f, -light.to_sun.y());
    return scene.street.asphalt * 1.1f * lit;
  }
  const float to_sun = std::max(0.f, direction.dot(light.to_sun));
  return mix(light.horizon, light.zenith, std::min(1.f, std::sqrt(1.6f * up))) +
         light.sun * (.35f * std::pow(to_sun, 6.f) + .5f * std::pow(to_sun, 60.f));
}

Vector3f surroundings(const Scene& scene, const Vector3f& direction) {
  const Light& light = scene.light;
  const float azimuth = std::atan2(direction.x(), direction.z());
  const float skyline = .05f + .32f * value_noise(azimuth * 3, 0, scene.texture + 11) +
                        .05f * value_noise(azimuth * 17, 1, scene.texture + 12);
  const float up = -direction.y();
  const Vector3f sky = open_sky(scene, direction);
  if (up < 0 || up > skyline + .02f) return sky;
  const Vector3f scenery = .16f * (light.ambient + .6f * light.sun);
  return mix(scenery, sky, smooth(skyline - .02f, skyline + .02f, up));
}

Backdrop render_backdrop(const Scene& scene, const std::vector<SceneObject>& objects) {
  const Camera& camera = scene.camera;
  const Light& light = scene.light;
  const GroundShadows shadows(scene, objects);
  const Ground ground(scene);
  Backdrop backdrop;
  backdrop.radiance.resize(static_cast<size_t>(camera.width) * camera.height);
  backdrop.depth = Plane<float>(camera.width, camera.height, 0.f);
  const float eye = static_cast<float>(scene.camera_height + camera.offset.y());  // above ground
  const float focal = static_cast<float>(camera.intrinsics.fy);
  const float sun_on_ground = std::max(0.f, -light.to_sun.y());

  for (int x = 0; x < camera.width; ++x) {
    const double direction_x = (x + .5 - camera.intrinsics.cx) / camera.intrinsics.fx;
    const std::vector<WallHit> hits = wall_hits(scene, direction_x);
    for (int y = 0; y < camera.height; ++y) {
      const float slope =
          static_cast<float>((y + .5 - camera.intrinsics.cy) / camera.intrinsics.fy);
      const float ground_z = slope > 1e-4f ? eye / slope : 1e9f;
      Vector3f radiance = Vector3f::Zero();
      float open = 1, depth = 0;
      for (const WallHit& hit : hits) {
        if (hit.z >= ground_z || open < .01f) break;
        const float up = eye - hit.z * slope, footprint = hit.z / focal;
        const float cover = std::clamp((hit.height - up) / footprint + .5f, 0.f, 1.f);
        if (cover <= 0) continue;
        const Vector3f albedo = hit.wall->is_foliage
                                    ? foliage_albedo(*hit.wall, hit.along, up, footprint)
                                    : house_albedo(*hit.wall, hit.along, up, footprint);
        radiance += open * cover * albedo.cwiseProduct(.7f * light.ambient + hit.sun * light.sun);
        if (depth == 0 && cover > .5f) depth = hit.z;
        open *= 1 - cover;
      }
      if (open > .01f && ground_z < 250) {
        const float gx = static_cast<float>(direction_x * ground_z - camera.offset.x());
        const float gz = ground_z - static_cast<float>(camera.offset.z());
        const float across = ground_z / focal, along = ground_z * ground_z / (focal * eye);
        float sun = sun_on_ground * shadows.sun(gx, gz);
        if (light.dapple > 0) {
          const float crowns = value_noise(gx / 4, gz / 4, scene.texture + 21) +
                               .45f * value_noise(gx / .7f, gz / .7f, scene.texture + 22);
          sun *= 1 - light.dapple * smooth(.55f, .85f, crowns);
        }
        radiance += open * ground.albedo(gx, gz, across, along)
                               .cwiseProduct(sun * light.sun + shadows.sky(gx, gz) * light.ambient);
        if (depth == 0) depth = ground_z;
        open = 0;
      }
      if (open > .01f) {
        const Vector3f ray(static_cast<float>(direction_x), slope, 1);
        radiance += open * open_sky(scene, ray.normalized());
      }
      backdrop.radiance[static_cast<size_t>(y) * camera.width + x] = radiance;
      backdrop.depth.at(x, y) = depth;
    }
  }
  return backdrop;
}

}  // namespace monodr
