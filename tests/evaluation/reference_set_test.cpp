// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "categories.h"
#include "data/kitti_label.h"
#include "evaluation/kitti_ap.h"
#include "evaluation/precision.h"
#include "shared_files.h"

namespace monodr {
namespace {

constexpr int threads = 2;

/// All training labels of KITTI and a real detector's results on the 3769 validation frames,
/// unpacked and read once for all tests.
class ReferenceSet : public testing::Test {
 protected:
  struct Data {
    std::vector<FrameAnnotations> labels, all_labels, detections;
  };

  static void SetUpTestSuite() {
    const std::string source = shared_file("kitti_eval");
    if (source.empty()) return;
    const TemporaryFolder folder;
    for (const char* archive : {"label_2_all7481.tar.xz", "results_pointgnn_car.tar.xz"}) {
      const std::string command =
          "tar -xJf '" + source + "/" + archive + "' -C '" + folder.path() + "'";
      ASSERT_EQ(std::system(command.c_str()), 0) << command;
    }
    data = new Data;
    const std::string results = folder.file("pointgnn_car/data");
    const std::string labels = folder.file("label_2");
    const std::vector<std::string> frames = read_kitti_frame_list(source + "/val.txt");
    data->labels = read_kitti_frames(labels, frames, KittiFileKind::labels, threads);
    data->all_labels =
        read_kitti_frames(labels, list_kitti_frames(labels), KittiFileKind::labels, threads);
    data->detections = read_kitti_frames(results, frames, KittiFileKind::results, threads);
  }
  static void TearDownTestSuite() {
    delete data;
    data = nullptr;
  }
  void SetUp() override {
    if (data == nullptr) GTEST_SKIP() << "../shared/kitti_eval is not here";
  }

  static inline Data* data = nullptr;
};

/// The name that evaluates a variant's minimum overlaps, rows 2-D, BEV, 3-D, columns by class.
std::string overlap_name(const nlohmann::json& overlaps) {
  if (overlaps[0][0] == overlaps[1][0] && overlaps[0][0] == 0.5) return "0.5";
  return overlaps[1][0] == 0.7 ? "strict" : "loose";
}

TEST_F(ReferenceSet, EveryVariantAgreesWithTheOfficialKit) {
  const auto expected =
      nlohmann::json::parse(read_file(shared_file("kitti_eval/expected_pointgnn_car.json")));
  int compared = 0;
  for (const auto& [name, variant] : expected["variants"].items()) {
    KittiApOptions options = kitti_options();
    options.threads = threads;
    options.overlaps = {overlap_name(variant["min_overlap[metric:2d,bev,3d][car,ped,cyc]"])};
    options.height_rule =
        variant["gt_height_rule"] == "<=" ? HeightRule::must_exceed : HeightRule::may_equal;
    for (const ApRow& row : kitti_average_precision(data->labels, data->detections, options)) {
      if (!variant["ap"].contains(row.category)) continue;
      const std::string kind = row.recall_positions == 11 ? "AP11" : "AP40";
      const double value =
          variant["ap"][row.category][row.metric][kind][static_cast<int>(row.difficulty)];
      EXPECT_NEAR(row.value, value, 6e-5)
          << name << " " << row.metric << " " << kind << " " << to_string(row.difficulty);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 4 * 4 * 2 * 3) << "variants x metrics x AP kinds x difficulties";
}

TEST_F(ReferenceSet, RealLabelsAgainstThemselvesGiveAHundred) {
  std::vector<FrameAnnotations> detections;
  for (FrameAnnotations frame : data->all_labels) {
    std::erase_if(frame.objects, [](const Annotation& o) { return o.category == "DontCare"; });
    detections.push_back(frame);
  }
  KittiApOptions options = kitti_options();
  options.threads = threads;
  options.overlaps = {"strict", "loose", "0.9"};
  const auto rows = kitti_average_precision(data->all_labels, detections, options);
  EXPECT_EQ(rows.size(), 3u * (2 + 2 + 3 + 3) * 3 * 2);
  for (const ApRow& row : rows)
    EXPECT_NEAR(row.value, 100, 1e-9) << row.category << " " << row.metric << " " << row.iou;
}

TEST_F(ReferenceSet, ThroughFilesItIsTheSame) {
  std::vector<FrameAnnotations> labels(data->labels.begin(), data->labels.begin() + 400);
  std::vector<FrameAnnotations> detections(data->detections.begin(),
                                           data->detections.begin() + 400);
  // To the decimals of a result file first: the detector's own files carry more.
  const auto through_file = [](std::vector<FrameAnnotations>& frames, KittiFileKind kind) {
    const TemporaryFolder folder;
    write_kitti_frames(folder.path(), frames, kind);
    frames = read_kitti_frames(folder.path(), list_kitti_frames(folder.path()), kind);
  };
  through_file(detections, KittiFileKind::results);
  const auto in_memory = kitti_average_precision(labels, detections);
  through_file(labels, KittiFileKind::labels);
  through_file(detections, KittiFileKind::results);
  const auto from_files = kitti_average_precision(labels, detections);
  ASSERT_EQ(in_memory.size(), from_files.size());
  for (size_t i = 0; i < in_memory.size(); ++i)
    EXPECT_EQ(in_memory[i].value, from_files[i].value) << in_memory[i].metric;
}

}  // namespace
}  // namespace monodr
