// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/version.h>

#include <any>
#include <functional>
#include <memory>
#include <vector>

#include "base/plugin_info.h"
#include "plugin/channels.h"

/// Raised whenever a type that crosses the border between core and plugin changes.
#define MONODR_PLUGIN_ABI 5

namespace monodr {

template <typename Interface>
using PluginFactory = std::function<std::unique_ptr<Interface>(const Parameters&)>;

/// The kind of plugin that an interface belongs to.
template <typename Interface>
struct PluginKindOf;

// RendererFactory, LossFactory, ... A plugin includes its own interface, plugin/renderer.h, and no other kind's.
#define MONODR_PLUGIN_KIND(name, Interface, folder, tests, use) \
  class Interface;                                              \
  using Interface##Factory = PluginFactory<Interface>;          \
  template <>                                                   \
  struct PluginKindOf<Interface> {                              \
    static constexpr PluginKind kind = PluginKind::name;        \
  };
#include "base/plugin_kinds.def"
#undef MONODR_PLUGIN_KIND

/// What a plugin exports: what it says of itself, and how to make one.
struct PluginDescriptor {
  PluginInfo info;
  std::any factory;                              ///< PluginFactory of the kind's interface
  std::vector<ChannelDefinition> channels = {};  ///< that renderings have more while it is loaded
};

}  // namespace monodr

#define MONODR_JOIN_2(a, b) a##b
#define MONODR_JOIN(a, b) MONODR_JOIN_2(a, b)
#define MONODR_TEXT_2(a) #a
#define MONODR_TEXT(a) MONODR_TEXT_2(a)

#ifdef __clang__
#define MONODR_COMPILER MONODR_JOIN(clang, __clang_major__)
#else
#define MONODR_COMPILER MONODR_JOIN(gcc, __GNUC__)
#endif

/// The exported symbol spells the ABI number and what the file was built with, so that a mismatch
/// is read from the ELF symbol table before any code of the file runs:
///     monodr_plugin_abi5_torch1_13_0_gcc12_cxx11abi1
/// It comes from the compiler and the headers in use and not from the build system: no build file
/// can spell it wrong.
#define MONODR_PLUGIN_SYMBOL                                                              \
  MONODR_JOIN(MONODR_JOIN(MONODR_JOIN(monodr_plugin_abi, MONODR_PLUGIN_ABI),              \
                          MONODR_JOIN(MONODR_JOIN(_torch, TORCH_VERSION_MAJOR),           \
                                      MONODR_JOIN(MONODR_JOIN(_, TORCH_VERSION_MINOR),    \
                                                  MONODR_JOIN(_, TORCH_VERSION_PATCH)))), \
              MONODR_JOIN(MONODR_JOIN(_, MONODR_COMPILER),                                \
                          MONODR_JOIN(_cxx11abi, _GLIBCXX_USE_CXX11_ABI)))

/// Ends a plugin's source file:
///     MONODR_PLUGIN(descriptor())   with   PluginDescriptor descriptor();
#define MONODR_PLUGIN(expression)                                                     \
  extern "C" __attribute__((visibility("default"))) const ::monodr::PluginDescriptor* \
  MONODR_PLUGIN_SYMBOL() {                                                            \
    static const ::monodr::PluginDescriptor descriptor_of_this_plugin = (expression); \
    return &descriptor_of_this_plugin;                                                \
  }
