// SPDX-License-Identifier: Apache-2.0
// The body is lofted through cross-sections ("stations") whose half outline always has the same
// rows, so that lamps, windows and pillars are cells of one grid.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include "corpus/car_surface.h"

namespace monodr {
namespace {

using Eigen::Vector3f;

// Rows of the left half of a cross-section, from the bottom's middle to the top's middle.
enum Row {
  bottom_middle = 0,
  well_floor = 2,  // inner lower edge of the wheel arch
  well_top = 3,    // inner upper edge of the wheel arch
  sill = 4,        // lower edge of the side; sill .. belt are the side's rows
  belt = 11,       // belt .. roof_edge are the greenhouse's rows
  roof_edge = 17,
  top_middle = 21,
  row_count = 22
};
constexpr std::array<float, 8> side_shares = {0, .18f, .36f, .50f, .64f, .80f, .92f, 1};
// Columns of the front and rear ends as shares of half the width; .33 = the plate's end.
constexpr std::array<float, 6> fixed_columns = {0, .33f, .37f, .50f, .84f, 1};

float mix(float a, float b, float t) {
  return a + (b - a) * t;
}

float smooth_step(float low, float high, float x) {
  const float t = std::clamp((x - low) / (high - low), 0.f, 1.f);
  return t * t * (3 - 2 * t);
}

class Body {
 public:
  Body(const CarParameters& car, SurfaceBuilder& surface);
  void build();

 private:
  float axle_station(float axle) const { return (axle * length_ - front_bulge_) / loft_; }
  float forward(float s) const { return length_ / 2 - front_bulge_ - s * loft_; }
  float top(float s) const;          // height of the middle of the upper outline, metres
  float width(float s) const;        // half the width in plan view, metres
  float arch(float s) const;         // upper edge of the wheel arch, 0 where there is none
  float belt_height(float s) const;  // upper edge of the side
  float crown(float s) const { return s > car_.cowl && s < car_.deck ? .045f : .035f; }
  bool in_bed(float s) const { return car_.bed_depth > 0 && s > bed_front_ && s < bed_rear_; }
  std::array<Vector3f, row_count> outline(float s) const;
  std::vector<float> stations() const;
  Material loft_material(int row, float s0, float s1) const;
  Material end_material(bool front, int row, float column) const;
  void end_cap(bool front,
               const std::array<int, row_count>& left,
               const std::array<int, row_count>& right);

