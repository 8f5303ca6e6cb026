// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>

#include "evidence/image.h"
#include "scratch_folder.h"

namespace monodr {

/// A tiny folder in KITTI's layout: frames of 240 x 140 px with two cars that are plain rectangles,
/// one behind the other. Label lines: 0 the far car, 1 the near car, 2 a DontCare region.
///
///   far car  [60, 120) x [40, 80) at 20 m, from x = 100 on behind the near car
///   near car [100, 180) x [50, 100) at 10 m, ground 12 m, background 50 m
class StreetFolder : public ScratchFolder {
 public:
  StreetFolder() {
    for (const char* frame : {"000000", "000001", "000002"}) add_frame(frame);
    write("ImageSets/last.txt", "000002\n");
  }

  void add_frame(const std::string& frame) const {
    ColourImage image(240, 140);
    Plane<std::uint16_t> ids(240, 140), depth(240, 140);
    for (int y = 0; y < 140; ++y)
      for (int x = 0; x < 240; ++x) {
        const bool near = x >= 100 && x < 180 && y >= 50 && y < 100;
        const bool far = !near && x >= 60 && x < 120 && y >= 40 && y < 80;
        std::uint8_t* pixel = image.pixel(x, y);
        pixel[0] = near ? 200 : far ? 20 : 120;
        pixel[1] = near ? 20 : far ? 40 : 120;
        pixel[2] = near ? 30 : far ? 200 : 120;
        ids.at(x, y) = near ? 2 : far ? 1 : 0;
        depth.at(x, y) = std::uint16_t(256 * (near ? 10 : far ? 20 : y > 60 ? 12 : 50));
      }
    for (const char* kind : {"image_2", "instance_2", "depth_2"})
      std::filesystem::create_directories(std::filesystem::path(path()) / "training" / kind);
    save_png(file("training/image_2/" + frame + ".png"), image);
    save_png(file("training/instance_2/" + frame + ".png"), ids);
    save_png(file("training/depth_2/" + frame + ".png"), depth);
    write("training/calib/" + frame + ".txt",
          "P2: 200 0 119.5 0 0 200 59.5 0 0 0 1 0\nP3: 200 0 119.5 -108 0 200 59.5 0 0 0 1 0\n");
    write("training/label_2/" + frame + ".txt", labels("1.5 1.6 3.9 -2 1.6 21 0.1"));
  }

  /// Label text with these seven 3-D columns.
  static std::string labels(const std::string& box3d) {
    return fmt::format(
        "Car 0 1 0 59.5 39.5 119.5 79.5 {0}\nCar 0 0 0 99.5 49.5 179.5 99.5 {0}\n"
        "DontCare -1 -1 -10 1 1 9 9 -1 -1 -1 -1000 -1000 -1000 -10\n",
        box3d);
  }
};

}  // namespace monodr
