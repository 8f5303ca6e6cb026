// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/parameters.h"

namespace monodr {

/// model, outputs: what every network of a file is asked for.
ParameterSchema model_schema();

ParameterSchema joined(const std::vector<ParameterSchema>& parts);

/// input_as, of TorchScript files.
ParameterSchema torchscript_schema();

}  // namespace monodr
