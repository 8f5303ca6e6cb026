// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "synthetic/scene.h"

namespace monodr {

/// A car or pole as the renderer of the synthetic scenes sees it.
struct SceneObject {
  std::vector<Eigen::Vector3f> vertices;  ///< rectified frame, metres
  std::vector<std::array<int, 3>> faces;
  std::vector<std::array<Eigen::Vector3f, 3>> normals;  ///< a face's corners; empty until asked for
};

/// All cars in the scene's order, then all poles.
std::vector<SceneObject> scene_objects(const Scene& scene);

/// Normals at the corners of the faces: the mean over those faces around the corner that are
/// inclined by less than 35 degrees, so that edges of the body stay sharp.
void compute_normals(SceneObject& object);

/// Which triangle is seen at each sample: a plain z-buffer, `samples` x `samples` samples a pixel
/// in a regular grid. For odd numbers the middle one is the pixel's centre. Faces turned away from
/// the camera are not drawn; all objects must lie wholly in front of it.
class VisibilityBuffer {
 public:
  VisibilityBuffer(const Camera& camera, int samples);

  void draw(const SceneObject& object, int id);

  /// Samples where object `id` is seen.
  int count(int id) const;

  struct Hit {
    int object = -1;  ///< -1 = none
    int face = 0;
    float inverse_depth = 0;  ///< 1/m, along the optical axis of the camera that takes the picture
    int triangle = -1;        ///< the same for all samples of one face
  };
  /// At sample (x, y), counted in samples.
  Hit at(int x, int y) const;

  /// Weights of a hit face's corners at an image point in pixels, perspective-correct.
  Eigen::Vector3f weights(const Hit& hit, const Eigen::Vector2f& pixel) const;

  /// The range of pixel columns and rows in which anything was drawn.
  int first_column() const { return first_column_; }
  int last_column() const { return last_column_; }
  int first_row() const { return first_row_; }
  int last_row() const { return last_row_; }

 private:
  struct ScreenTriangle {
    Eigen::Vector3f x, y, inverse_depth;  // x and y in pixels
    int object, face;
  };
  void fill(const ScreenTriangle& triangle, int index);

  Camera camera_;
  int samples_, width_, height_;
  int first_column_, last_column_ = -1, first_row_, last_row_ = -1;
  std::vector<ScreenTriangle> triangles_;
  std::vector<float> inverse_depth_;
  std::vector<int> index_;
};

}  // namespace monodr
