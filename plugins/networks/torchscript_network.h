// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "network.h"

namespace monodr {

/// What the forward() of a TorchScript file takes.
enum class TorchScriptInput {
  batch,    ///< a tensor [1, 3, height, width]
  picture,  ///< a tensor [3, height, width]
  list      ///< a list of one tensor [3, height, width], as torchvision's detectors
};

/// Of the parameter input_as (network_parameters.h).
TorchScriptInput torchscript_input(const Parameters& parameters);

/// A network in a TorchScript file (torch.jit.save), run by LibTorch. Its outputs are the tensors that it returns, by
/// their place in tuples, lists and dictionaries: "0", "1.0.masks", or the last part where that is enough ("masks").
/// `outputs`: the names of those to give; empty = all. UserError as open_onnx_network's.
std::unique_ptr<Network> open_torchscript_network(const std::string& file,
                                                  const std::vector<std::string>& outputs,
                                                  TorchScriptInput takes);

}  // namespace monodr
