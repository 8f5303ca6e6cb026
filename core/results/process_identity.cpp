// SPDX-License-Identifier: Apache-2.0
#include "results/process_identity.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>

namespace monodr {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream stream(path);
  std::string line;
  std::getline(stream, line);
  return line;
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

std::string process_identity(int pid) {
  // The command's name is in brackets and may itself hold spaces and brackets.
  const std::string line = first_line(fmt::format("/proc/{}/stat", pid));
  const size_t bracket = line.rfind(')');
  if (bracket == std::string::npos) return "";
  std::istringstream fields(line.substr(bracket + 1));
  std::string field, state;
  fields >> state;  // field 3
  if (state == "Z" || state == "X") return "";
  for (int number = 4; number <= 22; ++number) fields >> field;  // 22: start, in ticks since boot
  return field + "@" + first_line("/proc/sys/kernel/random/boot_id");
}

}  // namespace monodr
