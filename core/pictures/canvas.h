// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core.hpp>

#include "evidence/image.h"
#include "geometry/camera.h"
#include "geometry/mesh.h"

namespace monodr {

// Poses drawn into pictures of OpenCV (blue, green, red). What is nearer to the camera than half a
// metre is left out.

inline const cv::Scalar kFitted(80, 220, 60), kLabel(0, 150, 255), kWhite(255, 255, 255);

/// A copy that can be drawn into.
cv::Mat bgr_of(const ColourImage& picture);

/// The pixel that a point falls on.
cv::Point pixel(const Camera& camera, const Eigen::Vector3d& point);
bool in_front(const Camera& camera, const Eigen::Vector3d& point);

/// Painter's algorithm, far to near, faces towards the camera only.
void draw_mesh(cv::Mat& canvas, const Camera& camera, const Mesh& mesh);

/// The edges; the front face is crossed.
void draw_box(cv::Mat& canvas,
              const Camera& camera,
              const Box3d& box,
              const cv::Scalar& colour,
              int width = 1);

}  // namespace monodr
