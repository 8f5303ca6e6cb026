// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

namespace monodr {

Utf8Character utf8_character(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(at);
  const size_t length = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                                       : 4;
  std::uint32_t code = length == 1 ? first : first & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return {0xFFFD, {text.data() + at, 1}};
    code = code << 6 | (byte(at + i) & 0x3FU);
  }
  const bool sound = length > 0 && code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
  if (!sound) return {0xFFFD, {text.data() + at, 1}};
  return {code, {text.data() + at, length}};
}

}  // namespace monodr
