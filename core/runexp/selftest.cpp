// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "analysis/ap_table.h"
#include "base/error.h"
#include "base/options.h"
#include "base/random.h"
#include "data/kitti_label.h"
#include "evaluation/kitti_ap.h"
#include "evaluation/precision.h"
#include "experiment/category_file.h"
#include "geometry/rotation.h"
#include "metrics/metric_definitions.h"
#include "runexp/commands.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp selftest",
    "kitti [--labels DIR [--frames FILE]]",
    R"(kitti: evaluates labels against themselves, written as result files and read back. Every metric
must give 100 wherever there are 41 labels or more. With fewer, the official protocol has fewer
recall samples, and less is the most there is: n labels pass at most n of its 41 samples, so that
perfect detections of 19 labels have an AP40 of (19 - 1) / 40 = 45. What that is here stands below
the table. Exit code 1 if anything falls short.

Without --labels the labels are made up: 1000 frames with all classes, DontCare regions, neighbouring
classes, occlusion and truncation.

Example:
  runexp selftest kitti --labels training/label_2
)"};

constexpr std::array kRanked = {"car", "pedestrian", "cyclist"};

/// A class with the size of its objects.
struct CategorySample {
  std::string category;
  std::array<double, 3> size;  ///< height, width, length
};

/// The classes that KITTI ranks, and their neighbours in about their size.
const std::vector<CategorySample>& category_samples() {
  static const std::vector<CategorySample> samples = [] {
    std::vector<CategorySample> result;
    for (const char* name : kRanked) {
      const CategoryModel model = load_category(name);
      result.push_back({model.name, model.size_mean});
      for (const std::string& neighbour : model.neighbours)
        result.push_back({neighbour, model.size_mean});
    }
    return result;
  }();
  return samples;
}

/// A labelled object somewhere ahead of a camera like KITTI's (f 720 px, 1242 x 375, 1.65 m above
/// the road).
Annotation make_object(Random& random) {
  const CategorySample& sample =
      category_samples()[random.below(static_cast<int>(category_samples().size()))];
  Annotation object;
  object.category = sample.category;
  object.truncation = random.chance(0.25) ? random.uniform(0, 0.7) : 0;
  object.occlusion = random.below(4);
  Box3d& box = object.box3d;
  box.height = sample.size[0] * random.uniform(0.9, 1.1);
  box.width = sample.size[1] * random.uniform(0.9, 1.1);
  box.length = sample.size[2] * random.uniform(0.9, 1.1);
  const double z = random.uniform(6, 60);
  box.location = {z * random.uniform(-0.7, 0.7), 1.65, z};
  box.rotation_y = random.uniform(-M_PI, M_PI);
  object.alpha = alpha_from_rotation_y(box.rotation_y, box.location.x(), z);
  const double focal = 720, u = 621 + focal * box.location.x() / z;
  const double half_width = focal * box.length / z / 2;
  object.box2d = {u - half_width,
                  188 + focal * (1.65 - box.height) / z,
                  u + half_width,
                  188 + focal * 1.65 / z};
  return object;
}

Annotation make_dont_care(Random& random) {
  Annotation region;
  region.category = "DontCare";
  region.truncation = region.occlusion = -1;
  region.alpha = -10;
  const double left = 100.0 + random.below(1000);
  region.box2d = {left, 170, left + 20 + random.below(60), 200};
  region.box3d.height = region.box3d.width = region.box3d.length = -1;
  region.box3d.location.setConstant(-1000);
  region.box3d.rotation_y = -10;
  return region;
}

std::vector<FrameAnnotations> make_labels() {
  Random random(20120617);
  std::vector<FrameAnnotations> frames;
  for (int i = 0; i < 1000; ++i) {
    std::vector<Annotation> objects;
    for (int n = 3 + random.below(8); n > 0; --n) objects.push_back(make_object(random));
    for (int n = random.below(3); n > 0; --n) objects.push_back(make_dont_care(random));
    // Through the file's two decimals, so that results can repeat the labels exactly.
    const std::string text = format_kitti_labels(objects);
    frames.push_back({fmt::format("{:06}", i),
                      parse_kitti_objects(text, KittiFileKind::labels, "made-up labels")});
  }
  return frames;
}

/// The labels as a detector's result files, read back.
std::vector<FrameAnnotations> as_detections(const std::vector<FrameAnnotations>& labels) {
  std::vector<FrameAnnotations> detections;
  for (const FrameAnnotations& frame : labels) {
    std::vector<Annotation> objects;
    for (Annotation object : frame.objects) {
      object.score = 1;
      if (object.category != "DontCare") objects.push_back(object);
    }
    detections.push_back(
        {frame.frame,
         parse_kitti_objects(format_kitti_results(objects), KittiFileKind::results, frame.frame)});
  }
  return detections;
}

int test_kitti(const std::vector<FrameAnnotations>& labels) {
  KittiApOptions options;
  for (const char* name : kRanked) options.categories.push_back(load_category(name));
  options.overlaps = {"strict", "loose"};
  const std::vector<ApRow> rows = kitti_average_precision(labels, as_detections(labels), options);
  int compared = 0, failures = 0;
  for (const ApRow& row : rows) {
    if (row.labels == 0) continue;
    ++compared;
    const double perfect = average_precision_ceiling(row.labels, row.recall_positions);
    if (std::abs(row.value - perfect) <= 1e-9) continue;
    ++failures;
    fmt::print("FAILED {} {} {} IoU {} AP{}: {:.6f}, expected {:.6f} for {} labels\n",
               row.category,
               row.metric,
               to_string(row.difficulty),
               row.iou,
               row.recall_positions,
               row.value,
               perfect,
               row.labels);
  }
  fmt::print("{}", ap_rows_as_table(rows));
  if (compared == 0)
    throw UserError("the labels hold no car, pedestrian or cyclist that counts: nothing to test");
  fmt::print("selftest kitti: {} frames, {} values, {} wrong: {}\n",
             labels.size(),
             compared,
             failures,
             failures == 0 ? "ok" : "FAILED");
  return failures == 0 ? 0 : 1;
}

std::vector<FrameAnnotations> read_labels(const po::variables_map& values) {
  const std::string folder = values["labels"].as<std::string>();
  const std::vector<std::string> frames =
      values.count("frames") > 0 ? read_kitti_frame_list(values["frames"].as<std::string>())
                                 : list_kitti_frames(folder);
  return read_kitti_frames(folder, frames, KittiFileKind::labels);
}

}  // namespace

int run_selftest(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  auto add = options.add_options();
  add("what",
      po::value<std::string>()->default_value("")->value_name("NAME"),
      "what to test: kitti");
  add("labels", po::value<std::string>()->value_name("DIR"), "folder of label files");
  add("frames", po::value<std::string>()->value_name("FILE"), "ids to take, one a line");
  po::positional_options_description positional;
  positional.add("what", 1);
  po::variables_map values;
  if (!parse_options(usage, arguments, options, positional, values)) return 0;
  const std::string what = values["what"].as<std::string>();
  if (what.empty()) throw UserError("runexp selftest: say what to test; there is 'kitti'");
  if (what != "kitti")
    throw UserError(fmt::format("there is no self-test '{}'; there is 'kitti'", what));
  if (values.count("frames") > 0 && values.count("labels") == 0)
    throw UserError("--frames needs --labels, the folder that its ids are read from");
  return test_kitti(values.count("labels") > 0 ? read_labels(values) : make_labels());
}

}  // namespace monodr
