// SPDX-License-Identifier: Apache-2.0
#include "pictures/mesh_sheet.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "base/error.h"

namespace monodr {
namespace {

constexpr int kWidth = 240, kHeight = 150, kSamples = 3;  // of a picture; a side of a pixel
constexpr int kTitle = 34, kRowTitle = 26, kCaption = 18;

struct View {
  Eigen::Matrix3f rotation;  // rows: right, down, away
  Eigen::Vector3f eye;

  /// Onto a box of this length, height and width.
  View(const Eigen::Vector3f& size, bool from_behind) {
    const float turn =
        static_cast<float>(from_behind ? 180 - 38 : 38) * static_cast<float>(M_PI) / 180;
    const float rise = 16 * static_cast<float>(M_PI) / 180;
    // y points down, z to the left of the object.
    const Eigen::Vector3f towards(
        std::cos(turn) * std::cos(rise), -std::sin(rise), std::sin(turn) * std::cos(rise));
    constexpr float kDistance = 2.45F;  // of the longest side
    eye = kDistance * size.maxCoeff() * towards;
    const Eigen::Vector3f away = -towards, down(0, 1, 0);
    const Eigen::Vector3f right = down.cross(away).normalized();
    rotation << right.transpose(), away.cross(right).transpose(), away.transpose();
  }
  // Column, row, depth.
  Eigen::Vector3f project(const Eigen::Vector3f& point) const {
    const Eigen::Vector3f p = rotation * (point - eye);
    constexpr float kFocal = 2.35F;  // of the picture's width
    const float scale = kFocal * kWidth * kSamples / p.z();
    return {kSamples * kWidth * 0.5F + scale * p.x(),
            kSamples * kHeight * 0.52F + scale * p.y(),
            p.z()};
  }
};

// Corner normals: the mean over those faces around the vertex that bend less than 40 degrees.
std::vector<std::array<Eigen::Vector3f, 3>> corner_normals(const Mesh& mesh) {
  std::vector<Eigen::Vector3f> areas;
  std::vector<std::vector<int>> around(mesh.vertices.size());
  for (const auto& f : mesh.faces) {
    const Eigen::Vector3f a = mesh.vertices[f[0]];
    areas.push_back((mesh.vertices[f[1]] - a).cross(mesh.vertices[f[2]] - a));
    for (const int v : f) around[v].push_back(static_cast<int>(areas.size()) - 1);
  }
  std::vector<std::array<Eigen::Vector3f, 3>> normals(mesh.faces.size());
  for (size_t f = 0; f < mesh.faces.size(); ++f)
    for (int k = 0; k < 3; ++k) {
      const Eigen::Vector3f own = areas[f].normalized();
      Eigen::Vector3f sum = Eigen::Vector3f::Zero();
      for (const int other : around[mesh.faces[f][k]])
        if (own.dot(areas[other].normalized()) > 0.77F) sum += areas[other];
      normals[f][k] = sum.normalized();
    }
  return normals;
}

Eigen::Vector3f shade(const Eigen::Vector3f& colour,
                      const Eigen::Vector3f& normal,
                      const Eigen::Vector3f& to_eye) {
  static const Eigen::Vector3f lamp = Eigen::Vector3f(0.55F, -1.F, 0.75F).normalized();
  const float sky = 0.5F - 0.5F * normal.y(), light = std::max(0.F, normal.dot(lamp));
  const Eigen::Vector3f half = (lamp + to_eye).normalized();
  const float gloss = 0.18F * std::pow(std::max(0.F, normal.dot(half)), 30.F);
  return ((0.35F + 0.3F * sky + 0.5F * light) * colour + Eigen::Vector3f::Constant(gloss))
      .cwiseMin(1);
}

cv::Vec3f bgr(const Eigen::Vector3f& rgb) {
  return {rgb.z(), rgb.y(), rgb.x()};
}

class Picture {
 public:
  Picture(const Eigen::Vector3f& size, bool from_behind)
      : size_(size),
        view_(size, from_behind),
        colour_(kHeight * kSamples, kWidth * kSamples, cv::Vec3f(1, 1, 1)),
        depth_(kHeight * kSamples, kWidth * kSamples, 1e9F) {}

  // A soft dark patch on the ground below the object.
  void draw_shadow() {
    const float ground = size_.y() / 2;
    std::vector<cv::Point> outline;
    for (const auto& [x, z] :
         {std::pair{-0.48F, -0.46F}, {0.48F, -0.46F}, {0.48F, 0.46F}, {-0.48F, 0.46F}}) {
      const Eigen::Vector3f p = view_.project({x * size_.x(), ground, z * size_.z()});
      outline.emplace_back(cvRound(p.x()), cvRound(p.y()));
    }
    cv::fillConvexPoly(colour_, outline, cv::Scalar(0.45, 0.45, 0.45), cv::LINE_AA);
    cv::GaussianBlur(colour_, colour_, {}, 3.5 * kSamples);
  }

