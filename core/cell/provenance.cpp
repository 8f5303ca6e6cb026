// SPDX-License-Identifier: Apache-2.0
#include "cell/provenance.h"

#include <ATen/Parallel.h>
#include <sys/utsname.h>
#include <torch/csrc/api/include/torch/version.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace monodr {
namespace {

/// What the command prints, without the last newline; "" where it fails.
std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return "";
  std::string text;
  std::array<char, 4096> buffer{};
  for (size_t read = 0; (read = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    text.append(buffer.data(), read);
  if (::pclose(pipe) != 0) return "";
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown";
}

std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

void add_git(std::map<std::string, std::string>& values) {
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  const std::string git = "git -C " + shell_quoted(folder) + " ";
  const std::string commit = output_of(git + "rev-parse HEAD");
  if (commit.empty()) return;
  const std::string diff = output_of(git + "diff HEAD");
  values["git_commit"] = commit;
  values["git_dirty"] = diff.empty() ? "no" : "yes";
  if (!diff.empty()) values["git_diff"] = diff;
}

std::map<std::string, std::string> collect() {
  std::map<std::string, std::string> values;
  utsname system{};
  ::uname(&system);
  values["host"] = system.nodename;
  values["system"] = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
  values["cpu"] = cpu_model();
  values["threads"] = fmt::format("{}", at::get_num_threads());
  values["compiler"] = fmt::format("g++ {}", __VERSION__);
  values["libtorch"] = TORCH_VERSION;
  values["monodr"] = MONODR_VERSION;
  add_git(values);
  return values;
}

}  // namespace

const std::map<std::string, std::string>& process_provenance() {
  static const std::map<std::string, std::string> values = collect();
  return values;
}

}  // namespace monodr
