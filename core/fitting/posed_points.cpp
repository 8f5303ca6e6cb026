// SPDX-License-Identifier: Apache-2.0
#include "fitting/posed_points.h"

#include <ATen/Dispatch.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>

#include "base/error.h"

namespace monodr {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <typename T>
void pose(const T* points, const T* axes, const T* centre, int64_t count, T* out) {
  for (int64_t v = 0; v < count; ++v)
    for (int j = 0; j < 3; ++j)
      out[3 * v + j] = centre[j] + points[3 * v] * axes[j] + points[3 * v + 1] * axes[3 + j] +
                       points[3 * v + 2] * axes[6 + j];
}

/// Also d loss / d points, which is g axes^T.
template <typename T>
void pose_backward(const T* points,
                   const T* axes,
                   const T* gradient,
                   int64_t count,
                   T* of_points,
                   T* of_axes,
                   T* of_centre) {
  std::array<double, 9> axes_sum{};
  std::array<double, 3> centre_sum{};
  for (int64_t v = 0; v < count; ++v) {
    const T *p = points + 3 * v, *g = gradient + 3 * v;
    for (int i = 0; i < 3; ++i) {
      of_points[3 * v + i] = g[0] * axes[3 * i] + g[1] * axes[3 * i + 1] + g[2] * axes[3 * i + 2];
      centre_sum[i] += g[i];
      for (int j = 0; j < 3; ++j) axes_sum[3 * i + j] += static_cast<double>(p[i]) * g[j];
    }
  }
  for (int i = 0; i < 9; ++i) of_axes[i] = static_cast<T>(axes_sum[i]);
  for (int i = 0; i < 3; ++i) of_centre[i] = static_cast<T>(centre_sum[i]);
}

struct PosedPoints : torch::autograd::Function<PosedPoints> {
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& points,
                            const at::Tensor& axes,
                            const at::Tensor& centre) {
    context->save_for_backward({points, axes});
    at::Tensor out = at::empty_like(points);
    const int64_t count = points.size(1);
    AT_DISPATCH_FLOATING_TYPES(points.scalar_type(), "posed_points", [&] {
      const scalar_t *p = points.data_ptr<scalar_t>(), *a = axes.data_ptr<scalar_t>(),
                     *c = centre.data_ptr<scalar_t>();
      scalar_t* o = out.data_ptr<scalar_t>();
      at::parallel_for(0, points.size(0), 1, [&](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; ++n)
          pose(p + 3 * count * n, a + 9 * n, c + 3 * n, count, o + 3 * count * n);
      });
    });
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &points = saved[0], &axes = saved[1];
    const at::Tensor gradient = gradients[0].contiguous();
    const int64_t count = points.size(1);
    variable_list result{at::empty_like(points),
                         at::empty_like(axes),
                         at::empty({points.size(0), 3}, points.options())};
    AT_DISPATCH_FLOATING_TYPES(points.scalar_type(), "posed_points", [&] {
      const scalar_t *p = points.data_ptr<scalar_t>(), *a = axes.data_ptr<scalar_t>(),
                     *g = gradient.data_ptr<scalar_t>();
      scalar_t *of_points = result[0].data_ptr<scalar_t>(),
               *of_axes = result[1].data_ptr<scalar_t>(),
               *of_centre = result[2].data_ptr<scalar_t>();
      at::parallel_for(0, points.size(0), 1, [&](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; ++n)
          pose_backward(p + 3 * count * n,
                        a + 9 * n,
                        g + 3 * count * n,
                        count,
                        of_points + 3 * count * n,
                        of_axes + 9 * n,
                        of_centre + 3 * n);
      });
    });
    return result;
  }
};

}  // namespace

at::Tensor posed_points(const at::Tensor& points,
                        const at::Tensor& axes,
                        const at::Tensor& centre) {
  const int64_t count = points.size(0);
  MONODR_CHECK(points.dim() == 3 && points.size(2) == 3 && axes.numel() == 9 * count &&
                   centre.numel() == 3 * count,
               "posed_points: points [N,V,3], axes [N,3,3] and centre [N,3] do not fit");
  return PosedPoints::apply(points.contiguous(), axes.contiguous(), centre.contiguous());
}

}  // namespace monodr
