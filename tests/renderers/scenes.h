// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/parameters.h"
#include "plugin/registry.h"
#include "plugin/renderer.h"

namespace monodr::test {

/// The plugins beside the test binary.
Registry& renderer_registry();

/// An instance of a renderer plugin with the given parameters, the rest at their defaults.
std::unique_ptr<Renderer> make_renderer(const std::string& name,
                                        const std::map<std::string, ParameterValue>& given = {});

/// A sphere of radius 1: an icosahedron with every face split in four `level` times; outward.
struct Icosphere {
  at::Tensor vertices;  ///< [V,3] float64
  at::Tensor faces;     ///< [F,3] int64
};
Icosphere icosphere(int level);

/// Square images of `size` pixels with the principal point in the middle, [count,3,3] float64.
at::Tensor square_intrinsics(int count, int size, double focal_length);

/// Some ellipsoids, each posed differently in front of the camera, float64.
RenderInput ellipsoids(int count, int level, int size);

/// Triangles with corners anywhere in view between 2 and 12 m, no two sharing a vertex, float64.
RenderInput random_triangles(int count, int triangles, int size, unsigned seed);

/// The same inputs as leaves of another type that require gradients.
RenderInput leaves(const RenderInput& input, at::ScalarType type);

/// Folder of the benchmark scenarios beside the source tree; "" where it is absent.
std::string scenario_folder();
at::Tensor read_floats(const std::string& path, const std::vector<std::int64_t>& shape);
/// `batch` copies of icosphere level 3 or 4 as bench_scenarios/README.md places them, float32.
RenderInput scenario(int level, int batch, int size);

}  // namespace monodr::test
