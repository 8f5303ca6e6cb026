// SPDX-License-Identifier: Apache-2.0
#include "corpus/corpus.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file_cache.h"
#include "base/folder_files.h"
#include "base/parallel.h"
#include "base/path_identity.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/mesh_repair.h"
#include "corpus/parametric_car.h"
#include "geometry/mesh_axes.h"
#include "geometry/mesh_file.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<fs::path> mesh_files(const std::string& root) {
  if (!fs::is_directory(root))
    throw UserError(fmt::format("there is no folder of meshes '{}'", root));
  std::vector<fs::path> files;
  for (fs::path& file : files_below(root))
    if (is_mesh_file(file.string())) files.push_back(std::move(file));
  if (files.empty()) throw UserError(fmt::format("no .obj, .off or .ply lies in '{}'", root));
  return files;
}

/// One file's repaired mesh, from the cache where it is there.
struct Repaired {
  Mesh mesh;
  MeshReport report;
};

// What of the category changes a repaired mesh. Cars have none of it, whose meshes are in caches already.
std::string repair_identity(const CategoryModel& category) {
  const std::string axes = category.mesh_axes == kByLikeness ? "" : " " + category.mesh_axes;
  return mesh_repair_version + axes;
}

// All that a repaired mesh is made of: the file, what its ending says it is, its materials and by which names
// the file finds them, the category.
std::string repair_key(const fs::path& file,
                       const MeshFiles& files,
                       const CategoryModel& category) {
  std::string inputs = lower_case(file.extension().string()) + " " + repair_identity(category);
  for (const std::string& input : files.found) inputs += " " + sha256_of_file(input);
  for (const std::string& name : files.missing) inputs += " missing " + name;
  return sha256(inputs).substr(0, 24);
}

// An entry is an OBJ whose first line is a comment: "# " and the findings as JSON.
std::string entry_of(const Repaired& repaired) {
  return "# " + json(repaired.report.findings).dump() + "\n" + format_obj(repaired.mesh);
}

