// SPDX-License-Identifier: Apache-2.0
#include "fitting/fitted_object.h"

#include <ATen/Functions.h>

#include "geometry/rotation.h"
#include "plugin/decoded_mesh.h"

namespace monodr {
namespace {

std::vector<float> row_of(const at::Tensor& matrix, int64_t row) {
  const at::Tensor values = matrix.select(0, row).contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

Mesh posed_mesh(const ObjectiveValue& value, int64_t row, const Eigen::Vector3d& camera_offset) {
  DecodedShape posed = value.shape;
  posed.vertices = posed.surfels.positions = value.hypothesis.vertices;
  Mesh mesh = mesh_of(posed, row);
  for (Eigen::Vector3f& v : mesh.vertices) v -= camera_offset.cast<float>();
  return mesh;
}

}  // namespace

FittedObject fitted_object(const Observation& observation,
                           const ObjectiveValue& value,
                           int64_t row) {
  FittedObject fitted;
  fitted.frame = observation.frame;
  fitted.object = observation.object;
  fitted.category = observation.category;
  fitted.box2d = observation.box;
  const std::vector<float> location = row_of(value.hypothesis.location, row);
  const std::vector<float> dimensions = row_of(value.hypothesis.dimensions, row);
  const Eigen::Vector3d in_camera(location[0], location[1], location[2]);
  fitted.box.location = in_camera - observation.camera.offset;
  fitted.box.height = dimensions[0];
  fitted.box.width = dimensions[1];
  fitted.box.length = dimensions[2];
  fitted.box.rotation_y = wrap_angle(value.hypothesis.rotation_y.select(0, row).item<double>());
  fitted.alpha = alpha_from_rotation_y(fitted.box.rotation_y, in_camera.x(), in_camera.z());
  fitted.loss = value.total.select(0, row).item<double>();
  for (const at::Tensor& term : value.terms)
    fitted.loss_terms.push_back(term.select(0, row).item<double>());
  fitted.shape_code = row_of(value.hypothesis.shape_code, row);
  fitted.texture_code = row_of(value.hypothesis.texture_code, row);
  fitted.mesh = posed_mesh(value, row, observation.camera.offset);
  return fitted;
}

}  // namespace monodr
