// SPDX-License-Identifier: Apache-2.0
// AVX-512, AVX2, SSE4, and plain scalar code for any x86-64.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/neural_mesh_renderer/edge_gradient.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first: it includes this file once for every target.
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "kernels/neural_mesh_renderer/edge_gradient.h"
#include "kernels/neural_mesh_renderer/edge_line.h"
#include "kernels/neural_mesh_renderer/z_buffer.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::neural_mesh_renderer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// sum of s_j / (|j - c| + epsilon_k) for the two corners k of an edge, each epsilon times its
/// share.
template <typename Scalar>
struct Pair {
  Scalar a = 0, b = 0;
};

/// Samples first..last; `nearest_sample` is the one of them next to the edge, at `distance` from
/// it.
template <bool kOwnOnly, typename Scalar, int kChannels>
HWY_INLINE Pair<Scalar> walk(const Line<Scalar, kChannels>& line,
                             int first,
                             int last,
                             int nearest_sample,
                             Scalar distance,
                             int reference,
                             int owner,
                             Pair<Scalar> epsilon) {
  const hn::ScalableTag<Scalar> d;
  const hn::RebindToSigned<decltype(d)> di;
  using Index = typename Line<Scalar, kChannels>::Index;
  const int lanes = int(hn::Lanes(d));
  auto sum_a = hn::Zero(d), sum_b = hn::Zero(d);
  for (int j = first; j <= last; j += lanes) {
    auto s = hn::LoadU(d, line.product + j);
    for (int channel = 0; channel < kChannels; ++channel)
      s = hn::NegMulAdd(
          hn::Set(d, line.value[channel][reference]), hn::LoadU(d, line.incoming[channel] + j), s);
    auto counts = hn::And(hn::Gt(s, hn::Zero(d)), hn::FirstN(d, std::min(lanes, last - j + 1)));
    if constexpr (kOwnOnly)
      counts = hn::And(
          counts,
          hn::RebindMask(d, hn::Eq(hn::LoadU(di, line.owner + j), hn::Set(di, Index(owner)))));
    const auto steps = hn::Abs(hn::Iota(d, Scalar(j - nearest_sample)));
    const auto t = hn::Add(steps, hn::Set(d, distance));
    const auto t_a = hn::Add(t, hn::Set(d, epsilon.a)), t_b = hn::Add(t, hn::Set(d, epsilon.b));
    // One division for both quotients.
    const auto both = hn::IfThenElseZero(counts, hn::Div(s, hn::Mul(t_a, t_b)));
    sum_a = hn::MulAdd(both, t_b, sum_a);
    sum_b = hn::MulAdd(both, t_a, sum_b);
  }
  return {hn::GetLane(hn::SumOfLanes(d, sum_a)), hn::GetLane(hn::SumOfLanes(d, sum_b))};
}

/// A triangle that the sweep has reached.
struct ActiveTriangle {
  std::int32_t triangle;
  int last_line;
  std::int32_t vertex[3];
  EdgeCrossing edge[3];   ///< from corner k to corner k + 1
  double from[3], to[3];  ///< across, of the edge's two corners
};

template <typename Scalar, int kChannels>
class Sweep {
 public:
  Sweep(const LineView<Scalar>& view,
        const Settings& settings,
        Line<Scalar, kChannels>& line,
        std::vector<double>& to_along)
      : view_(view),
        epsilon_(settings.epsilon * std::min(settings.rows(), settings.columns()) / 2),
        line_(line),
        to_along_(to_along) {}

  HWY_INLINE void triangle(const ActiveTriangle& active, int number) {
    double crossing[3], low = view_.length, high = -1;
    bool meets[3];
    for (int k = 0; k < 3; ++k) {
      meets[k] = active.from[k] != active.to[k] &&
                 number >= std::min(active.from[k], active.to[k]) &&
                 number <= std::max(active.from[k], active.to[k]);
      if (!meets[k]) continue;
      crossing[k] = active.edge[k].at(number);
      low = std::min(low, crossing[k]);
      high = std::max(high, crossing[k]);
    }
    for (int k = 0; k < 3; ++k)
      if (meets[k]) edge(active, k, number, crossing[k], SampleRange(low, high, view_.length));
  }

