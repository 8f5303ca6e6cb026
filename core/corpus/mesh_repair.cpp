// SPDX-License-Identifier: Apache-2.0
#include "corpus/mesh_repair.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "corpus/parametric_car.h"
#include "geometry/enclosure.h"
#include "geometry/isosurface.h"
#include "geometry/mesh_axes.h"
#include "geometry/signed_distance.h"

namespace monodr {
namespace {

constexpr int kCells = 128;

// ---- what is wrong --------------------------------------------------------------------------

// Corners at the same place become one.
std::vector<std::array<int, 3>> welded(const Mesh& mesh) {
  const MeshBounds box = bounds(mesh);
  const float unit = (box.high - box.low).maxCoeff() * 1e-6F;
  std::map<std::array<std::int64_t, 3>, int> places;
  std::vector<int> place(mesh.vertices.size());
  for (size_t v = 0; v < mesh.vertices.size(); ++v) {
    const Eigen::Vector3f at = (mesh.vertices[v] - box.low) / std::max(unit, 1e-30F);
    place[v] = places
                   .emplace(
                       std::array<std::int64_t, 3>{
                           std::llround(at.x()), std::llround(at.y()), std::llround(at.z())},
                       static_cast<int>(places.size()))
                   .first->second;
  }
  std::vector<std::array<int, 3>> faces;
  for (const auto& f : mesh.faces) faces.push_back({place[f[0]], place[f[1]], place[f[2]]});
  return faces;
}

void count_edges(const std::vector<std::array<int, 3>>& faces, MeshFaults& faults) {
  std::map<std::pair<int, int>, std::array<int, 2>> edges;  // low, high -> uses in both directions
  for (const auto& f : faces)
    for (int k = 0; k < 3; ++k) {
      const int from = f[k], to = f[(k + 1) % 3];
      ++edges[std::minmax(from, to)][from < to ? 0 : 1];
    }
  for (const auto& [edge, uses] : edges) {
    if (uses[0] + uses[1] == 1) ++faults.open_edges;
    if (uses[0] > 1 || uses[1] > 1) ++faults.crossed_edges;
  }
}

size_t count_parts(const std::vector<std::array<int, 3>>& faces) {
  int count = 0;
  for (const auto& f : faces) count = std::max({count, f[0] + 1, f[1] + 1, f[2] + 1});
  std::vector<int> parent(count);
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](int v) {
    while (parent[v] != v) v = parent[v] = parent[parent[v]];
    return v;
  };
  for (const auto& f : faces)
    for (int k = 1; k < 3; ++k) parent[root(f[k])] = root(f[0]);
  std::vector<bool> is_part(count);
  for (const auto& f : faces) is_part[root(f[0])] = true;
  return static_cast<size_t>(std::count(is_part.begin(), is_part.end(), true));
}

MeshFaults inspect(const Mesh& mesh) {
  MeshFaults faults;
  faults.vertices = mesh.vertices.size();
  faults.faces = mesh.faces.size();
  faults.no_colours = mesh.colours.empty();
  std::vector<std::array<int, 3>> sound;
  std::map<std::array<int, 3>, int> seen;
  for (const auto& f : welded(mesh)) {
    if (f[0] == f[1] || f[1] == f[2] || f[2] == f[0]) {
      ++faults.degenerate_faces;
      continue;
    }
    std::array<int, 3> sorted = f;
    std::sort(sorted.begin(), sorted.end());
    if (seen[sorted]++ > 0)
      ++faults.doubled_faces;
    else
      sound.push_back(f);
  }
  count_edges(sound, faults);
  faults.parts = count_parts(sound);
  return faults;
}

double inner_share(const Mesh& mesh, const Enclosure& solid) {
  size_t inner = 0;
  for (const auto& f : mesh.faces) {
    const Eigen::Vector3f centre =
        (mesh.vertices[f[0]] + mesh.vertices[f[1]] + mesh.vertices[f[2]]) / 3;
    const Eigen::Vector3f at = (centre - solid.grid.low).cwiseQuotient(solid.grid.spacing);
    const int i = static_cast<int>(std::lround(at.x())), j = static_cast<int>(std::lround(at.y())),
              k = static_cast<int>(std::lround(at.z()));
    inner += solid.field[solid.grid.index(i, j, k)] < -1.7F * solid.grid.spacing[0];
  }
  return static_cast<double>(inner) / static_cast<double>(std::max<size_t>(1, mesh.faces.size()));
}

std::string likely_unit(double length, double usual) {
  struct Unit {
    const char* name;
    double metres;
  };
  constexpr std::array<Unit, 5> units = {
      {{"m", 1}, {"in", 0.0254}, {"cm", 0.01}, {"mm", 0.001}, {"ft", 0.3048}}};
  for (const Unit& unit : units)
    if (length * unit.metres > 0.67 * usual && length * unit.metres < 1.55 * usual)
      return unit.name;
  return "unknown";
}

// ---- what is done ---------------------------------------------------------------------------

// Water on the far side of the plane at `place` along `axis`.
void cut(Enclosure& solid, int axis, float place, bool keep_below) {
  std::array<int, 3> p{};
  for (p[0] = 0; p[0] < solid.grid.counts[0]; ++p[0])
    for (p[1] = 0; p[1] < solid.grid.counts[1]; ++p[1])
      for (p[2] = 0; p[2] < solid.grid.counts[2]; ++p[2]) {
        const float beyond = solid.grid.coordinate(axis, p[axis]) - place;
        float& field = solid.field[solid.grid.index(p[0], p[1], p[2])];
        field = std::max(field, keep_below ? beyond : -beyond);
      }
}

// Cuts off both ends, or the one at the `top`, as far as slices are emptier than `share` of the
// fullest. Returns the share of the extent that went.
double trim(Enclosure& solid, int axis, double share, int end) {
  std::vector<double> slices(solid.grid.counts[axis]);
  std::array<int, 3> p{};
  for (p[0] = 0; p[0] < solid.grid.counts[0]; ++p[0])
    for (p[1] = 0; p[1] < solid.grid.counts[1]; ++p[1])
      for (p[2] = 0; p[2] < solid.grid.counts[2]; ++p[2])
        slices[p[axis]] += solid.field[solid.grid.index(p[0], p[1], p[2])] < 0;
  const auto is_empty = [](double s) { return s == 0; };
  const double least = share * *std::max_element(slices.begin(), slices.end());
  const auto is_thin = [least](double s) { return s < least; };
  const auto first = std::find_if_not(slices.begin(), slices.end(), is_empty);
  const auto last = std::find_if_not(slices.rbegin(), slices.rend(), is_empty).base();
  const auto kept_first = end <= 0 ? std::find_if_not(first, last, is_thin) : first;
  const auto kept_last = end >= 0 ? std::find_if_not(std::make_reverse_iterator(last),
                                                     std::make_reverse_iterator(kept_first),
                                                     is_thin)
                                        .base()
                                  : last;
  const auto place = [&](auto position, double shift) {
    const auto index = static_cast<float>(position - slices.begin());
    return solid.grid.low[axis] + (index + static_cast<float>(shift)) * solid.grid.spacing[axis];
  };
  if (kept_first != first) cut(solid, axis, place(kept_first, -0.5), false);
  if (kept_last != last) cut(solid, axis, place(kept_last, -0.5), true);
  return 1 - static_cast<double>(kept_last - kept_first) / static_cast<double>(last - first);
}

Eigen::Vector3f colour_at(const Mesh& mesh, int face, const Eigen::Vector3f& point) {
  if (face < 0 || mesh.colours.empty()) return Eigen::Vector3f::Constant(0.5F);
  const auto& f = mesh.faces[face];
  const Eigen::Vector3f weights =
      nearest_on_triangle(point, mesh.vertices[f[0]], mesh.vertices[f[1]], mesh.vertices[f[2]]);
  return weights[0] * mesh.colours[f[0]] + weights[1] * mesh.colours[f[1]] +
         weights[2] * mesh.colours[f[2]];
}

// Crumbs of faces without thickness vanish below this depth (spacings).
constexpr float kLeastDepth = 0.15F;

Mesh surface_of(const Enclosure& solid, const Mesh& original) {
  std::vector<float> field = solid.field;
  for (float& f : field) f += kLeastDepth * solid.grid.spacing[0];
  auto surface = isosurface(field.data(), solid.grid.counts);
  keep_largest_part(surface);
  const auto point = [&](int index) {
    const int k = index % solid.grid.counts[2], rest = index / solid.grid.counts[2];
    return solid.grid.point(rest / solid.grid.counts[1], rest % solid.grid.counts[1], k);
  };
  Mesh mesh;
  for (const auto& vertex : surface.vertices) {
    const Eigen::Vector3f from = point(vertex.from), to = point(vertex.to);
    mesh.vertices.push_back(from + vertex.t * (to - from));
    const int face = solid.nearest[vertex.t < 0.5F ? vertex.from : vertex.to];
    mesh.colours.push_back(colour_at(original, face, mesh.vertices.back()));
  }
  for (const auto& face : surface.faces) mesh.faces.push_back({face[0], face[1], face[2]});
  return mesh;
}

}  // namespace

