// SPDX-License-Identifier: Apache-2.0
// The mean silhouette as a loss, and a parameter that says how it goes wrong: for tests of what a
// plugin's fault costs.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <stdexcept>

#include "plugin/descriptor.h"
#include "plugin/loss.h"

namespace monodr {
namespace {

class MisbehavingLoss final : public Loss {
 public:
  explicit MisbehavingLoss(const std::string& behaviour) : behaviour_(behaviour) {}

  Channels needs() const override { return {.silhouette = true}; }

  at::Tensor evaluate(const LossInput& input) const override {
    if (behaviour_ == "segfault") ::raise(SIGSEGV);
    if (behaviour_ == "sleep")
      for (;;) ::pause();
    if (behaviour_ == "throw") throw std::runtime_error("out of luck");
    if (behaviour_ == "allocate")
      for (std::vector<at::Tensor> memory;;) memory.push_back(at::ones({1 << 24}));
    if (behaviour_ == "a_pixel_each") return input.rendering.silhouette;
    if (behaviour_ == "one_for_all") return input.rendering.silhouette.mean();
    if (behaviour_ == "no_tensor") return {};
    const at::Tensor loss = input.rendering.silhouette.mean({1, 2});
    if (behaviour_ == "not_a_number_once")  // of the first object alone
      return loss.masked_fill(input.hypothesis.object.eq(0), std::nan(""));
    return behaviour_ == "not_a_number" ? loss / 0 * 0 : loss;
  }

 private:
  std::string behaviour_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "misbehaving";
  info.version = "1.0.0";
  info.description = "Goes wrong as it is told to.";
  info.differentiable_in.inputs = {"silhouette"};
  Parameter behaviour{"behaviour", std::string("none"), "", "what goes wrong"};
  behaviour.choices = {"none",
                       "segfault",
                       "sleep",
                       "throw",
                       "allocate",
                       "not_a_number",
                       "not_a_number_once",
                       "a_pixel_each",
                       "one_for_all",
                       "no_tensor"};
  info.parameters = {behaviour};
  return {info, LossFactory([](const Parameters& parameters) {
            return std::make_unique<MisbehavingLoss>(parameters.text("behaviour"));
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