 private:
  HWY_INLINE void edge(
      const ActiveTriangle& active, int k, int number, double crossing, const SampleRange& inside) {
    // Corners run clockwise on the image as y points down, so an edge that goes down has its inner
    // side on the left.
    const bool outward_is_up = (active.to[k] > active.from[k]) != view_.columns;
    const int direction = outward_is_up ? 1 : -1;
    const double bounded = std::clamp(crossing, -2.0, view_.length + 1.0);
    const int in = int(outward_is_up ? std::floor(bounded) : std::ceil(bounded));
    const int out = in + direction;
    if (std::min(in, out) < 0 || std::max(in, out) >= view_.length) return;
    const double share = (active.to[k] - number) / (active.to[k] - active.from[k]);
    const Pair<Scalar> epsilon{Scalar(epsilon_ * share), Scalar(epsilon_ * (1 - share))};
    Pair<Scalar> total;
    if (line_.owner[in] == active.triangle) {
      const int first = outward_is_up ? std::max(out, line_.first_outside) : line_.first_outside;
      const int last = outward_is_up ? line_.last_outside : std::min(out, line_.last_outside);
      if (first <= last) {
        const Scalar distance = Scalar(std::abs(out - crossing));
        total = walk<false>(line_, first, last, out, distance, in, active.triangle, epsilon);
      }
    }
    const int first = std::max(outward_is_up ? inside.first : in, line_.first);
    const int last = std::min(outward_is_up ? in : inside.last, line_.last);
    // A silhouette cannot change where another face shows behind the edge.
    const bool can_change = kChannels != 1 || line_.owner[out] < 0;
    if (can_change && first <= last) {
      const Scalar distance = Scalar(std::abs(in - crossing));
      const Pair<Scalar> sum =
          walk<true>(line_, first, last, in, distance, out, active.triangle, epsilon);
      total.a -= sum.a;
      total.b -= sum.b;
    }
    to_along_[active.vertex[k]] -= direction * share * total.a;
    to_along_[active.vertex[(k + 1) % 3]] -= direction * (1 - share) * total.b;
  }

  const LineView<Scalar>& view_;
  double epsilon_;  ///< in samples
  Line<Scalar, kChannels>& line_;
  std::vector<double>& to_along_;
};

ActiveTriangle activate(const ScreenMesh& mesh,
                        const std::vector<double>& along,
                        const std::vector<double>& across,
                        std::int32_t triangle,
                        int last_line) {
  ActiveTriangle active;
  active.triangle = triangle;
  active.last_line = last_line;
  for (int k = 0; k < 3; ++k) active.vertex[k] = mesh.triangle[k][triangle];
  for (int k = 0; k < 3; ++k) {
    const std::int32_t a = active.vertex[k], b = active.vertex[(k + 1) % 3];
    active.from[k] = across[a];
    active.to[k] = across[b];
    active.edge[k] = EdgeCrossing(along[a], across[a], along[b], across[b]);
  }
  return active;
}

SampleRange lines_of(const ScreenMesh& mesh,
                     const std::vector<double>& across,
                     std::size_t triangle,
                     int lines) {
  const auto [low, high] = std::minmax({across[mesh.triangle[0][triangle]],
                                        across[mesh.triangle[1][triangle]],
                                        across[mesh.triangle[2][triangle]]});
  return SampleRange(low, high, lines);
}

