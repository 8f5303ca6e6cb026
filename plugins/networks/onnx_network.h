// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "network.h"

namespace monodr {

/// A network in an ONNX file, run by OpenCV's DNN module on this machine's processor. `outputs`: the names of those
/// to give, in their order; empty = all. UserError where the file is missing or cut short, is of another format, has
/// operators that OpenCV does not know, or has no outputs of these names.
std::unique_ptr<Network> open_onnx_network(const std::string& file,
                                           const std::vector<std::string>& outputs);

}  // namespace monodr
