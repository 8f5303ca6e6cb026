// SPDX-License-Identifier: Apache-2.0
#include "worker/meshes.h"

#include <filesystem>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

std::string formatted(const MeshScene& scene, const std::string& format) {
  if (format == "glb") return format_scene_glb(scene);
  if (format == "obj") return format_scene_obj(scene);
  MONODR_CHECK(format == "ply", "meshes as '{}'", format);
  return format_scene_ply(scene);
}

}  // namespace

void write_meshes(const RefittedMeshes& meshes,
                  const std::string& format,
                  const std::string& folder) {
  namespace fs = std::filesystem;
  fs::create_directories(folder);
  for (const FrameMeshes& frame : meshes.frames)
    write_file_atomically((fs::path(folder) / (frame.frame + "." + format)).string(),
                          formatted(frame.scene, format));
}

}  // namespace monodr
