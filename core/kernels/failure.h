// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <string>

#include "kernels/monodr_kernels.h"

namespace monodr {

/// What ends a call of the C interface with a status; it never leaves the library.
class KernelFailure : public std::exception {
 public:
  KernelFailure(monodr_status status, std::string message)
      : status_(status), message_(std::move(message)) {}
  monodr_status status() const { return status_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  monodr_status status_;
  std::string message_;
};

/// Throws a KernelFailure; `format` as for printf.
[[noreturn]] [[gnu::format(printf, 2, 3)]] void fail(monodr_status status, const char* format, ...);

/// The status of the exception in flight, whose message is kept for monodr_last_message().
int status_of_exception() noexcept;

/// Runs the body of a function of the C interface.
template <class Body>
int guarded(const Body& body) noexcept {
  try {
    body();
    return MONODR_OK;
  } catch (...) {
    return status_of_exception();
  }
}

inline void check_pointer(const void* pointer, const char* name) {
  if (pointer == nullptr) fail(MONODR_NULL_POINTER, "%s is NULL", name);
}
void check_size(std::int64_t size, std::int64_t most, const char* name);
void check_threads(int threads);

}  // namespace monodr