  void draw(const Mesh& mesh) {
    const auto normals = corner_normals(mesh);
    for (size_t f = 0; f < mesh.faces.size(); ++f) fill(mesh, f, normals[f]);
  }

  cv::Mat finished() const {
    cv::Mat small, bytes;
    cv::resize(colour_, small, {kWidth, kHeight}, 0, 0, cv::INTER_AREA);
    small.convertTo(bytes, CV_8UC3, 255);
    return bytes;
  }

 private:
  void fill(const Mesh& mesh, size_t face, const std::array<Eigen::Vector3f, 3>& normals) {
    std::array<Eigen::Vector3f, 3> p;
    for (int k = 0; k < 3; ++k) p[k] = view_.project(mesh.vertices[mesh.faces[face][k]]);
    const auto cross = [](const Eigen::Vector3f& a, const Eigen::Vector3f& b, float x, float y) {
      return (b.x() - a.x()) * (y - a.y()) - (b.y() - a.y()) * (x - a.x());
    };
    const float area = cross(p[0], p[1], p[2].x(), p[2].y());
    if (area == 0) return;
    const auto [left, right] = std::minmax({p[0].x(), p[1].x(), p[2].x()});
    const auto [top, bottom] = std::minmax({p[0].y(), p[1].y(), p[2].y()});
    for (int y = std::max(0, static_cast<int>(top));
         y < std::min(depth_.rows, static_cast<int>(bottom) + 2);
         ++y)
      for (int x = std::max(0, static_cast<int>(left));
           x < std::min(depth_.cols, static_cast<int>(right) + 2);
           ++x) {
        const float cx = static_cast<float>(x) + 0.5F, cy = static_cast<float>(y) + 0.5F;
        const Eigen::Vector3f w(cross(p[1], p[2], cx, cy) / area,
                                cross(p[2], p[0], cx, cy) / area,
                                cross(p[0], p[1], cx, cy) / area);
        if (w.minCoeff() < 0) continue;
        const float depth = 1 / (w[0] / p[0].z() + w[1] / p[1].z() + w[2] / p[2].z());
        if (depth >= depth_(y, x)) continue;
        depth_(y, x) = depth;
        Eigen::Vector3f normal = Eigen::Vector3f::Zero(), colour = normal, place = normal;
        for (int k = 0; k < 3; ++k) {
          const int v = mesh.faces[face][k];
          normal += w[k] * normals[k];
          place += w[k] * mesh.vertices[v];
          colour +=
              w[k] * (mesh.colours.empty() ? Eigen::Vector3f(0.6F, 0.6F, 0.6F) : mesh.colours[v]);
        }
        colour_(y, x) = bgr(shade(colour, normal.normalized(), (view_.eye - place).normalized()));
      }
  }

  Eigen::Vector3f size_;
  View view_;
  cv::Mat3f colour_;
  cv::Mat1f depth_;
};

cv::Mat draw(const SheetPicture& item, const Eigen::Vector3f& size) {
  Mesh mesh = item.mesh;
  for (Eigen::Vector3f& v : mesh.vertices) v = v.cwiseProduct(size);
  Picture picture(size, item.from_behind);
  picture.draw_shadow();
  picture.draw(mesh);
  return picture.finished();
}

void write(cv::Mat& sheet, const std::string& text, int x, int y, double size) {
  cv::putText(
      sheet, text, {x, y}, cv::FONT_HERSHEY_SIMPLEX, size, cv::Scalar(40, 40, 40), 1, cv::LINE_AA);
}

}  // namespace

void write_mesh_sheet(const std::string& title,
                      const std::vector<SheetRow>& rows,
                      const std::array<double, 3>& size_mean,
                      const std::string& output_path) {
  const Eigen::Vector3f size(static_cast<float>(size_mean[2]),
                             static_cast<float>(size_mean[0]),
                             static_cast<float>(size_mean[1]));
  int columns = 1, height = kTitle;
  for (const SheetRow& row : rows) {
    columns = std::max(columns, static_cast<int>(row.pictures.size()));
    height += kRowTitle + kHeight + kCaption;
  }
  cv::Mat sheet(height, columns * kWidth, CV_8UC3, cv::Scalar(255, 255, 255));
  write(sheet, title, 10, 23, 0.55);
  int top = kTitle;
  for (const SheetRow& row : rows) {
    write(sheet, row.title, 10, top + 18, 0.45);
    for (size_t i = 0; i < row.pictures.size(); ++i) {
      const int left = static_cast<int>(i) * kWidth;
      draw(row.pictures[i], size).copyTo(sheet(cv::Rect(left, top + kRowTitle, kWidth, kHeight)));
      write(sheet, row.pictures[i].caption, left + 10, top + kRowTitle + kHeight + 11, 0.38);
    }
    top += kRowTitle + kHeight + kCaption;
  }
  if (!cv::imwrite(output_path, sheet))
    throw UserError(fmt::format("cannot write the picture '{}'", output_path));
}

}  // namespace monodr
