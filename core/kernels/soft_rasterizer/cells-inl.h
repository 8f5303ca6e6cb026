// SPDX-License-Identifier: Apache-2.0
// The backward pass: one face a lane. Every lane walks the pixels of its own face's box, so that
// sums over a face's pixels need no sum over lanes. A large box is cut into cells, one a lane.

#if defined(MONODR_CELLS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MONODR_CELLS_INL_H_
#undef MONODR_CELLS_INL_H_
#else
#define MONODR_CELLS_INL_H_
#endif

#include <algorithm>
#include <bit>

#include "kernels/soft_rasterizer/distances-inl.h"
#include "kernels/soft_rasterizer/rasterize.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// kLanes cells with what the loops need of their faces.
struct CellLanes {
  static constexpr int kShades = sizeof(FaceShade) / sizeof(float);

  alignas(64) float ux[3][kLanes] = {}, uy[3][kLanes] = {}, inward0[3][kLanes] = {};
  alignas(64) float along0[3][kLanes] = {}, length[3][kLanes] = {};
  alignas(64) float shade[kShades][kLanes] = {};     ///< FaceShade, a member a row
  alignas(64) float x[kLanes] = {}, y[kLanes] = {};  ///< px, first pixel as the face counts
  alignas(64) float width[kLanes] = {}, height[kLanes] = {};
  alignas(64) std::int32_t pixel[kLanes] = {};  ///< number of the first pixel in the image
  alignas(64) std::int32_t triangle[kLanes] = {};
  int count = 0, columns = 0, rows = 0;  ///< cells; the most columns and rows of any

  HWY_INLINE void add(const FaceChunk& chunk,
                      int n,
                      std::size_t number,
                      const Box& cell,
                      int image_width,
                      const FaceShade* values) {
    for (int k = 0; k < 3; ++k) {
      ux[k][count] = chunk.ux[k][n];
      uy[k][count] = chunk.uy[k][n];
      inward0[k][count] = chunk.inward0[k][n];
      along0[k][count] = chunk.along0[k][n];
      length[k][count] = chunk.length[k][n];
    }
    if (values != nullptr)
      for (int k = 0; k < kShades; ++k) shade[k][count] = reinterpret_cast<const float*>(values)[k];
    x[count] = float(cell.left - chunk.reach.left[n]);
    y[count] = float(cell.top - chunk.reach.top[n]);
    width[count] = float(cell.width);
    height[count] = float(cell.height);
    pixel[count] = cell.top * image_width + cell.left;
    triangle[count] = std::int32_t(number);
    columns = std::max(columns, cell.width);
    rows = std::max(rows, cell.height);
    ++count;
  }
  /// All lanes empty; what is left in them is finite, and no pixel of theirs counts.
  void clear() {
    std::fill_n(width, kLanes, 0.0f);
    count = columns = rows = 0;
  }
};

/// The edges of the cells' faces, and their linear functions in a row of pixels.
struct CellEdges {
  Float ux[3], uy[3], inward0[3], along0[3], length[3], inward_row[3], along_row[3];

  HWY_INLINE explicit CellEdges(const CellLanes& cells) {
    const FloatTag d;
    for (int k = 0; k < 3; ++k) {
      ux[k] = hn::Load(d, cells.ux[k]);
      uy[k] = hn::Load(d, cells.uy[k]);
      inward0[k] = hn::Load(d, cells.inward0[k]);
      along0[k] = hn::Load(d, cells.along0[k]);
      length[k] = hn::Load(d, cells.length[k]);
    }
  }
  HWY_INLINE void begin_row(Float y) {
    for (int k = 0; k < 3; ++k) {
      inward_row[k] = hn::MulAdd(ux[k], y, inward0[k]);
      along_row[k] = hn::MulAdd(uy[k], y, along0[k]);
    }
  }
  HWY_INLINE void inward(Float x, Float* to) const {
    for (int k = 0; k < 3; ++k) to[k] = hn::NegMulAdd(uy[k], x, inward_row[k]);
  }
  HWY_INLINE Distances distances(Float x) const {
    Float inwards[3], along[3];
    inward(x, inwards);
    for (int k = 0; k < 3; ++k) along[k] = hn::MulAdd(ux[k], x, along_row[k]);
    return Distances(inwards, along, length);
  }
};