std::vector<std::string> MeshFaults::sentences() const {
  std::vector<std::string> lines;
  const auto count = [&](size_t number, const char* what) {
    if (number > 0) lines.push_back(fmt::format("{} {}", number, what));
  };
  const std::string up = axes.up_in_file(), forward = axes.forward_in_file();
  if (axes.likeness > 0 && (up != "-y" || forward != "+x"))
    lines.push_back(fmt::format("up is {} and forward {} in the file (margins {:.2f} and {:.2f})",
                                up,
                                forward,
                                axes.up_margin,
                                axes.forward_margin));
  if (unit != "m") lines.push_back(fmt::format("{:.4g} long: unit {}", length, unit));
  count(degenerate_faces, "faces without area");
  count(doubled_faces, "doubled faces");
  count(open_edges, "open edges");
  count(crossed_edges, "edges where surfaces meet or turn over");
  if (parts > 1) count(parts, "separate parts");
  if (inner_share > 0.005)
    lines.push_back(fmt::format("{:.0f} % of the faces lie inside", 100 * inner_share));
  // The least gap that is closed is a matter of the lattice, not of the mesh.
  if (gap > 1.2 / kCells)
    lines.push_back(fmt::format("gaps up to {:.1f} % of the length bridged", 200 * gap));
  if (no_floor) lines.push_back("one side open, closed by a lid");
  if (trimmed_width > 0)
    lines.push_back(fmt::format("mirrors cut off ({:.0f} % of the width)", 100 * trimmed_width));
  if (no_colours) lines.push_back("no colours: taken as grey");
  return lines;
}

