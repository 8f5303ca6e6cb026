// SPDX-License-Identifier: Apache-2.0
#include "data/boxes2d.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <numeric>

#include "base/error.h"
#include "base/lines.h"
#include "base/text.h"
#include "data/kitti_label.h"

namespace monodr {
namespace {

constexpr size_t kLabelFields = 15;
constexpr size_t kResultFields = 16;

void check_field_count(size_t count, BoxFile kind, const SourceLocation& where) {
  const bool good = count == kResultFields || (kind == BoxFile::labels && count == kLabelFields);
  if (good) return;
  throw UserError(
      where,
      fmt::format("the line has {} fields, {} (class, truncation, occlusion, alpha, 4 of the 2-D "
                  "box, 7 of the 3-D box{}); mend or remove the line",
                  count,
                  kind == BoxFile::labels ? "a label has 15" : "a detection has 16",
                  kind == BoxFile::labels ? "" : ", score"));
}

double score_of(std::string_view field, const SourceLocation& where) {
  const double score = parse_number(field, where, "score (column 16)");
  if (score >= 0 && score <= 1) return score;
  throw UserError(
      where,
      fmt::format("score (column 16) is {}, it must lie within 0..1; map the detector's "
                  "scores to probabilities (s / 100 for percents, 1 / (1 + exp(-s)) for logits)",
                  field));
}

}  // namespace

std::vector<ObjectBox2d> read_boxes2d(const std::string& path, BoxFile kind) {
  if (!std::filesystem::exists(path))
    throw UserError(
        fmt::format("no {} '{}': every frame needs one (an empty file says 'no objects'); add it, "
                    "or choose other boxes with dataset.boxes",
                    kind == BoxFile::labels ? "label file" : "detections",
                    path));
  const std::string content = read_file(path);
  std::vector<ObjectBox2d> boxes;
  for (const NumberedLine& line : numbered_lines(content, path)) {
    const SourceLocation where{path, line.number};
    const std::vector<std::string_view> fields = split_fields(line.text);
    refuse_tracking_labels(fields, where);
    check_field_count(fields.size(), kind, where);
    double edges[4];
    for (int i = 0; i < 4; ++i)
      edges[i] = parse_number(fields[4 + i], where, "2-D box (columns 5 to 8)") + 0.5;
    if (edges[2] < edges[0] || edges[3] < edges[1])
      throw UserError(where,
                      "the 2-D box (columns 5 to 8: left, top, right, bottom) ends before it "
                      "starts; mend the line");
    ObjectBox2d object{std::string(fields[0]), {edges[0], edges[1], edges[2], edges[3]}};
    object.line = line.number;
    if (kind == BoxFile::detections) object.score = score_of(fields[15], where);
    boxes.push_back(std::move(object));
  }
  return boxes;
}

std::vector<bool> suppress_non_maxima(const std::vector<ObjectBox2d>& boxes) {
  std::vector<size_t> by_score(boxes.size());
  std::iota(by_score.begin(), by_score.end(), 0);
  std::stable_sort(by_score.begin(), by_score.end(), [&](size_t a, size_t b) {
    return boxes[a].score > boxes[b].score;
  });
  std::vector<bool> stays(boxes.size(), false);
  for (const size_t candidate : by_score) {
    bool is_double = false;
    for (size_t other = 0; other < boxes.size(); ++other)
      is_double |=
          stays[other] && same_category(boxes[candidate].category, boxes[other].category) &&
          intersection_over_union(boxes[candidate].box, boxes[other].box) > kNonMaximumOverlap;
    stays[candidate] = !is_double;
  }
  return stays;
}

}  // namespace monodr
