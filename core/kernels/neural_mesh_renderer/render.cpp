// SPDX-License-Identifier: Apache-2.0
#include "kernels/neural_mesh_renderer/render.h"

#include <algorithm>

#include "kernels/neural_mesh_renderer/z_buffer.h"

namespace monodr::neural_mesh_renderer {
namespace {

/// Averages samples to pixels.
template <typename Scalar>
void resolve(const Settings& settings,
             const ScreenMesh& mesh,
             const Shading& shading,
             const Images<Scalar>& images) {
  const std::size_t plane = std::size_t(settings.height) * settings.width;
  const int samples = settings.samples;
  const double share = 1.0 / (samples * samples);
  for (int py = 0; py < settings.height; ++py)
    for (int px = 0; px < settings.width; ++px) {
      const std::size_t pixel = std::size_t(py) * settings.width + px;
      int hits = 0;
      double depth = 0;
      Triple colour{};
      for (int y = py * samples; y < (py + 1) * samples; ++y)
        for (int x = px * samples; x < (px + 1) * samples; ++x) {
          const std::int32_t triangle = images.nearest[std::size_t(y) * settings.columns() + x];
          if (triangle < 0) continue;
          ++hits;
          if (images.depth != nullptr) depth += shading.at(mesh, triangle, x, y).depth;
          if (images.colour == nullptr) continue;
          const Triple sample = shading.colour(mesh, triangle, x, y);
          for (int channel = 0; channel < 3; ++channel) colour[channel] += sample[channel];
        }
      if (images.silhouette != nullptr) images.silhouette[pixel] = Scalar(hits * share);
      if (images.depth != nullptr) images.depth[pixel] = Scalar(hits > 0 ? depth / hits : 0);
      if (images.colour == nullptr) continue;
      for (int channel = 0; channel < 3; ++channel)
        images.colour[channel * plane + pixel] =
            Scalar(share * colour[channel] + (1 - hits * share) * settings.background[channel]);
    }
}

/// Depth, vertex colours and light: exact on the samples as they are.
template <typename Scalar>
void shading_backward(const Settings& settings,
                      const std::int32_t* nearest,
                      const ImageGradients<Scalar>& incoming,
                      Scratch<Scalar>& scratch) {
  const std::size_t plane = std::size_t(settings.height) * settings.width;
  const int samples = settings.samples;
  const double share = 1.0 / (samples * samples);
  for (int py = 0; py < settings.height; ++py)
    for (int px = 0; px < settings.width; ++px) {
      const std::size_t pixel = std::size_t(py) * settings.width + px;
      const double to_depth = incoming.depth != nullptr ? double(incoming.depth[pixel]) : 0;
      Triple to_colour{};
      if (incoming.colour != nullptr)
        for (int channel = 0; channel < 3; ++channel)
          to_colour[channel] = share * double(incoming.colour[channel * plane + pixel]);
      const bool coloured = to_colour != Triple{};
      if (to_depth == 0 && !coloured) continue;
      const std::size_t corner = std::size_t(py * samples) * settings.columns() + px * samples;
      int hits = 0;
      for (int n = 0; n < samples * samples; ++n)
        hits += nearest[corner + n / samples * settings.columns() + n % samples] >= 0;
      for (int n = 0; n < samples * samples; ++n) {
        const int down = n / samples, right = n % samples;
        const std::int32_t triangle = nearest[corner + down * settings.columns() + right];
        if (triangle < 0) continue;
        const SurfacePoint point =
            scratch.shading.at(scratch.mesh, triangle, px * samples + right, py * samples + down);
        if (to_depth != 0)
          scratch.shading.add_depth_gradient(
              scratch.mesh, triangle, point, to_depth / hits, samples, scratch.gradient);
        if (coloured)
          scratch.shading.add_colour_gradient(
              scratch.mesh, triangle, point, to_colour, scratch.gradient);
      }
    }
}

/// [rows,columns] to [columns,rows], in blocks that stay in the cache.
template <typename Value>
void transpose(const Value* from, int rows, int columns, Value* to) {
  constexpr int kBlock = 16;
  for (int y0 = 0; y0 < rows; y0 += kBlock)
    for (int x0 = 0; x0 < columns; x0 += kBlock)
      for (int x = x0; x < std::min(x0 + kBlock, columns); ++x)
        for (int y = y0; y < std::min(y0 + kBlock, rows); ++y)
          to[std::size_t(x) * rows + y] = from[std::size_t(y) * columns + x];
}

template <typename Scalar>
LineView<Scalar> rows_of(const Settings& settings,
                         const std::int32_t* nearest,
                         const ImageGradients<Scalar>& incoming,
                         const Shading& shading) {
  LineView<Scalar> view;
  view.lines = settings.rows();
  view.length = settings.columns();
  view.nearest = nearest;
  view.silhouette = incoming.silhouette;
  if (incoming.colour != nullptr)
    for (int channel = 0; channel < 3; ++channel)
      view.colour[channel] =
          incoming.colour + channel * std::size_t(settings.height) * settings.width;
  view.along = &shading.x;
  view.across = &shading.y;
  return view;
}

template <typename Scalar>
LineView<Scalar> columns_of(const Settings& settings,
                            const LineView<Scalar>& rows,
                            Scratch<Scalar>& scratch) {
  const std::size_t plane = std::size_t(settings.height) * settings.width;
  scratch.nearest_by_column.resize(std::size_t(rows.lines) * rows.length);
  scratch.gradient_by_column.resize(4 * plane);
  transpose(rows.nearest, rows.lines, rows.length, scratch.nearest_by_column.data());
  Scalar* next = scratch.gradient_by_column.data();
  const auto turned = [&](const Scalar* image) -> const Scalar* {
    if (image == nullptr) return nullptr;
    transpose(image, settings.height, settings.width, next);
    next += plane;
    return next - plane;
  };
  LineView<Scalar> view;
  view.lines = rows.length;
  view.length = rows.lines;
  view.columns = true;
  view.nearest = scratch.nearest_by_column.data();
  view.silhouette = turned(rows.silhouette);
  for (int channel = 0; channel < 3; ++channel) view.colour[channel] = turned(rows.colour[channel]);
  view.along = rows.across;
  view.across = rows.along;
  return view;
}

template <typename Scalar>
void edges_backward(const Settings& settings,
                    const std::int32_t* nearest,
                    const ImageGradients<Scalar>& incoming,
                    Scratch<Scalar>& scratch) {
  scratch.to_x.assign(scratch.mesh.u.size(), 0);
  scratch.to_y.assign(scratch.mesh.u.size(), 0);
  const LineView<Scalar> rows = rows_of(settings, nearest, incoming, scratch.shading);
  const auto add = [&](const LineView<Scalar>& view, std::vector<double>& to_along) {
    add_edge_gradient(
        view, scratch.mesh, scratch.shading, scratch.visible, settings, scratch.edges, to_along);
  };
  add(rows, scratch.to_x);
  add(columns_of(settings, rows, scratch), scratch.to_y);
  for (std::size_t n = 0; n < scratch.to_x.size(); ++n) {
    scratch.gradient.u[n] += settings.samples * scratch.to_x[n];
    scratch.gradient.v[n] += settings.samples * scratch.to_y[n];
  }
}

}  // namespace

template <typename Scalar>
void render(const CameraMesh<Scalar>& camera_mesh,
            const Settings& settings,
            Scratch<Scalar>& scratch,
            const Images<Scalar>& images) {
  scratch.shading.place(scratch.mesh, settings.samples);
  scratch.shading.prepare(scratch.mesh);
  if (images.colour != nullptr) scratch.shading.light(camera_mesh, scratch.mesh, settings.light);
  scratch.inverse_depth.resize(std::size_t(settings.rows()) * settings.columns());
  const ZBuffer<Scalar> buffer{
      settings.rows(), settings.columns(), scratch.inverse_depth.data(), images.nearest};
  draw_nearest(scratch.mesh, scratch.shading, settings.far, buffer);
  resolve(settings, scratch.mesh, scratch.shading, images);
}

template <typename Scalar>
bool mark_visible(const Settings& settings, const std::int32_t* nearest, Scratch<Scalar>& scratch) {
  const std::size_t triangles = scratch.mesh.triangle_count();
  scratch.visible.assign(triangles, 0);
  const std::size_t count = std::size_t(settings.rows()) * settings.columns();
  for (std::size_t n = 0; n < count; ++n) {
    if (nearest[n] < 0) continue;
    if (std::size_t(nearest[n]) >= triangles) return false;
    scratch.visible[nearest[n]] = 1;
  }
  return true;
}

template <typename Scalar>
void render_backward(const CameraMesh<Scalar>& camera_mesh,
                     const Settings& settings,
                     Scratch<Scalar>& scratch,
                     const std::int32_t* nearest,
                     const ImageGradients<Scalar>& incoming,
                     const CameraMeshGradient<Scalar>& gradient) {
  const bool with_colour = incoming.colour != nullptr;
  scratch.shading.place(scratch.mesh, settings.samples);
  scratch.gradient.reset(scratch.mesh);
  if (with_colour) scratch.shading.light(camera_mesh, scratch.mesh, settings.light);
  if (incoming.depth != nullptr || with_colour) {
    scratch.shading.prepare(scratch.mesh);
    shading_backward(settings, nearest, incoming, scratch);
  }
  if (incoming.silhouette != nullptr || with_colour)
    edges_backward(settings, nearest, incoming, scratch);
  if (with_colour)
    scratch.shading.light_backward(camera_mesh, scratch.mesh, settings.light, gradient.vertices);
}

template void render(const CameraMesh<float>&,
                     const Settings&,
                     Scratch<float>&,
                     const Images<float>&);
template void render(const CameraMesh<double>&,
                     const Settings&,
                     Scratch<double>&,
                     const Images<double>&);
template bool mark_visible(const Settings&, const std::int32_t*, Scratch<float>&);
template bool mark_visible(const Settings&, const std::int32_t*, Scratch<double>&);
template void render_backward(const CameraMesh<float>&,
                              const Settings&,
                              Scratch<float>&,
                              const std::int32_t*,
                              const ImageGradients<float>&,
                              const CameraMeshGradient<float>&);
template void render_backward(const CameraMesh<double>&,
                              const Settings&,
                              Scratch<double>&,
                              const std::int32_t*,
                              const ImageGradients<double>&,
                              const CameraMeshGradient<double>&);

}  // namespace monodr::neural_mesh_renderer
