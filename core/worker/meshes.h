// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cell/refitted_meshes.h"

namespace monodr {

/// FOLDER/<frame>.<format> for each frame; the format is glb, obj or ply.
void write_meshes(const RefittedMeshes& meshes,
                  const std::string& format,
                  const std::string& folder);

}  // namespace monodr