  const CarParameters& car_;
  SurfaceBuilder& surface_;
  float height_, half_width_, length_;
  float front_bulge_, rear_bulge_, loft_;
  float bed_front_, bed_rear_;
  std::vector<std::pair<float, float>> pillars_;  // between the side windows, from and to
  float seam_;  // width of the cells along the borders of windows, as a share of the length
};

Body::Body(const CarParameters& car, SurfaceBuilder& surface)
    : car_(car),
      surface_(surface),
      height_(car.dimensions[0]),
      half_width_(car.dimensions[1] / 2),
      length_(car.dimensions[2]) {
  front_bulge_ = .030f * length_;
  rear_bulge_ = .016f * length_;
  loft_ = length_ - front_bulge_ - rear_bulge_;
  bed_front_ = car.deck + .02f;
  bed_rear_ = .975f;
  seam_ = .022f / length_;
  const float width = .07f / length_;
  for (const float share : car.rear_doors ? std::vector<float>{.36f, .84f} : std::vector{.56f}) {
    const float front = mix(car.windscreen_top, car.side_window_end, share);
    pillars_.emplace_back(front, front + width);
  }
}

float Body::top(float s) const {
  const CarParameters& c = car_;
  const float peak = mix(c.windscreen_top, c.roof_end, .35f);
  float share;
  if (s < c.cowl) {
    const float t = s / c.cowl;
    share = mix(c.nose_height, c.cowl_height, 1 - (1 - t) * (1 - t) * (.45f + .55f * (1 - t)));
    share -= .10f * c.nose_height * std::pow(std::max(0.f, 1 - s / .06f), 2.f);
  } else if (s < c.windscreen_top) {
    const float t = (s - c.cowl) / (c.windscreen_top - c.cowl);
    share = mix(c.cowl_height, .965f, t + .10f * t * (1 - t));
  } else if (s < peak) {
    const float t = (peak - s) / (peak - c.windscreen_top);
    share = 1 - .035f * t * t;
  } else if (s < c.roof_end) {
    const float t = (s - peak) / (c.roof_end - peak);
    share = 1 - c.roof_fall * t * t;
  } else if (s < c.deck) {
    const float t = (s - c.roof_end) / (c.deck - c.roof_end);
    share = mix(1 - c.roof_fall, c.deck_height, t - .12f * t * (1 - t));
  } else {
    const float t = (s - c.deck) / (1 - c.deck);
    share = mix(c.deck_height, c.tail_height, t * t);
  }
  return share * height_;
}

float Body::width(float s) const {
  const float nose = std::max(0.f, 1 - s / .20f), tail = std::max(0.f, (s - .82f) / .18f);
  return half_width_ * (1 - (1 - car_.nose_width) * std::pow(nose, 2.4f) -
                        (1 - car_.tail_width) * std::pow(tail, 2.4f));
}

float Body::arch(float s) const {
  const float radius = car_.wheel_radius * height_;
  for (const float axle : {car_.front_axle, car_.rear_axle}) {
    const float distance = (s - axle_station(axle)) * loft_;
    const float opening = 1.13f * radius;
    if (std::abs(distance) < opening)
      return radius + std::sqrt(opening * opening - distance * distance);
  }
  return 0;
}

float Body::belt_height(float s) const {
  const float t = (s - car_.cowl) / (car_.deck - car_.cowl);
  const float line = mix(car_.belt_front, car_.belt_rear, std::clamp(t, -.2f, 1.2f)) * height_;
  return std::min(line, top(s) - crown(s) - .03f);
}

std::array<Vector3f, row_count> Body::outline(float s) const {
  // Bumpers curve up towards the ends.
  const float end = std::max(std::max(0.f, 1 - s / .07f), std::max(0.f, (s - .92f) / .08f));
  const float arch_up = arch(s);
  const float over_axle = std::max(0.f, arch_up / (car_.wheel_radius * height_) - 1) / 1.13f;
  const float lowest = height_ * (car_.clearance + .06f * end * end);
  const float raised = height_ * (car_.clearance + car_.axle_room * over_axle);
  const float floor = std::max(lowest, std::min(raised, arch_up - .06f));
  const float edge = top(s) - crown(s), belt_up = belt_height(s), half = width(s);
  const bool in_arch = arch_up > floor + .05f;
  const float sill_up = in_arch ? arch_up : floor + .05f;
  // The side leans in below and above its widest line.
  const auto side = [&](float up) {
    const float waist = .55f * height_ * .85f;
    const float below = std::max(0.f, (waist - up) / waist), above = std::max(0.f, up - waist);
    return half * (1 - .10f * below * below) - .28f * above * above / height_ - .10f * above * .3f;
  };
  const float belt_left = side(belt_up);
  const float roof_left = car_.roof_width * half;
  const float cabin = (edge - belt_up) / std::max(.1f, .97f * height_ - belt_up);
  const float edge_left = mix(belt_left, roof_left, std::clamp(cabin, 0.f, 1.f)) - .012f;

  std::array<Vector3f, row_count> rows;
  const auto set = [&](int row, float up, float left) { rows[row] = {0, up, left}; };
  const float well = half - .27f;
  set(bottom_middle, floor, 0);
  set(1, floor + .004f, .55f * well);
  set(well_floor, floor + .010f, well);
  if (in_arch)
    set(well_top, arch_up - .03f, well + .01f);
  else
    set(well_top, floor + .018f, mix(well, side(sill_up), .6f));
  for (int k = 0; k < 7; ++k) {
    const float up = mix(sill_up, belt_up, side_shares[k]);
    set(sill + k, up, side(up));
  }
  const float greenhouse = edge - belt_up;
  const std::array<float, 7> offsets = {0,
                                        std::min(.025f, .12f * greenhouse),
                                        std::min(.045f, .25f * greenhouse),
                                        .5f * greenhouse,
                                        greenhouse - std::min(.060f, .25f * greenhouse),
                                        greenhouse - std::min(.040f, .12f * greenhouse),
                                        greenhouse};
  for (int k = 0; k < 7; ++k) {
    const float t = offsets[k] / greenhouse;
    // Side windows are slightly convex.
    const float bow = .10f * greenhouse * t * (1 - t);
    set(belt + k, belt_up + offsets[k], mix(belt_left, edge_left, t) + bow);
  }
  const std::array<float, 4> across = {edge_left - .055f, edge_left - .080f, .5f * edge_left, 0};
  for (int k = 0; k < 4; ++k) {
    const float t = across[k] / edge_left;
    set(roof_edge + 1 + k, top(s) - crown(s) * t * t, across[k]);
  }
  if (in_bed(s))
    for (int k = 1; k < 4; ++k) rows[roof_edge + 1 + k].y() -= car_.bed_depth;

  // The foot of the windscreen and of the rear window curve in plan view.
  const float front_glass = smooth_step(car_.cowl - .10f, car_.cowl, s) *
                            (1 - smooth_step(car_.windscreen_top, car_.windscreen_top + .1f, s));
  const float rear_glass =
      smooth_step(car_.roof_end - .10f, car_.roof_end, s) * (1 - smooth_step(car_.deck, 1, s));
  for (int row = 0; row < row_count; ++row) {
    float x = forward(s);
    if (row > roof_edge) {
      const float u = rows[row].z() / edge_left, middle = 1 - u * u;
      x += .025f * length_ * front_glass * middle;
      if (car_.bed_depth <= 0) x -= .008f * length_ * rear_glass * middle;
    }
    rows[row].x() = x;
  }
  return rows;
}

std::vector<float> Body::stations() const {
  const CarParameters& c = car_;
  std::vector<float> s = {0, .012f, .035f, .065f, .10f, 1, .985f, .96f, .93f};
  const auto between = [&s](float from, float to, int inner) {
    for (int k = 1; k <= inner; ++k)
      s.push_back(mix(from, to, static_cast<float>(k) / (inner + 1)));
  };
  const auto glass = [&](float from, float to, int inner) {
    for (const float x : {from, from + seam_, to - seam_, to}) s.push_back(x);
    between(from + seam_, to - seam_, inner);
  };
  between(.10f, c.cowl, 2);
  glass(c.cowl, c.windscreen_top, 3);
  glass(c.roof_end, c.deck, 3);
  between(c.windscreen_top, c.roof_end, 4);
  for (const auto& [from, to] : pillars_)
    for (const float x : {from - seam_, from, to, to + seam_}) s.push_back(x);
  for (const float x : {c.side_window_end - seam_, c.side_window_end}) s.push_back(x);
  for (const float axle : {c.front_axle, c.rear_axle}) {
    const float opening = 1.13f * c.wheel_radius * height_ / loft_;
    const float middle = axle_station(axle);
    for (int k = 0; k <= 8; ++k)
      s.push_back(middle - .998f * opening * std::cos(static_cast<float>(M_PI) * k / 8));
    s.push_back(middle - 1.004f * opening);
    s.push_back(middle + 1.004f * opening);
  }
  if (c.bed_depth > 0)
    for (const float x : {bed_front_, bed_rear_})
      for (const float step : {-.002f, .002f}) s.push_back(x + step);
  std::sort(s.begin(), s.end());
  // Stations nearer than 3 mm would only make slivers.
  const auto near = [this](float a, float b) { return (b - a) * loft_ < .003f; };
  s.erase(std::unique(s.begin(), s.end(), near), s.end());
  return s;
}

Material Body::loft_material(int row, float s0, float s1) const {
  const CarParameters& c = car_;
  const float s = (s0 + s1) / 2;
  if (row < sill) return Material::underbody;
  if (row < belt) {
    const int side = row - sill;
    if (side >= 4 && side < 6 && s < .035f) return Material::front_lamp;
    if (side >= 4 && side < 6 && s > .96f) return Material::rear_lamp;
    if (c.cladding && side < 2) return Material::grille;
    return Material::paint;
  }
  if (row < roof_edge) {
    const bool deep = top(s) - crown(s) - belt_height(s) > .12f;
    if (c.tall_rear_lamps && s > c.side_window_end + .01f && row < belt + 4)
      return Material::rear_lamp;
    if (!deep || row == belt || row == roof_edge - 1 || s < c.cowl || s > c.side_window_end)
      return Material::paint;
    for (const auto& [from, to] : pillars_)
      if (s > from && s < to) return Material::grille;
    return Material::window;
  }
  if (in_bed(s)) return row > roof_edge ? Material::underbody : Material::paint;
  const bool frame = row == roof_edge;
  if (!frame && ((s > c.cowl && s < c.windscreen_top) || (s > c.roof_end && s < c.deck)))
    return Material::window;
  return Material::paint;
}

// `row` and `column` name the cell by its lower row and its distance from the middle as a share of
// half the width.
Material Body::end_material(bool front, int row, float column) const {
  if (row < sill) return Material::underbody;
  if (row >= belt) return Material::paint;
  const int side = row - sill;
  if (front) {
    if (side == 2 && column < .33f) return Material::plate;
    if (side >= 4 && side < 6) {
      if (column > 1 - car_.front_lamp_width) return Material::front_lamp;
      if (column < car_.grille_width) return Material::grille;
    }
    if (side < 2 && column < .62f) return Material::grille;
  } else {
    if (side == 3 && column < .33f) return Material::plate;
    if (side >= 4 && side < 6 && column > 1 - car_.rear_lamp_width) return Material::rear_lamp;
  }
  return car_.cladding && side < 2 ? Material::grille : Material::paint;
}

void Body::end_cap(bool front,
                   const std::array<int, row_count>& left,
                   const std::array<int, row_count>& right) {
  std::vector<float> half(fixed_columns.begin(), fixed_columns.end());
  half.push_back(1 - (front ? car_.front_lamp_width : car_.rear_lamp_width));
  if (front) half.push_back(car_.grille_width);
  std::sort(half.begin(), half.end(), std::greater<>());
  half.erase(std::unique(half.begin(), half.end(), [](float a, float b) { return a - b < .02f; }),
             half.end());
  std::vector<float> columns = half;  // from the left end, 1, to the right end, -1
  for (size_t k = half.size() - 1; k-- > 0;) columns.push_back(-half[k]);
  const int count = static_cast<int>(columns.size());

  // The bumper protrudes; the profile over the height is 0 at both edges of the cap.
  constexpr std::array<std::pair<float, float>, 7> profile = {
      {{0, 0}, {.10f, .75f}, {.25f, 1}, {.5f, .97f}, {.75f, .75f}, {.93f, .45f}, {1, 0}}};
  const float low = surface_.position(left[bottom_middle]).y();
  const float high = surface_.position(left[top_middle]).y();
  const auto bulge = [&](float up, float column) {
    const float v = (up - low) / (high - low);
    size_t k = 1;
    while (k + 1 < profile.size() && profile[k].first < v) ++k;
    const auto& [v0, p0] = profile[k - 1];
    const auto& [v1, p1] = profile[k];
    const float over_height = mix(p0, p1, std::clamp((v - v0) / (v1 - v0), 0.f, 1.f));
    return over_height * (1 - std::pow(std::abs(column), front ? 2.6f : 3.5f));
  };
  const float depth = front ? front_bulge_ : -rear_bulge_;
  std::vector<std::vector<int>> grid(row_count);
  for (int row = 1; row < row_count - 1; ++row) {
    const Vector3f edge = surface_.position(left[row]);
    grid[row].push_back(left[row]);
    for (int k = 1; k + 1 < count; ++k)
      grid[row].push_back(surface_.vertex(
          edge.x() + depth * bulge(edge.y(), columns[k]), -edge.y(), edge.z() * columns[k]));
    grid[row].push_back(right[row]);
  }
  const auto add = [&](int a, int b, int c, Material material) {
    front ? surface_.face(a, b, c, material) : surface_.face(a, c, b, material);
  };
  for (int k = 0; k + 1 < count; ++k) {
    add(left[bottom_middle], grid[1][k], grid[1][k + 1], Material::underbody);
    add(left[top_middle], grid[top_middle - 1][k + 1], grid[top_middle - 1][k], Material::paint);
    for (int row = 1; row + 1 < row_count - 1; ++row) {
      const int a = grid[row][k], b = grid[row + 1][k];
      const int c = grid[row + 1][k + 1], d = grid[row][k + 1];
      const Material material = end_material(front, row, std::abs(columns[k] + columns[k + 1]) / 2);
      if (columns[k] > 0) {
        add(a, b, c, material);
        add(a, c, d, material);
      } else {
        add(d, a, b, material);
        add(d, b, c, material);
      }
    }
  }
}

void Body::build() {
  std::vector<float> s = stations();
  std::vector<std::array<int, row_count>> left(s.size()), right(s.size());
  for (size_t i = 0; i < s.size(); ++i) {
    const std::array<Vector3f, row_count> rows = outline(s[i]);
    for (int row = 0; row < row_count; ++row) {
      const Vector3f& p = rows[row];
      left[i][row] = surface_.vertex(p.x(), p.y(), p.z());
      const bool middle = row == bottom_middle || row == top_middle;
      right[i][row] = middle ? left[i][row] : surface_.vertex(p.x(), p.y(), -p.z());
    }
  }
  for (size_t i = 0; i + 1 < s.size(); ++i)
    for (int row = 0; row + 1 < row_count; ++row) {
      const Material material = loft_material(row, s[i], s[i + 1]);
      surface_.quad(
          left[i][row], left[i + 1][row], left[i + 1][row + 1], left[i][row + 1], material);
      surface_.quad(
          right[i][row], right[i][row + 1], right[i + 1][row + 1], right[i + 1][row], material);
    }
  end_cap(true, left.front(), right.front());
  end_cap(false, left.back(), right.back());
}

}  // namespace

void add_car_body(const CarParameters& car, SurfaceBuilder& surface) {
  Body(car, surface).build();
}

}  // namespace monodr
