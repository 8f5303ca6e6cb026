// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace monodr {

/// One event of a TensorBoard file, as far as monodr writes them.
struct ReadEvent {
  double wall_time = 0;
  std::uint64_t step = 0;
  std::string file_version, tag;
  float value = 0;
};

/// The fields of a protocol buffer: number and content, fixed and variable numbers as 8 bytes.
inline std::vector<std::pair<int, std::string>> read_fields(const std::string& bytes) {
  std::vector<std::pair<int, std::string>> fields;
  size_t at = 0;
  const auto varint = [&] {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes.at(at++));
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.size()) {
    const std::uint64_t key = varint();
    size_t size = 0;
    std::string content;
    switch (key & 7) {
      case 0: {
        const std::uint64_t value = varint();
        content.assign(reinterpret_cast<const char*>(&value), 8);
        break;
      }
      case 1:
        size = 8;
        break;
      case 2:
        size = varint();
        break;
      case 5:
        size = 4;
        break;
      default:
        throw std::runtime_error("unknown wire type");
    }
    if (size > bytes.size() - at) throw std::runtime_error("cut short");
    if (size > 0) content = bytes.substr(at, size);
    at += size;
    fields.emplace_back(static_cast<int>(key >> 3), content);
  }
  return fields;
}

template <typename Number>
Number read_number(const std::string& bytes) {
  Number value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// A second CRC-32C, bit by bit, so that a mistake in the writer's table shows.
inline std::uint32_t slow_masked_crc(const std::string& bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const bool odd = ((crc ^ static_cast<unsigned char>(byte) >> bit) & 1) != 0;
      crc = crc >> 1 ^ (odd ? 0x82f63b78U : 0U);
    }
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xa282ead8U;
}

/// Throws std::runtime_error for a wrong checksum and a file that is cut short.
inline std::vector<ReadEvent> read_events(const std::string& file) {
  std::vector<ReadEvent> events;
  for (size_t at = 0; at < file.size();) {
    const std::string length = file.substr(at, 8);
    const auto size = read_number<std::uint64_t>(length);
    if (size > file.size() - at - 16) throw std::runtime_error("cut short");
    const std::string data = file.substr(at + 12, size);
    if (read_number<std::uint32_t>(file.substr(at + 8, 4)) != slow_masked_crc(length) ||
        read_number<std::uint32_t>(file.substr(at + 12 + size, 4)) != slow_masked_crc(data))
      throw std::runtime_error("wrong checksum");
    at += size + 16;
    ReadEvent event;
    for (const auto& [field, content] : read_fields(data)) {
      if (field == 1) event.wall_time = read_number<double>(content);
      if (field == 2) event.step = read_number<std::uint64_t>(content);
      if (field == 3) event.file_version = content;
      if (field != 5) continue;
      for (const auto& [number, value] : read_fields(read_fields(content).at(0).second)) {
        if (number == 1) event.tag = value;
        if (number == 2) event.value = read_number<float>(value);
      }
    }
    events.push_back(event);
  }
  return events;
}

}  // namespace monodr
