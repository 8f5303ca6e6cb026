// SPDX-License-Identifier: Apache-2.0
#include "base/file_system.h"

#include <sys/vfs.h>

#include <filesystem>
#include <map>
#include <utility>

namespace monodr {
namespace {

using Probe = std::function<std::uint32_t(const std::string& path)>;

Probe& probe_for_tests() {
  static Probe probe;
  return probe;
}

std::uint32_t type_of(const std::string& path) {
  if (probe_for_tests()) return probe_for_tests()(path);
  struct statfs info {};
  return ::statfs(path.c_str(), &info) == 0 ? static_cast<std::uint32_t>(info.f_type) : 0;
}

}  // namespace

std::string shared_file_system_name(std::uint32_t type) {
  static const std::map<std::uint32_t, const char*> names = {{0x6969, "NFS"},
                                                             {0x0BD00BD0, "Lustre"},
                                                             {0x47504653, "GPFS"},
                                                             {0x00C36400, "Ceph"},
                                                             {0x01021997, "9p"},
                                                             {0x65735546, "FUSE"},
                                                             {0xFF534D42, "SMB"},
                                                             {0xFE534D42, "SMB"},
                                                             {0x19830326, "BeeGFS"},
                                                             {0x5346414F, "AFS"}};
  const auto found = names.find(type);
  return found == names.end() ? "" : found->second;
}

std::string shared_file_system_of(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path existing = fs::absolute(path, ignored);
  while (!fs::exists(existing, ignored) && existing.has_parent_path() &&
         existing != existing.parent_path())
    existing = existing.parent_path();
  return shared_file_system_name(type_of(existing.string()));
}

void set_file_system_probe(Probe probe) {
  probe_for_tests() = std::move(probe);
}

}  // namespace monodr
