// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "results/database.h"

namespace monodr {

/// A folder of its own for the test that holds it; gone with it.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "monodr_results_XXXXXX") {
    std::string name = path_.string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;

  std::string path() const { return path_.string(); }
  std::string file(const std::string& name = "results.sqlite") const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

inline CellRecord sample_record(const std::string& arm, std::int64_t seed, int arm_order = 0) {
  CellRecord record;
  record.id = arm + "#" + std::to_string(seed);
  record.experiment = "ablation_rotation";
  record.arm = arm;
  record.arm_order = arm_order;
  record.seed = seed;
  record.config = R"({"fit": {"iterations": 20, "jumps": true}, "loss.mask": {"weight": 0.5}})";
  record.plugins = {{"renderer", "soft_rasterizer", "1.0.0", "abc"}};
  return record;
}

inline MetricValue pose_metric(const std::string& name, double value, const std::string& unit) {
  return {name, "car", "hard", 0, 0, value, unit};
}

inline CellResult sample_result(const CellRecord& record, double heading_error) {
  CellResult result;
  result.cell = record.id;
  result.state = "done";
  result.seconds = 1.5;
  result.peak_memory_mb = 200;
  result.metrics = {pose_metric("heading_error_median", heading_error, "deg"),
                    pose_metric("heading_within_10", 0.625, "1"),
                    {"ap_bev", "car", "moderate", 0.5, 40, 12.345, "%"},
                    {"ap_bev", "car", "moderate", 0.7, 40, 3.5, "%"}};
  result.provenance = {{"host", "here"}, {"git.diff", std::string(1000, '+')}};
  return result;
}

}  // namespace monodr
