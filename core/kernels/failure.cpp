// SPDX-License-Identifier: Apache-2.0
#include "kernels/failure.h"

#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <new>
#include <stdexcept>

namespace monodr {
namespace {

thread_local char last_message[256] = "";

int remember(int status, const char* message) noexcept {
  std::snprintf(last_message, sizeof last_message, "%s", message);
  return status;
}

}  // namespace

void fail(monodr_status status, const char* format, ...) {
  char message[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  throw KernelFailure(status, message);
}

int status_of_exception() noexcept {
  try {
    throw;
  } catch (const KernelFailure& failure) {
    return remember(failure.status(), failure.what());
  } catch (const std::bad_alloc&) {
    return remember(MONODR_OUT_OF_MEMORY, "out of memory");
  } catch (const std::length_error&) {
    return remember(MONODR_OUT_OF_MEMORY, "more memory is needed than there can be");
  } catch (const std::exception& other) {
    return remember(MONODR_INTERNAL, other.what());
  } catch (...) {
    return remember(MONODR_INTERNAL, "an unknown exception");
  }
}

void check_size(std::int64_t size, std::int64_t most, const char* name) {
  if (size < 0 || size > most)
    fail(MONODR_BAD_SIZE, "%s = %" PRId64 " must be 0 to %" PRId64, name, size, most);
}

void check_threads(int threads) {
  if (threads < 1 || threads > 1024)
    fail(MONODR_BAD_SIZE, "threads = %d must be 1 to 1024", threads);
}

}  // namespace monodr

const char* monodr_last_message(void) {
  return monodr::last_message;
}

int monodr_kernels_abi(void) {
  return MONODR_KERNELS_ABI;
}