/// Calls sums.begin_row(y) and sums.pixel(in, pixel, x) so that every lane meets the pixels of its
/// cell; `in` tells the lanes that do, `pixel` is a number in the image.
template <class Sums>
HWY_INLINE void visit_cells(const CellLanes& cells, int image_width, Sums& sums) {
  const FloatTag d;
  const IntTag di;
  const auto x0 = hn::Load(d, cells.x), y0 = hn::Load(d, cells.y);
  const auto width = hn::Load(d, cells.width), height = hn::Load(d, cells.height);
  const auto first = hn::Load(di, cells.pixel);
  for (int row = 0; row < cells.rows; ++row) {
    const auto in_row = hn::Lt(hn::Set(d, float(row)), height);
    sums.begin_row(hn::Add(y0, hn::Set(d, float(row))));
    const auto row_start = hn::Add(first, hn::Set(di, row * image_width));
    for (int column = 0; column < cells.columns; ++column) {
      const auto step = hn::Set(d, float(column));
      const auto in = hn::And(in_row, hn::Lt(step, width));
      const auto pixel =
          hn::IfThenElseZero(hn::RebindMask(di, in), hn::Add(row_start, hn::Set(di, column)));
      sums.pixel(in, pixel, hn::Add(x0, step));
    }
  }
}

/// Collects cells of like size and hands them to `visit(const CellLanes&)`, kLanes at once.
template <class Visit>
class CellQueue {
 public:
  CellQueue(const Settings& settings, float margin, const Visit& visit)
      : image_width_(settings.width), margin_(margin), visit_(visit) {}
  CellQueue(const CellQueue&) = delete;

  HWY_INLINE void add(const FaceChunk& chunk,
                      int n,
                      std::size_t triangle,
                      const Box& box,
                      const FaceShade* shade = nullptr) {
    if (box.empty()) return;
    const int across = (box.width + kMostSide - 1) / kMostSide;
    const int down = (box.height + kMostSide - 1) / kMostSide;
    // All cells of a face go into one queue, in order: the order of its sums depends on nothing
    // but the face.
    const int width = (box.width + across - 1) / across, height = (box.height + down - 1) / down;
    CellLanes& queue = queues_[(std::max(width, height) - 1) / kClassWidth];
    for (int y = 0; y < box.height; y += height)
      for (int x = 0; x < box.width; x += width) {
        const Box cell{box.left + x,
                       box.top + y,
                       std::min(width, box.width - x),
                       std::min(height, box.height - y)};
        if (across * down > 1 && misses(chunk, n, cell)) continue;
        queue.add(chunk, n, triangle, cell, image_width_, shade);
        if (queue.count == kLanes) flush(queue);
      }
  }
  HWY_INLINE void finish() {
    for (CellLanes& queue : queues_)
      if (queue.count > 0) flush(queue);
  }

 private:
  static constexpr int kMostSide = 8, kClassWidth = 2;

  HWY_INLINE void flush(CellLanes& queue) {
    visit_(queue);
    queue.clear();
  }
  /// True if all of a cell lies farther than the margin outside of one edge.
  bool misses(const FaceChunk& chunk, int n, const Box& cell) const {
    const float x0 = float(cell.left - chunk.reach.left[n]), x1 = x0 + float(cell.width - 1);
    const float y0 = float(cell.top - chunk.reach.top[n]), y1 = y0 + float(cell.height - 1);
    for (int k = 0; k < 3; ++k) {
      const float ux = chunk.ux[k][n], uy = chunk.uy[k][n];
      const float most =
          chunk.inward0[k][n] + std::max(ux * y0, ux * y1) - std::min(uy * x0, uy * x1);
      if (most < -(margin_ + 1e-2f)) return true;
    }
    return false;
  }

  int image_width_;
  float margin_;
  const Visit& visit_;
  CellLanes queues_[kMostSide / kClassWidth];
};

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
