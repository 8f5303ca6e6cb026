// SPDX-License-Identifier: Apache-2.0
#include "data/kitti_label.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/folder_files.h"
#include "base/lines.h"
#include "base/parallel.h"
#include "base/text.h"

namespace monodr {
namespace {

constexpr double half_pixel = 0.5;
constexpr int label_columns = 15, result_columns = 16;
constexpr std::array<const char*, result_columns> column_names = {"type",
                                                                  "truncation",
                                                                  "occlusion",
                                                                  "alpha",
                                                                  "left",
                                                                  "top",
                                                                  "right",
                                                                  "bottom",
                                                                  "height",
                                                                  "width",
                                                                  "length",
                                                                  "x",
                                                                  "y",
                                                                  "z",
                                                                  "rotation_y",
                                                                  "score"};

/// Splits a line at blanks into at most 16 words; returns how many there are in all.
int split_columns(std::string_view line, std::array<std::string_view, result_columns>& words) {
  int count = 0;
  for (size_t i = 0; i < line.size();) {
    if (is_blank(line[i])) {
      ++i;
      continue;
    }
    const size_t start = i;
    while (i < line.size() && !is_blank(line[i])) ++i;
    if (count < result_columns) words[count] = line.substr(start, i - start);
    ++count;
  }
  return count;
}

double parse_column(std::string_view word, int column, const SourceLocation& where) {
  if (const auto value = finite_number(word)) return *value;
  throw UserError(
      where,
      fmt::format("column {} ({}): {}", column + 1, column_names[column], why_no_number(word)));
}

[[noreturn]] void throw_column_count(int count, KittiFileKind kind, const SourceLocation& where) {
  if (kind == KittiFileKind::results && count == label_columns)
    throw UserError(where,
                    "15 columns, a result needs 16: the score is missing at the end; append a "
                    "score (higher is more certain), or 1 if there is none");
  throw UserError(
      where,
      fmt::format("{} columns, expected {}: type truncation occlusion alpha left top right bottom "
                  "height width length x y z rotation_y{}; write -1, -1, -10 for truncation, "
                  "occlusion, alpha and -1 -1 -1 -1000 -1000 -1000 -10 for the 3-D box where they "
                  "are not known",
                  count,
                  kind == KittiFileKind::labels ? "15 (a label)" : "16 (a result)",
                  kind == KittiFileKind::labels ? "" : " score"));
}

Annotation parse_object(std::string_view line, KittiFileKind kind, const SourceLocation& where) {
  std::array<std::string_view, result_columns> words;
  const int count = split_columns(line, words);
  const bool right_count =
      count == result_columns || (count == label_columns && kind == KittiFileKind::labels);
  if (!right_count) refuse_tracking_labels(split_fields(line), where);
  if (!right_count) throw_column_count(count, kind, where);
  std::array<double, result_columns> value{};
  for (int i = 1; i < count; ++i) value[i] = parse_column(words[i], i, where);
  if (kind == KittiFileKind::labels && value[2] != std::round(value[2]))
    throw UserError(where,
                    fmt::format("column 3 (occlusion) is '{}', expected 0 visible, 1 partly, "
                                "2 largely, 3 unknown or -1 not given",
                                words[2]));
  Annotation object;
  object.category = words[0];
  object.truncation = value[1];
  object.occlusion = static_cast<int>(std::clamp(value[2], -1e6, 1e6));  // any number in a result
  object.alpha = value[3];
  object.box2d = {
      value[4] + half_pixel, value[5] + half_pixel, value[6] + half_pixel, value[7] + half_pixel};
  object.box3d.height = value[8];
  object.box3d.width = value[9];
  object.box3d.length = value[10];
  object.box3d.location = {value[11], value[12], value[13]};
  object.box3d.rotation_y = value[14];
  object.score = value[15];
  return object;
}

std::string format_objects(const std::vector<Annotation>& objects, KittiFileKind kind) {
  const bool results = kind == KittiFileKind::results;
  const int decimals = results ? 4 : 2;
  std::string text;
  for (const Annotation& object : objects) {
    const Box2d& box = object.box2d;
    const Box3d& solid = object.box3d;
    text += object.category;
    text += results ? " -1 -1" : fmt::format(" {:.2f} {}", object.truncation, object.occlusion);
    for (double value : {object.alpha,
                         box.left - half_pixel,
                         box.top - half_pixel,
                         box.right - half_pixel,
                         box.bottom - half_pixel,
                         solid.height,
                         solid.width,
                         solid.length,
                         solid.location.x(),
                         solid.location.y(),
                         solid.location.z(),
                         solid.rotation_y})
      text += fmt::format(" {:.{}f}", value, decimals);
    if (results) text += fmt::format(" {}", object.score);
    text += '\n';
  }
  return text;
}

std::string frame_path(const std::string& folder, const std::string& frame) {
  return folder + "/" + frame + ".txt";
}

/// The whole file in one read: an evaluation opens thousands of small files, and a stream for each
/// costs more than parsing it. Leaves the messages for unreadable files to base/text.h.
std::string read_small_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor < 0) return read_file(path);
  std::string content;
  bool whole = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  if (whole) {
    content.resize(static_cast<size_t>(status.st_size));
    whole = ::read(descriptor, content.data(), content.size()) == status.st_size;
  }
  ::close(descriptor);
  return whole ? content : read_file(path);
}

}  // namespace

