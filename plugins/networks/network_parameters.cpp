// SPDX-License-Identifier: Apache-2.0
#include "network_parameters.h"

namespace monodr {

ParameterSchema model_schema() {
  return {
      {.name = "model",
       .default_value = std::string(),
       .unit = "",
       .meaning = "The network's file; where it is not found below the current folder, it is "
                  "looked for beside the file "
                  "that names it.",
       .is_file = true},
      {.name = "outputs",
       .default_value = std::vector<std::string>{},
       .unit = "",
       .meaning = "Names of the outputs that are read, in the order in which they are read; none = "
                  "all, in the file's."},
  };
}

ParameterSchema joined(const std::vector<ParameterSchema>& parts) {
  ParameterSchema all;
  for (const ParameterSchema& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

ParameterSchema torchscript_schema() {
  return {{.name = "input_as",
           .default_value = std::string("batch"),
           .unit = "",
           .meaning = "What forward() takes: batch = [1, 3, height, width], picture = [3, height, "
                      "width], list = a list "
                      "of one such (torchvision's detectors).",
           .choices = {"batch", "picture", "list"}}};
}

}  // namespace monodr
