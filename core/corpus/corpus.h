// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "plugin/shape_prior.h"
#include "settings/category.h"
#include "settings/pipeline.h"

namespace monodr {

/// What [corpus] says (an empty root: parametric cars), and the prior's seed.
struct CorpusRequest : CorpusSettings {
  std::uint64_t seed = 0;
  std::string cache;       ///< folder that keeps repaired meshes
  CategoryModel category;  ///< of a folder's meshes: their axes and size
};

/// One mesh of a folder as it was found.
struct MeshReport {
  std::string name;
  bool taken = true;
  std::vector<std::string> findings;  ///< what was wrong; why it was left out
};

/// Every .obj, .off and .ply below the folder, repaired (corpus/mesh_repair.h) and named by its path
/// in it ("02958343/1a2b/models/model_normalized.obj"), in the order of the names. A repaired mesh
/// is kept in the cache (base/file_cache.h) under the hash of its file, ending, materials and axes. One that cannot be repaired is left out and
/// reported; UserError where there is none at all. Without `repair` vertices, faces and colours are those of the file,
/// turned into the object's axes and scaled to the unit box; such a mesh need not be closed.
struct MeshFolder {
  std::vector<CorpusItem> items;
  std::vector<MeshReport> reports;
};
MeshFolder read_mesh_folder(const std::string& root,
                            const CategoryModel& category,
                            const std::string& cache,
                            const std::function<void(double share)>& progress,
                            bool repair = true);

struct Corpus {
  std::vector<CorpusItem> training, held_out;
  std::vector<MeshReport> reports;  ///< of a folder's meshes
};

/// The class that parametric cars are of: that of priors whose record names none.
CategoryModel parametric_car_category();

/// Parametric cars, or the meshes of a folder. Of a folder of ten or more, one in ten is held out:
/// those whose names have the lowest hashes, so that it hangs on neither order nor machine.
Corpus make_corpus(const CorpusRequest& options, const std::function<void(double share)>& progress);

/// Changes with whatever changes make_corpus(options): part of the name of a trained prior.
std::string corpus_fingerprint(const CorpusRequest& options);

}  // namespace monodr
