// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <variant>

#include "base/plugin_info.h"
#include "plugin/loss.h"
#include "plugin/renderer.h"
#include "plugin/rule.h"
#include "plugin/shape_prior.h"

/// Raised whenever a type that crosses the border between core and plugin changes.
#define MONODR_PLUGIN_ABI 1

namespace monodr {

using RendererFactory = std::function<std::unique_ptr<Renderer>(const Parameters&)>;
using LossFactory = std::function<std::unique_ptr<Loss>(const Parameters&)>;
using RuleFactory = std::function<std::unique_ptr<Rule>(const Parameters&)>;
using ShapePriorFactory = std::function<std::unique_ptr<ShapePrior>(const Parameters&)>;

/// What a plugin exports: what it says of itself, and how to make one.
struct PluginDescriptor {
  PluginInfo info;
  std::variant<RendererFactory, LossFactory, RuleFactory, ShapePriorFactory> factory;
};

}  // namespace monodr

#define MONODR_JOIN_2(a, b) a##b
#define MONODR_JOIN(a, b) MONODR_JOIN_2(a, b)
#define MONODR_TEXT_2(a) #a
#define MONODR_TEXT(a) MONODR_TEXT_2(a)

/// The exported symbol spells the ABI number and the build (MONODR_BUILD_IDENTITY comes from CMake:
/// torch<version>_gcc<major>_cxx11abi<0|1>), so that a mismatch is read from the ELF symbol table
/// before any code of the file runs:  monodr_plugin_abi1_torch1_13_1_gcc12_cxx11abi1
#define MONODR_PLUGIN_SYMBOL                                                     \
  MONODR_JOIN(MONODR_JOIN(MONODR_JOIN(monodr_plugin_abi, MONODR_PLUGIN_ABI), _), \
              MONODR_BUILD_IDENTITY)

/// Ends a plugin's source file:
///     MONODR_PLUGIN(descriptor())   with   PluginDescriptor descriptor();
#define MONODR_PLUGIN(expression)                                                     \
  extern "C" __attribute__((visibility("default"))) const ::monodr::PluginDescriptor* \
  MONODR_PLUGIN_SYMBOL() {                                                            \
    static const ::monodr::PluginDescriptor descriptor_of_this_plugin = (expression); \
    return &descriptor_of_this_plugin;                                                \
  }
