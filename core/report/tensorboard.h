// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace monodr {

/// An event file as TensorBoard reads it: a chain of records
///
///     length (8 bytes) | masked CRC-32C of it (4) | data | masked CRC-32C of the data (4)
///
/// little-endian, where masked(c) = rotate_right(c, 15) + 0xa282ead8 and the data is a protocol
/// buffer `Event` (tensorflow/core/util/event.proto): wall_time = 1, step = 2, file_version = 3,
/// summary = 5 { value = 1 { tag = 1, simple_value = 2 } }.
class EventFile {
 public:
  /// `wall_time`: seconds since 1970, of all events.
  explicit EventFile(double wall_time);

  void add_scalar(const std::string& tag, std::int64_t step, float value);

  const std::string& bytes() const { return bytes_; }

 private:
  void add_record(std::string_view event);

  double wall_time_;
  std::string bytes_;
};

/// CRC-32C (Castagnoli), as in iSCSI: crc32c("123456789") = 0xe3069283.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace monodr
