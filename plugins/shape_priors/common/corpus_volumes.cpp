// SPDX-License-Identifier: Apache-2.0
#include "corpus_volumes.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "geometry/signed_distance.h"

namespace monodr::shape_priors {
namespace {

using Eigen::Vector3f;

void check_closed(const CorpusItem& item) {
  if (is_watertight(item.mesh)) return;
  throw UserError(fmt::format(
      "mesh '{}' of the corpus is not closed, so that it has no inside; it must be made "
      "of closed parts, oriented outward",
      item.name));
}

// Grows the colours into the samples that have none, layer by layer.
void spread(const SampleGrid& grid, std::vector<Vector3f>& colours, std::vector<bool>& known) {
  const auto& n = grid.counts;
  for (bool missing = true; missing;) {
    std::vector<std::pair<size_t, Vector3f>> found;
    missing = false;
    for (int i = 0; i < n[0]; ++i)
      for (int j = 0; j < n[1]; ++j)
        for (int k = 0; k < n[2]; ++k) {
          if (known[grid.index(i, j, k)]) continue;
          Vector3f sum = Vector3f::Zero();
          int count = 0;
          const auto add = [&](int x, int y, int z) {
            if (std::min({x, y, z}) < 0 || x >= n[0] || y >= n[1] || z >= n[2]) return;
            if (!known[grid.index(x, y, z)]) return;
            sum += colours[grid.index(x, y, z)];
            ++count;
          };
          for (const int step : {-1, 1})
            add(i + step, j, k), add(i, j + step, k), add(i, j, k + step);
          if (count > 0)
            found.emplace_back(grid.index(i, j, k), sum / static_cast<float>(count));
          else
            missing = true;
        }
    if (found.empty()) break;
    for (const auto& [index, colour] : found) colours[index] = colour, known[index] = true;
  }
}

void put_colours(const HalfVolume& volume,
                 const Mesh& mesh,
                 const std::vector<int>& nearest,
                 Eigen::Ref<Eigen::RowVectorXf> row) {
  const SampleGrid& grid = volume.half;
  std::vector<Vector3f> colours(grid.size(), Vector3f::Constant(0.5f));
  std::vector<bool> known(grid.size(), false);
  for (int i = 0; i < grid.counts[0]; ++i)
    for (int j = 0; j < grid.counts[1]; ++j)
      for (int k = 0; k < grid.counts[2]; ++k) {
        const size_t index = grid.index(i, j, k);
        if (nearest[index] < 0 || mesh.colours.empty()) continue;
        const auto& [a, b, c] = mesh.faces[nearest[index]];
        const Vector3f w = nearest_on_triangle(
            grid.point(i, j, k), mesh.vertices[a], mesh.vertices[b], mesh.vertices[c]);
        colours[index] = w[0] * mesh.colours[a] + w[1] * mesh.colours[b] + w[2] * mesh.colours[c];
        known[index] = true;
      }
  spread(grid, colours, known);
  const auto samples = static_cast<Eigen::Index>(grid.size());
  for (Eigen::Index index = 0; index < samples; ++index)
    for (int channel = 0; channel < 3; ++channel)
      row[channel * samples + index] = colours[index][channel];
}

void sample(const HalfVolume& volume,
            const CorpusItem& item,
            Eigen::Index row,
            CorpusVolumes& out) {
  check_closed(item);
  std::vector<int> nearest;
  const std::vector<float> field =
      signed_distance(item.mesh, volume.half, volume.truncation, &nearest);
  const auto inside = std::count_if(field.begin(), field.end(), [](float v) { return v < 0; });
  if (static_cast<double>(inside) < 0.02 * static_cast<double>(field.size()))
    throw UserError(
        fmt::format("mesh '{}' of the corpus encloses {} of {} samples of the volume; it must fill "
                    "the unit box and be oriented outward",
                    item.name,
                    inside,
                    field.size()));
  std::copy(field.begin(), field.end(), out.fields.row(row).data());
  put_colours(volume, item.mesh, nearest, out.colours.row(row));
}

}  // namespace

CorpusVolumes sample_corpus(const HalfVolume& volume,
                            const std::vector<CorpusItem>& corpus,
                            const std::function<bool(double)>& progress) {
  const auto count = static_cast<std::int64_t>(corpus.size());
  CorpusVolumes out;
  out.fields.resize(count, volume.samples());
  out.colours.resize(count, 3 * volume.samples());
  constexpr std::int64_t kBlock = 16;  // meshes between two reports
  for (std::int64_t first = 0; first < count; first += kBlock) {
    const std::int64_t last = std::min(count, first + kBlock);
    at::parallel_for(first, last, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) sample(volume, corpus[i], i, out);
    });
    if (progress && !progress(static_cast<double>(last) / static_cast<double>(count))) return {};
  }
  const float near = volume.half.spacing.maxCoeff();
  out.surface_share = (out.fields.array().abs() < near).cast<double>().colwise().mean().matrix();
  return out;
}

}  // namespace monodr::shape_priors
