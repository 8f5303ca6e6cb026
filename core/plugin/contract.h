// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plugin/registry.h"

namespace monodr {

/// Values of a plugin's parameters by name.
using GivenParameters = std::map<std::string, GivenValue>;

/// One thing that every plugin of a kind must do, and whether this one does.
struct ContractCheck {
  std::string name;    ///< "gradient of the silhouette"
  bool passed = true;  ///< also true where the check does not apply
  std::string detail;  ///< what was found, with figures
};

struct ContractReport {
  PluginKind kind = PluginKind::loss;
  std::string plugin;
  std::vector<ContractCheck> checks;

  bool passed() const;
  /// One line a check: "ok    dtype follows the rendering", "FAIL  batch equals its items: ...".
  std::string to_text() const;
};

/// WHAT ANY PLUGIN MUST PASS. Called by a plugin's own test in one line,
///     const ContractReport report = check_loss_contract(registry, "my_iou");
///     EXPECT_TRUE(report.passed()) << report.to_text();
/// and by `runexp plugins check`. Works on small made-up inputs with the plugin's defaults:
///
/// - schema: each default is valid, each parameter has a meaning, a value out of range is refused;
/// - shapes, dtype (float32 and float64), finite values;
/// - gradient in what differentiable_in names against central differences in float64, along random
///   directions. Outputs that jump (depth and colour, where the nearest face changes between two
///   samples) are left out: a pixel counts if the differences at two step sizes agree;
/// - the same bits twice, and on one thread and on two;
/// - a batch equals its items, bit for bit: a fit is a matter of its object alone;
/// - no NaN, in value or gradient, on degenerate input;
/// - a renderer takes what tensors and scenes can be: transposed and expanded tensors, gradients with stride 0, int32 faces
///   (or says int64), oblong pictures, vertices in the camera's plane, a camera inside of the mesh, tiny faces;
/// - a renderer refuses a vertex that is NaN or infinite, and its message says "item N";
/// - its channels "nocs" and "normals" (plugin/channels.h), and those of its own, keep all of that, and the first two are
///   those of the surface point that a pixel sees, as exactly as its depth is (plugin/contract_channels.h);
/// - a loss gets the channels that it asks for and no others;
/// - a prior fills in what decodes_to() says: meshes closed and canonical, surfels in the canonical box.
///
/// A gradient that is no derivative by design is declared in Differentiability::approximate. Those
/// pairs are spared the comparison with differences; they must be finite and not zero.
///
/// Nothing is thrown for a plugin that fails; a UserError for one that cannot be loaded.
/// A prior is trained on a dozen small meshes first. Parameters that are not `given` have their defaults; a plugin
/// that reads a file needs it named there. check_renderer_contract, check_loss_contract, ...:
#define MONODR_PLUGIN_KIND(name, Interface, folder, tests, use) \
  ContractReport check_##name##_contract(                       \
      Registry& registry, const std::string& plugin, const GivenParameters& given = {});
#include "base/plugin_kinds.def"
#undef MONODR_PLUGIN_KIND

ContractReport check_contract(Registry& registry,
                              PluginKind kind,
                              const std::string& name,
                              const GivenParameters& given = {});

}  // namespace monodr