// False where the entry is damaged.
bool read_entry(const std::string& entry, const std::string& path, Repaired& result) {
  const std::string first = entry.substr(0, entry.find('\n'));
  const json findings =
      json::parse(first.substr(std::min<size_t>(2, first.size())), nullptr, false);
  if (!findings.is_array()) return false;
  try {
    result.mesh = parse_mesh(entry, path);
    result.report.findings = findings.get<std::vector<std::string>>();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

Repaired repair_file(const fs::path& file,
                     const std::string& name,
                     const CategoryModel& category,
                     const FileCache& cache) {
  Repaired result;
  result.report.name = name;
  try {
    const MeshFiles files = files_of_mesh(file.string());
    const std::string key = repair_key(file, files, category);
    if (const auto entry = cache.find(key); entry && read_entry(*entry, cache.path(key), result))
      return result;
    const RepairedMesh repaired = repair_mesh(read_mesh(file.string()), category);
    result.report.findings = repaired.faults.sentences();
    for (const std::string& library : files.missing)
      result.report.findings.push_back(fmt::format(
          "its material library '{}' is not there: colours by the materials' names", library));
    result.mesh = repaired.mesh;
    const std::string entry = entry_of(result);
    cache.store(key, entry);
    result.mesh = parse_mesh(entry, cache.path(key));  // the same bits as from the cache
  } catch (const UserError& error) {
    result.report.taken = false;
    result.report.findings = {error.what()};
  }
  return result;
}

/// The mesh as it stands in its file, but for its axes and the unit box.
Repaired mesh_as_it_is(const fs::path& file,
                       const std::string& name,
                       const CategoryModel& category) {
  Repaired result;
  result.report.name = name;
  try {
    Mesh& mesh = result.mesh = read_mesh(file.string());
    const Eigen::Matrix3f rotation = rotation_of_axes(category.mesh_axes);
    for (Eigen::Vector3f& v : mesh.vertices) v = (rotation * v).eval();
    const MeshBounds box = bounds(mesh);
    if (!((box.high - box.low).minCoeff() > 0))
      throw UserError("it is flat, so that it is no body");
    normalise_to_unit_box(mesh);
    if (mesh.colours.empty())
      mesh.colours.assign(mesh.vertices.size(), Eigen::Vector3f::Constant(0.5F));
  } catch (const UserError& error) {
    result.report.taken = false;
    result.report.findings = {error.what()};
  }
  return result;
}

// Moves the tenth of the items whose names hash lowest to `held_out`.
void split(Corpus& corpus) {
  const size_t count = corpus.training.size() / 10;
  std::vector<std::string> hashes;
  for (const CorpusItem& item : corpus.training) hashes.push_back(sha256(item.name));
  std::vector<std::string> sorted = hashes;
  std::sort(sorted.begin(), sorted.end());
  std::vector<CorpusItem> kept;
  for (size_t i = 0; i < hashes.size(); ++i)
    (count > 0 && hashes[i] <= sorted[count - 1] ? corpus.held_out : kept)
        .push_back(std::move(corpus.training[i]));
  corpus.training = std::move(kept);
}

}  // namespace

MeshFolder read_mesh_folder(const std::string& root,
                            const CategoryModel& category,
                            const std::string& cache,
                            const std::function<void(double)>& progress,
                            bool repair) {
  if (!repair && category.mesh_axes == kByLikeness)
    throw UserError(
        "'corpus.repair' is false, but 'category.mesh_axes' is \"likeness\"; say where up and "
        "forward point in the files, such as \"+y -z\"");
  const std::vector<fs::path> files = mesh_files(root);
  const FileCache kept((fs::path(cache) / "meshes").string(), ".obj");
  std::vector<Repaired> repaired(files.size());
  std::mutex mutex;
  size_t done = 0;
  parallel_for(files.size(), at::get_num_threads(), [&](size_t i) {
    const std::string name = files[i].lexically_relative(root).generic_string();
    repaired[i] = repair ? repair_file(files[i], name, category, kept)
                         : mesh_as_it_is(files[i], name, category);
    const std::lock_guard<std::mutex> lock(mutex);
    progress(static_cast<double>(++done) / static_cast<double>(files.size()));
  });
  MeshFolder folder;
  for (Repaired& item : repaired) {
    if (item.report.taken) folder.items.push_back({item.report.name, std::move(item.mesh)});
    folder.reports.push_back(std::move(item.report));
  }
  if (folder.items.empty())
    throw UserError(
        fmt::format("none of the {} meshes in '{}' can be taken for a {}; the first, {}: {}",
                    files.size(),
                    root,
                    lower_case(category.name),
                    folder.reports[0].name,
                    folder.reports[0].findings[0]));
  return folder;
}

CategoryModel parametric_car_category() {
  CategoryModel category;
  category.name = "Car";
  for (int i = 0; i < 3; ++i) {
    category.size_mean[size_t(i)] = car_mean_dimensions[i];
    category.size_deviation[size_t(i)] = car_log_deviations[i];
  }
  category.corpus = kParametricCars;
  category.mesh_axes = kByLikeness;
  return category;
}

Corpus make_corpus(const CorpusRequest& options, const std::function<void(double)>& progress) {
  Corpus corpus;
  if (options.root.empty()) {
    corpus.training = training_corpus(options.cars, options.seed);
    corpus.held_out = held_out_corpus(options.held_out, options.seed);
    return corpus;
  }
  MeshFolder folder =
      read_mesh_folder(options.root, options.category, options.cache, progress, options.repair);
  corpus.training = std::move(folder.items);
  corpus.reports = std::move(folder.reports);
  split(corpus);
  return corpus;
}

std::string corpus_fingerprint(const CorpusRequest& options) {
  if (options.root.empty())
    return fmt::format(
        "{}: {} of seed {}", parametric_car_corpus_version, options.cars, options.seed);
  const std::string made = options.repair ? repair_identity(options.category)
                                          : "as they are " + options.category.mesh_axes;
  return sha256(path_identity(options.root) + made);
}

}  // namespace monodr
