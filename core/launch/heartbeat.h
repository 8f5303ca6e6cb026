// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace monodr {

/// A sign of life of a worker that nobody holds by a pipe: a small file beside the cell's order,
/// <experiment>.<id>.alive for <experiment>.<id>.json, written anew every few seconds.
struct Heartbeat {
  std::int64_t time = 0;  ///< seconds since 1970, by the clock of the worker's host
  double progress = 0;    ///< share of the cell that is done
  std::string host;
};

void write_heartbeat(const std::string& order_file, const Heartbeat& heartbeat);

/// The last one; nothing where there is none that can be read.
std::optional<Heartbeat> read_heartbeat(const std::string& order_file);

}  // namespace monodr
