// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace monodr {

/// One character of UTF-8: its code point and its bytes. A byte that begins none is U+FFFD.
struct Utf8Character {
  std::uint32_t code = 0xFFFD;
  std::string_view bytes;  ///< never empty; of the text that was looked at
};

/// The character that begins at byte `at`, which must lie inside of the text.
Utf8Character utf8_character(std::string_view text, size_t at);

}  // namespace monodr
