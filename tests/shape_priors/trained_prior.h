// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "plugin/decoded_mesh.h"
#include "plugin/registry.h"

namespace monodr::test {

using Given = std::map<std::string, ParameterValue>;

/// The plugins beside the test binary.
Registry& registry();

/// Parameters that train in about a second: 488 vertices, few steps.
Given quick();

std::unique_ptr<ShapePrior> mesh_autoencoder(const Given& given = quick());

/// Forty parametric cars, and others.
const std::vector<CorpusItem>& training_cars();
const std::vector<CorpusItem>& unseen_cars();

/// float32 [rows,columns], standard normal.
at::Tensor normal_codes(int rows, int columns, std::uint64_t seed);

/// mesh_autoencoder(quick()) after training_cars(), trained at the first call.
const ShapePrior& trained_prior();

/// Writes trained_prior() to a file.
void save_trained_prior(const std::string& path);

}  // namespace monodr::test