namespace {

CarAxes axes_by_likeness(const Enclosure& solid) {
  const CarAxes axes = find_car_axes(solid);
  constexpr double kLeastLikeness = 0.5, kLeastMargin = 0.01;
  if (axes.likeness < kLeastLikeness)
    throw UserError(fmt::format(
        "what it encloses looks like no car in any of the 24 ways to turn it (overlap {:.2f} with "
        "the likest)",
        axes.likeness));
  if (std::min(axes.up_margin, axes.forward_margin) < kLeastMargin)
    throw UserError(
        fmt::format("its heading is a toss-up: up {} and forward {} win by {:.3f} and {:.3f} only; "
                    "turn it to x "
                    "forward, y down",
                    axes.up_in_file(),
                    axes.forward_in_file(),
                    axes.up_margin,
                    axes.forward_margin));
  return axes;
}

CarAxes axes_as_stated(const std::string& text) {
  CarAxes axes;
  axes.rotation = rotation_of_axes(text);
  return axes;
}

}  // namespace

RepairedMesh repair_mesh(const Mesh& mesh, const CategoryModel& category) {
  RepairedMesh result;
  result.faults = inspect(mesh);
  MeshFaults& faults = result.faults;
  Enclosure solid = enclose(mesh, kCells);
  faults.inner_share = inner_share(mesh, solid);
  faults.gap = solid.gap / (solid.grid.spacing[0] * kCells);
  faults.no_floor = solid.open_below;
  const bool by_likeness = category.mesh_axes == kByLikeness;
  faults.axes = by_likeness ? axes_by_likeness(solid) : axes_as_stated(category.mesh_axes);
  const CarAxes& axes = faults.axes;
  if (by_likeness) {
    int lateral = 0, vertical = 0;
    axes.rotation.row(2).cwiseAbs().maxCoeff(&lateral);
    axes.rotation.row(1).cwiseAbs().maxCoeff(&vertical);
    faults.trimmed_width = trim(solid, lateral, 0.03, 0);
    trim(solid, vertical, 0.01, axes.rotation(1, vertical) < 0 ? 1 : -1);
  }
  result.mesh = surface_of(solid, mesh);
  for (Eigen::Vector3f& v : result.mesh.vertices) v = (axes.rotation * v).eval();
  bake_sky(result.mesh);
  faults.length = normalise_to_unit_box(result.mesh).x();
  faults.unit = likely_unit(faults.length, category.size_mean[2]);
  return result;
}

}  // namespace monodr
