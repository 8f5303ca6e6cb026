// SPDX-License-Identifier: Apache-2.0
#include "corpus/corpus.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/parallel.h"
#include "base/path_identity.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/mesh_repair.h"
#include "corpus/parametric_car.h"
#include "geometry/mesh_file.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<fs::path> mesh_files(const std::string& root) {
  if (!fs::is_directory(root))
    throw UserError(fmt::format("there is no folder of meshes '{}'", root));
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.is_regular_file() && is_mesh_file(entry.path().string()))
      files.push_back(entry.path());
  if (files.empty()) throw UserError(fmt::format("no .obj, .off or .ply lies in '{}'", root));
  std::sort(files.begin(), files.end());
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

Repaired repair_file(const fs::path& file,
                     const std::string& name,
                     const CategoryModel& category,
                     const fs::path& cache) {
  Repaired result;
  result.report.name = name;
  const std::string key =
      sha256(sha256_of_file(file.string()) + repair_identity(category)).substr(0, 24);
  const fs::path mesh_path = cache / (key + ".obj"), report_path = cache / (key + ".json");
  if (fs::exists(report_path)) {
    const json kept = json::parse(read_file(report_path.string()));
    result.report.taken = kept.at("taken");
    result.report.findings = kept.at("findings").get<std::vector<std::string>>();
    if (result.report.taken) result.mesh = read_mesh(mesh_path.string());
    return result;
  }
  try {
    const RepairedMesh repaired = repair_mesh(read_mesh(file.string()), category);
    result.report.findings = repaired.faults.sentences();
    write_obj(repaired.mesh, mesh_path.string());
    result.mesh = read_mesh(mesh_path.string());  // the same bits as from the cache
  } catch (const UserError& error) {
    result.report.taken = false;
    result.report.findings = {error.what()};
  }
  write_file_atomically(
      report_path.string(),
      json{{"taken", result.report.taken}, {"findings", result.report.findings}}.dump());
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
                            const std::function<void(double)>& progress) {
  const std::vector<fs::path> files = mesh_files(root);
  const fs::path kept = fs::path(cache) / "meshes";
  fs::create_directories(kept);
  std::vector<Repaired> repaired(files.size());
  std::mutex mutex;
  size_t done = 0;
  parallel_for(files.size(), at::get_num_threads(), [&](size_t i) {
    repaired[i] =
        repair_file(files[i], fs::relative(files[i], root).generic_string(), category, kept);
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

Corpus make_corpus(const CorpusOptions& options, const std::function<void(double)>& progress) {
  Corpus corpus;
  if (options.root.empty()) {
    corpus.training = training_corpus(options.cars, options.seed);
    corpus.held_out = held_out_corpus(options.held_out, options.seed);
    return corpus;
  }
  MeshFolder folder = read_mesh_folder(options.root, options.category, options.cache, progress);
  corpus.training = std::move(folder.items);
  corpus.reports = std::move(folder.reports);
  split(corpus);
  return corpus;
}

std::string corpus_fingerprint(const CorpusOptions& options) {
  if (options.root.empty())
    return fmt::format(
        "{}: {} of seed {}", parametric_car_corpus_version, options.cars, options.seed);
  return sha256(path_identity(options.root) + repair_identity(options.category));
}

}  // namespace monodr
