// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>

#include "base/error.h"
#include "base/lines.h"
#include "base/options.h"
#include "base/text.h"
#include "inspect/folder_manifest.h"
#include "worker/worker_commands.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp data manifest",
    "DIR [--output FILE] [--intrinsics FX,FY,CX,CY | --field-of-view DEGREES] [options]",
    R"(Writes a manifest (docs/own-data.md) of one's own pictures from what lies in a folder and below it: pictures;
masks, depth, boxes and labels that have a picture's name in theirs ("a_mask.png", "depth/a.npy"); COCO's JSON;
intrinsics from intrinsics.txt, K.txt or EXIF. It says what it found, what it guessed and what it left out.

Examples:
  runexp data manifest holiday
  runexp data manifest holiday --field-of-view 65 --depth-unit 0.001
)"};

std::vector<double> intrinsics_in(const std::string& text) {
  std::vector<double> numbers;
  for (const std::string& word : split_list(text, "--intrinsics"))
    numbers.push_back(parse_number(word, {"--intrinsics"}, "focal length or centre"));
  if (numbers.size() != 4)
    throw UserError(fmt::format(
        "--intrinsics has {} numbers, but must have 4: FX,FY,CX,CY in pixels", numbers.size()));
  return numbers;
}

void list(const char* heading, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  fmt::print("{}:\n", heading);
  for (const std::string& line : lines) fmt::print("  {}\n", line);
}

}  // namespace

int run_manifest(const std::vector<std::string>& arguments) {
  FolderManifestOptions choice;
  po::options_description options("options");
  auto add = options.add_options();
  add("dir", po::value(&choice.folder)->value_name("DIR"), "folder of the pictures");
  add("output,o",
      po::value(&choice.output)->value_name("FILE"),
      "the manifest (default: DIR/frames.toml)");
  add("intrinsics",
      po::value<std::string>()->value_name("FX,FY,CX,CY"),
      "of every picture, in pixels");
  add("field-of-view",
      po::value(&choice.field_of_view)->value_name("DEGREES"),
      "in place of it: from the left to the right border");
  add("depth-unit",
      po::value(&choice.depth_unit)->value_name("METRES"),
      "of one unit of depth that is saved as whole numbers");
  add("force", "write over a manifest that is there");
  po::positional_options_description positional;
  positional.add("dir", 1);
  po::variables_map values;
  if (!parse_options(usage, arguments, options, positional, values)) return 0;
  if (choice.folder.empty()) throw UserError("which folder? That of the pictures is expected");
  if (values.count("intrinsics") > 0) {
    if (choice.field_of_view != 0)
      throw UserError("--intrinsics and --field-of-view both say what the camera is; give one");
    choice.intrinsics = intrinsics_in(values["intrinsics"].as<std::string>());
  }
  if (!(choice.field_of_view >= 0 && choice.field_of_view < 180))
    throw UserError(
        fmt::format("--field-of-view is {}, but must be below 180 degrees", choice.field_of_view));
  if (!(choice.depth_unit >= 0))
    throw UserError(fmt::format("--depth-unit is {}, but must be above 0", choice.depth_unit));
  if (choice.output.empty())
    choice.output = (std::filesystem::path(choice.folder) / "frames.toml").string();
  if (std::filesystem::exists(choice.output) && values.count("force") == 0)
    throw UserError(fmt::format("'{}' is there already; name another with --output, or say --force",
                                choice.output));
  const FolderManifest made = folder_manifest(choice);
  write_file_atomically(choice.output, made.text);
  fmt::print("{}\n", choice.output);
  list("found", made.found);
  list("guessed", made.guessed);
  list("left out", made.left_out);
  fmt::print("look at it: runexp data inspect {} --sheet sheet.png\n", choice.output);
  return 0;
}

}  // namespace monodr