void refuse_tracking_labels(const std::vector<std::string_view>& columns,
                            const SourceLocation& where) {
  const size_t count = columns.size();
  const auto is_number = [&](size_t i) { return finite_number(columns[i]).has_value(); };
  if (count != label_columns + 2 && count != result_columns + 2) return;
  if (!is_number(0) || !is_number(1) || is_number(2)) return;
  throw UserError(
      where,
      fmt::format(
          "{} columns that begin with two numbers: these are the tracking benchmark's labels "
          "(frame, track, type, ...), one file a sequence; the object benchmark's are "
          "expected, one file a frame: write the lines of each frame to a file of its own, "
          "without the first two columns",
          count));
}

std::vector<Annotation> parse_kitti_objects(std::string_view text,
                                            KittiFileKind kind,
                                            const std::string& file) {
  std::vector<Annotation> objects;
  SourceLocation where{file};
  Lines lines(text, file);
  for (std::string_view line; lines.next(line);) {
    where.line = lines.number();
    if (!std::all_of(line.begin(), line.end(), is_blank))
      objects.push_back(parse_object(line, kind, where));
  }
  return objects;
}

FrameAnnotations read_kitti_frame(const std::string& folder,
                                  const std::string& frame,
                                  KittiFileKind kind) {
  const std::string path = frame_path(folder, frame);
  return {frame, parse_kitti_objects(read_small_file(path), kind, path)};
}

std::vector<FrameAnnotations> read_kitti_frames(const std::string& folder,
                                                const std::vector<std::string>& frames,
                                                KittiFileKind kind,
                                                int threads) {
  std::vector<FrameAnnotations> read(frames.size());
  parallel_for(frames.size(), threads, [&](size_t i) {
    read[i] = read_kitti_frame(folder, frames[i], kind);
  });
  return read;
}

std::vector<std::string> read_kitti_frame_list(const std::string& path) {
  std::vector<std::string> frames;
  std::set<std::string> seen;
  const std::string content = read_file(path);
  for (const NumberedLine& line : numbered_lines(content, path)) {
    const SourceLocation where{path, line.number};
    const size_t count = split_fields(line.text).size();
    if (count > 1)
      throw UserError(where, fmt::format("{} words, expected one frame id a line", count));
    frames.emplace_back(line.text);
    if (!seen.insert(frames.back()).second)
      throw UserError(where, fmt::format("frame '{}' is listed twice; remove one", frames.back()));
  }
  if (frames.empty())
    throw UserError(
        fmt::format("'{}' lists no frames; expected one id a line, as in ImageSets/val.txt", path));
  return frames;
}

std::vector<std::string> list_kitti_frames(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error)
    throw UserError(fmt::format("cannot read the folder '{}': {}", folder, error.message()));
  std::vector<std::string> frames;
  for (const auto& entry : entries)
    if (entry.path().extension() == ".txt" && !is_system_file(entry.path()))
      frames.push_back(entry.path().stem());
  std::sort(frames.begin(), frames.end());
  return frames;
}

std::string format_kitti_labels(const std::vector<Annotation>& objects) {
  return format_objects(objects, KittiFileKind::labels);
}

std::string format_kitti_results(const std::vector<Annotation>& objects) {
  return format_objects(objects, KittiFileKind::results);
}

void write_kitti_frames(const std::string& folder,
                        const std::vector<FrameAnnotations>& frames,
                        KittiFileKind kind) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw UserError(fmt::format("cannot create '{}': {}", folder, error.message()));
  for (const FrameAnnotations& frame : frames)
    write_file_atomically(frame_path(folder, frame.frame), format_objects(frame.objects, kind));
}

}  // namespace monodr