template <int kChannels, typename Scalar>
void sweep_lines(const LineView<Scalar>& view,
                 const ScreenMesh& mesh,
                 const Shading& shading,
                 const std::vector<unsigned char>& visible,
                 const Settings& settings,
                 EdgeScratch<Scalar>& scratch,
                 std::vector<double>& to_along) {
  scratch.first.assign(view.lines, -1);
  scratch.next.resize(visible.size());
  for (std::size_t n = 0; n < visible.size(); ++n) {
    if (!visible[n]) continue;
    const SampleRange range = lines_of(mesh, *view.across, n, view.lines);
    if (range.first > range.last) continue;
    scratch.next[n] = scratch.first[range.first];
    scratch.first[range.first] = std::int32_t(n);
  }
  Line<Scalar, kChannels> line(view.length, scratch.values);
  Sweep<Scalar, kChannels> sweep(view, settings, line, to_along);
  std::vector<ActiveTriangle> active;
  for (int number = 0; number < view.lines; ++number) {
    for (std::int32_t n = scratch.first[number]; n >= 0; n = scratch.next[n])
      active.push_back(activate(
          mesh, *view.along, *view.across, n, lines_of(mesh, *view.across, n, view.lines).last));
    if (active.empty()) continue;
    if (read_line(view, mesh, shading, settings, number, line))
      for (const ActiveTriangle& one : active) sweep.triangle(one, number);
    std::erase_if(active, [&](const ActiveTriangle& one) { return one.last_line == number; });
  }
}

template <typename Scalar>
HWY_INLINE void choose_channels(const LineView<Scalar>& view,
                                const ScreenMesh& mesh,
                                const Shading& shading,
                                const std::vector<unsigned char>& visible,
                                const Settings& settings,
                                EdgeScratch<Scalar>& scratch,
                                std::vector<double>& to_along) {
  if (view.colour[0] == nullptr)
    sweep_lines<1>(view, mesh, shading, visible, settings, scratch, to_along);
  else if (view.silhouette == nullptr)
    sweep_lines<3>(view, mesh, shading, visible, settings, scratch, to_along);
  else
    sweep_lines<4>(view, mesh, shading, visible, settings, scratch, to_along);
}

void add_edge_gradient_float(const LineView<float>& view,
                             const ScreenMesh& mesh,
                             const Shading& shading,
                             const std::vector<unsigned char>& visible,
                             const Settings& settings,
                             EdgeScratch<float>& scratch,
                             std::vector<double>& to_along) {
  choose_channels(view, mesh, shading, visible, settings, scratch, to_along);
}

void add_edge_gradient_double(const LineView<double>& view,
                              const ScreenMesh& mesh,
                              const Shading& shading,
                              const std::vector<unsigned char>& visible,
                              const Settings& settings,
                              EdgeScratch<double>& scratch,
                              std::vector<double>& to_along) {
  choose_channels(view, mesh, shading, visible, settings, scratch, to_along);
}

}  // namespace HWY_NAMESPACE
}  // namespace monodr::neural_mesh_renderer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace monodr::neural_mesh_renderer {

HWY_EXPORT(add_edge_gradient_float);
HWY_EXPORT(add_edge_gradient_double);

template <>
void add_edge_gradient(const LineView<float>& view,
                       const ScreenMesh& mesh,
                       const Shading& shading,
                       const std::vector<unsigned char>& visible,
                       const Settings& settings,
                       EdgeScratch<float>& scratch,
                       std::vector<double>& to_along) {
  HWY_DYNAMIC_DISPATCH(add_edge_gradient_float)
  (view, mesh, shading, visible, settings, scratch, to_along);
}

template <>
void add_edge_gradient(const LineView<double>& view,
                       const ScreenMesh& mesh,
                       const Shading& shading,
                       const std::vector<unsigned char>& visible,
                       const Settings& settings,
                       EdgeScratch<double>& scratch,
                       std::vector<double>& to_along) {
  HWY_DYNAMIC_DISPATCH(add_edge_gradient_double)
  (view, mesh, shading, visible, settings, scratch, to_along);
}

}  // namespace monodr::neural_mesh_renderer
#endif  // HWY_ONCE
