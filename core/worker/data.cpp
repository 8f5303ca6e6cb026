// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "synthetic/synthetic.h"
#include "worker/worker_commands.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage synthesize_usage = {
    "runexp data synthesize",
    "--output DIR [--frames N] [--objects N] [--seed S] [--look L] [--sequence N [--motion M] "
    "[--layout L]]",
    R"(Makes a data set of synthetic street scenes in KITTI's layout: pictures, calibration, labels,
instance masks, exact depth and the true mesh of every car. The same options give the same bytes.
With --sequence N the pictures are sequences of N frames of a moving camera, 0.1 s apart, with tracks and
the camera's poses; --layout raw writes them as KITTI raw's drives (pictures, oxts, tracklets, calibration),
which 'runexp data convert --from kitti-raw' reads back.
A folder that holds the same data set already is left alone.

Example:
  runexp data synthesize --frames 100 --seed 1 --output synthetic
  runexp data synthesize --sequence 10 --frames 100 --motion moving --layout raw --output 2011_09_26
)"};

template <class Enum>
Enum choice_named(const char* option, const std::string& value) {
  const std::vector<std::string> names = names_of_enum<Enum>();
  if (std::find(names.begin(), names.end(), value) == names.end())
    throw UserError(
        fmt::format("--{} is '{}', but must be one of: {}", option, value, join(names, ", ")));
  return enum_named<Enum>(value);
}

int run_synthesize(const std::vector<std::string>& arguments) {
  SynthesisOptions choice;
  po::options_description options("options");
  auto add = options.add_options();
  add("output", po::value(&choice.output)->required()->value_name("DIR"), "folder to make");
  add("frames",
      po::value(&choice.frames)->value_name("N"),
      "number of frames (default: 100, or as many as --objects needs)");
  add("objects",
      po::value(&choice.objects)->default_value(0)->value_name("N"),
      "stop with the frame that makes this many cars");
  add("seed", po::value(&choice.seed)->default_value(0)->value_name("S"), "seed of the scenes");
  std::string motion(name_of(choice.motion)), layout = "object", look(name_of(choice.look));
  add("look",
      po::value(&look)->default_value(look)->value_name("L"),
      "how the cars are painted: plain, or street = lamps, grilles, plates and light of many "
      "makes");
  add("sequence",
      po::value(&choice.frames_per_sequence)->default_value(1)->value_name("N"),
      "frames of each sequence; 1 = single pictures");
  add("motion",
      po::value(&motion)->default_value(motion)->value_name("M"),
      "what the cars of sequences do: mixed, parked or moving");
  add("layout",
      po::value(&layout)->default_value(layout)->value_name("L"),
      "object, or raw for sequences as KITTI raw's drives");
  po::variables_map values;
  if (!parse_options(synthesize_usage, arguments, options, {}, values)) return 0;
  choice.motion = choice_named<SequenceMotion>("motion", motion);
  choice.look = choice_named<SceneLook>("look", look);
  if (layout != "object" && layout != "raw")
    throw UserError(fmt::format("--layout is '{}', but must be object or raw", layout));
  if (layout == "raw") choice.layout = SceneLayout::raw;
  if (choice.frames_per_sequence < 1)
    throw UserError(
        fmt::format("--sequence is {}, but must be 1 or more", choice.frames_per_sequence));
  if (values.count("frames") == 0 && choice.objects == 0) choice.frames = 100;

  const bool shows_progress = ::isatty(STDERR_FILENO) != 0;
  const bool made = synthesize(choice, [shows_progress](double share) {
    if (shows_progress) fmt::print(stderr, "\rmaking the synthetic scenes {:3.0f} %", 100 * share);
  });
  if (made && shows_progress) fmt::print(stderr, "\n");
  fmt::print("{} {}\n", choice.output, made ? "made" : "holds this data set already");
  return 0;
}

}  // namespace

int run_data(const std::vector<std::string>& arguments) {
  const std::string help =
      "usage: runexp data COMMAND ...\n\n"
      "commands:\n"
      "  synthesize   make a data set of synthetic street scenes\n"
      "  annotate     write what networks say of pictures in KITTI's layout\n"
      "  inspect      say what a data set holds and what is wrong with it; draw it\n"
      "  manifest     list one's own pictures, with masks, depth and camera\n"
      "  convert      bring KITTI raw, tracking or KITTI-360 into KITTI's object layout\n\n"
      "'runexp data COMMAND --help' says more.\n";
  if (arguments.empty()) {
    fmt::print(stderr, "{}", help);
    return 2;
  }
  if (arguments[0] == "--help" || arguments[0] == "-h") {
    fmt::print("{}", help);
    return 0;
  }
  if (arguments[0] == "synthesize") return run_synthesize({arguments.begin() + 1, arguments.end()});
  if (arguments[0] == "inspect") return run_inspect({arguments.begin() + 1, arguments.end()});
  if (arguments[0] == "convert") return run_convert({arguments.begin() + 1, arguments.end()});
  if (arguments[0] == "manifest") return run_manifest({arguments.begin() + 1, arguments.end()});
  throw UserError(
      fmt::format("'runexp data' has no command '{}'{}; run 'runexp data --help'",
                  arguments[0],
                  did_you_mean(arguments[0], {"synthesize", "inspect", "manifest", "convert"})));
}

}  // namespace monodr
