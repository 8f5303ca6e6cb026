// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

namespace monodr {

/// In words for a person, where an exception of the standard library is about something that a person can mend:
/// a folder that may not be read, memory that ran out. "" for all others: those are faults of this program.
std::string mendable_fault(const std::exception& error);

}  // namespace monodr
