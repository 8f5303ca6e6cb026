// SPDX-License-Identifier: Apache-2.0
#include "report/tensorboard.h"

#include <array>
#include <cstring>

namespace monodr {
namespace {

std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t remainder = i;
    for (int bit = 0; bit < 8; ++bit)
      remainder = remainder >> 1 ^ (remainder & 1 ? 0x82f63b78U : 0U);  // reflected polynomial
    table[i] = remainder;
  }
  return table;
}

std::uint32_t masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xa282ead8U;
}

/// The bytes as they lie in memory: little-endian, like every machine that LibTorch runs on.
template <typename Number>
std::string fixed(Number value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
  return bytes + static_cast<char>(value);
}

// Wire types of protocol buffers.
enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

std::string key(int field, WireType type) {
  return varint(static_cast<std::uint64_t>(field) << 3 | type);
}

std::string bytes_field(int field, const std::string& content) {
  return key(field, kBytes) + varint(content.size()) + content;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = make_crc_table();
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes)
    crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xff];
  return ~crc;
}

EventFile::EventFile(double wall_time) : wall_time_(wall_time) {
  add_record(key(1, kFixed64) + fixed(wall_time_) + bytes_field(3, "brain.Event:2"));
}

void EventFile::add_scalar(const std::string& tag, std::int64_t step, float value) {
  const std::string entry = bytes_field(1, tag) + key(2, kFixed32) + fixed(value);
  add_record(key(1, kFixed64) + fixed(wall_time_) + key(2, kVarint) +
             varint(static_cast<std::uint64_t>(step)) + bytes_field(5, bytes_field(1, entry)));
}

void EventFile::add_record(std::string_view event) {
  const std::string length = fixed(static_cast<std::uint64_t>(event.size()));
  bytes_ += length + fixed(masked_crc(length));
  bytes_ += event;
  bytes_ += fixed(masked_crc(event));
}

}  // namespace monodr
