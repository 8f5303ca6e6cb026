// SPDX-License-Identifier: Apache-2.0
//
// A loss that is 0, and asks for the silhouette if it is the first of its plugin that was made: how often that was
// is an inline variable, as a header that two plugins include may have.
#include <ATen/Functions.h>

#include "plugin/descriptor.h"
#include "plugin/loss.h"

namespace monodr {

inline int made = 0;

namespace {

class CountingLoss final : public Loss {
 public:
  CountingLoss() : number_(++made) {}
  Channels needs() const override { return {.silhouette = number_ == 1}; }
  at::Tensor evaluate(const LossInput& input) const override {
    return at::zeros(input.hypothesis.object.sizes());
  }

 private:
  int number_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = MONODR_TEXT(MONODR_NAME);
  info.version = "1.0.0";
  info.description = "Counts how often it was made.";
  return {info, LossFactory([](const Parameters&) -> std::unique_ptr<Loss> {
            return std::make_unique<CountingLoss>();
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
