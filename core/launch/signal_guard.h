// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <csignal>
#include <vector>

namespace monodr {

/// The signals by which a person or the system asks a program to stop.
inline constexpr std::array stop_signals = {SIGINT, SIGTERM, SIGHUP};

/// Keeps SIGINT, SIGTERM and SIGHUP from ending the process at once: they set `stop_requested`
/// and wake `wait_for`. The old handling comes back at the end of the object's life.
class SignalGuard {
 public:
  SignalGuard();
  ~SignalGuard();
  static bool stop_requested();
};

/// Waits until one of the descriptors can be read, at most `milliseconds`, or until a signal asks
/// to stop. Returns the descriptors that can be read or have ended.
std::vector<int> wait_for(const std::vector<int>& descriptors, int milliseconds);

}  // namespace monodr
