// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evidence/frame_reader.h"
#include "settings/category.h"

namespace monodr {

/// Whether depth and 2-D boxes are of one world. An object of height H (the class's mean) whose box is h px high
/// stands at about
///     z = fy H / h.
/// Boxes are rough and cars are of all sizes, but half of them cannot be off by a factor of 2.5: depth in
/// millimetres that is read as metres x 256 is off by 3.9, a scan with another camera's calibration by anything.
///
/// The road says the same without any object: below the horizon a pixel of row v at depth z shows what is
///     h = z (v - cy) / fy
/// below a level camera. In the lowest part of street pictures most pixels are road, so that half of them cannot
/// put it at another height than the camera's (GroundRange) by that factor.
class DepthPlausibility {
 public:
  explicit DepthPlausibility(const CategoryModel& category = {}) : category_(category) {}

  /// Compares the objects of this class whose box touches no border of the picture.
  void add(const Frame& frame);
  void add(const DepthPlausibility& other);
  bool is_empty() const { return compared_.empty() && ground_.empty(); }

  struct Complaint {
    std::string file, text;
    std::string with_file() const;
  };
  /// What is wrong, with the numbers of the object in the middle; nothing where it fits or where there is nothing
  /// to compare.
  std::optional<Complaint> complaint() const;
  /// The same of the road, which may be a wall or the own car's bonnet: a remark, never an error. Nothing where
  /// the objects complain.
  std::optional<Complaint> complaint_of_ground() const;
  /// Whether the files' unit was stated by nobody, so that the complaint is an error and no remark.
  bool unit_is_assumed() const { return unit_is_assumed_; }

 private:
  struct Compared {
    double ratio = 0;  ///< depth over expected depth
    double depth = 0, height = 0;
    std::string file, object;
  };

  struct Ground {
    double ratio = 0;  ///< height of the camera above what is seen over the height that is known
    double height = 0, known = 0;
    std::string file;
  };

  void add_ground(const Frame& frame);

  CategoryModel category_;
  std::vector<Compared> compared_;
  std::vector<Ground> ground_;
  bool unit_is_assumed_ = false;
};

}  // namespace monodr
