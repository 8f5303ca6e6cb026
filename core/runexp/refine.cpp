// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/lines.h"
#include "base/options.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "geometry/mesh_axes.h"
#include "geometry/mesh_file.h"
#include "runexp/camera_option.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/detect_order.h"
#include "runexp/installed_files.h"

namespace monodr {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;
using nlohmann::json;

const CommandUsage usage = {
    "runexp refine",
    "MESH --picture FILE --mask FILE [--depth FILE] [--intrinsics FX,FY,CX,CY | --calib FILE | "
    "--field-of-view DEG] [KEY=VALUE ...] [options]",
    R"(Puts a given mesh (of SAM 3D Objects, TRELLIS, a scan) where mask and depth say: position, heading, tilt
and size, with their standard deviations. Shape and proportions stay. Into the folder --output go the picture with
the mesh over it, the mesh in the camera's frame as an .obj, a KITTI result line and detections.json.

The mask is a picture whose object is not black; the depth a map in metres along the optical axis (PNG of 16 bits with
--depth-unit, TIFF, EXR, NPY, NPZ). Without depth the size is that of --height, and the range follows from it.
Without depth there is nothing to search in: eight headings are tried for a few steps, the best two to the end.
It starts at the best of a search over position and heading against the depth, or at a 3-D box: --start names a file
with a KITTI result line, of SAM 3D's layout, say. Method and constants: experiments/systems/refine_mesh.toml.

Examples:
  runexp refine chair.ply --picture room.jpg --mask chair.png --depth room.npy --field-of-view 65 --axes "+y -z" --height 0.9
  runexp refine car.obj --picture 000010.png --mask mask.png --depth depth.npy --calib 000010.txt --start 000010.kitti.txt
)"};

po::options_description describe_options() {
  po::options_description options("options");
  auto add = options.add_options();
  add("picture", po::value<std::string>()->required()->value_name("FILE"), "PNG or JPEG");
  add("mask", po::value<std::string>()->required()->value_name("FILE"), "of the object");
  add("depth", po::value<std::string>()->value_name("FILE"), "metres; 0 = none");
  add("depth-unit",
      po::value<double>()->value_name("M"),
      "metres of one unit of the depth: 0.001 for millimetres");
  add_camera_options(options);
  add("axes",
      po::value<std::string>()->default_value("-y +x")->value_name("UP FORWARD"),
      "where up and forward point in the mesh's file: \"+y -z\"");
  add("height",
      po::value<double>()->value_name("M"),
      "of the object, roughly; default: the mesh's own unit is the metre");
  add("start",
      po::value<std::string>()->value_name("FILE"),
      "a KITTI result line with a 3-D box to start from");
  add("output,o",
      po::value<std::string>()->default_value("refined")->value_name("DIR"),
      "folder of what is written; made where it is not there");
  add("quiet,q", po::bool_switch(), "no progress");
  add_results_option(options);
  add_plugin_options(options);
  return options;
}

std::string file_option(const po::variables_map& values, const std::string& name) {
  const auto file = values[name].as<std::string>();
  if (!fs::is_regular_file(file))
    throw UserError(fmt::format("--{}: there is no file '{}'", name, file));
  return fs::absolute(file).string();
}

constexpr double kLargestSide = 100;  // as category.size_mean

/// Height, width and length of the mesh in its object's axes, scaled to the height that is given.
std::array<double, 3> size_of(const std::string& file, const po::variables_map& values) {
  const Eigen::Matrix3f rotation = rotation_of_axes(values["axes"].as<std::string>());
  Mesh mesh = read_mesh(file);
  for (Eigen::Vector3f& v : mesh.vertices) v = (rotation * v).eval();
  const MeshBounds box = bounds(mesh);
  const Eigen::Vector3d extent = (box.high - box.low).cast<double>();
  if (!(extent.minCoeff() > 0))
    throw UserError(fmt::format("the mesh '{}' is flat, so that it is no body", file));
  const double scale =
      values.count("height") > 0 ? values["height"].as<double>() / extent.y() : 1.0;
  const std::array<double, 3> size{scale * extent.y(), scale * extent.z(), scale * extent.x()};
  for (const double side : size)
    if (!(side > 0 && side < kLargestSide))
      throw UserError(
          fmt::format("the mesh '{}' is {:.4g} x {:.4g} x {:.4g} m (height, width, length), but "
                      "must be between 0 and {} m; say how "
                      "high the object is with --height, where its own unit is not the metre, and "
                      "where up and forward point with "
                      "--axes",
                      file,
                      size[0],
                      size[1],
                      size[2],
                      kLargestSide));
  return size;
}

std::string frame_name(const po::variables_map& values) {
  return fs::path(values["picture"].as<std::string>()).stem().string();
}

/// As a file of its own object, of which all that is not black counts: in a picture of ids white is what has none.
std::string mask_pattern(const po::variables_map& values, const fs::path& folder) {
  const fs::path mask = file_option(values, "mask");
  if (mask.extension() == ".json") return mask.string();  // COCO's
  fs::create_directories(folder / "masks");
  fs::copy_file(mask, folder / "masks" / (frame_name(values) + mask.extension().string()));
  return (folder / "masks" / ("{name}*" + mask.extension().string())).string();
}

void write_manifest(const po::variables_map& values, const json& camera, const fs::path& folder) {
  json frame = {{"id", frame_name(values)},
                {"picture", file_option(values, "picture")},
                {"masks", mask_pattern(values, folder)}};
  if (values.count("depth") > 0) frame["depth"] = file_option(values, "depth");
  if (values.count("depth-unit") > 0) frame["depth_unit"] = values["depth-unit"].as<double>();
  write_file_atomically((folder / "frame.json").string(),
                        json{{"defaults", camera}, {"frame", json::array({frame})}}.dump());
}

/// What a fit to the mask alone does otherwise. Nothing tells a small object near by from a large one far off, so that the
/// size is the given one. Nor is there anything to search in: headings all around the circle descend for a few steps, the best
/// two to the end, which may be front and rear.
std::string without_depth(bool has_start) {
  std::string text =
      "rate_size = 0.0\nrate_depth = 0.02\nrate_heading = 0.04\niterations = 50\n"
      "stage_steps = [0, 30]\nstage_free = [\"position depth heading\", \"position depth "
      "heading tilt\"]\n";
  if (!has_start)
    text += "start = \"headings\"\nhypotheses = 8\nprune_steps = [15]\nprune_keep = [2]\n";
  return text;
}

/// refine_mesh.toml with this mesh and this picture.
void write_experiment(const std::string& mesh,
                      const po::variables_map& values,
                      const fs::path& folder) {
  const fs::path meshes = folder / "mesh";
  fs::create_directories(meshes);
  // Materials lie beside an OBJ, and a link would look for them beside itself.
  for (const std::string& needed : files_of_mesh(mesh).found)
    fs::copy_file(
        needed, meshes / fs::path(needed).filename(), fs::copy_options::overwrite_existing);
  const std::array<double, 3> size = size_of(mesh, values);
  std::string text = fmt::format(
      "extends = [{}]\n[experiment]\nname = \"refine\"\n"
      "[dataset]\nsource = \"manifest\"\nroot = {}\nobjects = 0\n"
      "[category]\nname = \"Object\"\nneighbours = []\nsize_mean = [{}, {}, {}]\n"
      "size_deviation = [0.5, 0.5, 0.5]\nmesh_axes = {}\n"
      "[corpus]\nroot = {}\nrepair = false\n",
      json(fs::absolute(find_experiment("systems/refine_mesh.toml")).string()).dump(),
      json((folder / "frame.json").string()).dump(),
      size[0],
      size[1],
      size[2],
      json(values["axes"].as<std::string>()).dump(),
      json(meshes.string()).dump());
  text += "[fit]\n";
  if (values.count("depth") == 0) text += without_depth(values.count("start") > 0);
  if (values.count("start") > 0) {
    const fs::path starts = folder / "starts";
    fs::create_directories(starts);
    fs::copy_file(file_option(values, "start"), starts / (frame_name(values) + ".txt"));
    text += fmt::format("start = \"detections\"\nstart_detections = {}\n",
                        json(starts.string()).dump());
  }
  write_file_atomically((folder / "refine.toml").string(), text);
}

}  // namespace

int run_refine(const std::vector<std::string>& arguments) {
  po::options_description all = describe_options();
  all.add_options()("word", po::value<std::vector<std::string>>(), "MESH KEY=VALUE...");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("word", -1);
  if (!parse_options(usage, arguments, all, positional, values)) return 0;
  const auto [meshes, overrides] = words_of(values);
  if (meshes.size() != 1)
    throw UserError(
        fmt::format("{} meshes are given, but one is refined at a time; see 'runexp "
                    "refine --help'",
                    meshes.size()));
  if (!fs::is_regular_file(meshes[0]))
    throw UserError(fmt::format("there is no mesh '{}'", meshes[0]));

  const TemporaryFolder scratch("monodr-refine");
  const CameraChoice camera = camera_choice(values);
  write_manifest(values, camera.keys, scratch.path());
  write_experiment(fs::absolute(meshes[0]).string(), values, scratch.path());
  const Experiment experiment =
      load_experiment((scratch.path() / "refine.toml").string(), overrides);
  DetectOrder order = detect_order(values, experiment);
  if (!camera.note.empty()) std::cerr << camera.note << "\n";
  order.offset = camera.offset;
  order.meshes = true;
  return detect_into_output(std::move(order), values);
}

}  // namespace monodr
