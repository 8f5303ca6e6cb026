// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace monodr {

/// A file system that other hosts may write to as well: "NFS", "Lustre", "GPFS", "Ceph", "9p", "FUSE", "SMB",
/// "BeeGFS" or "AFS". Locks and shared memory, on which SQLite relies, are not reliable there. "" for any other.
/// `type` as statfs(2) gives it.
std::string shared_file_system_name(std::uint32_t type);

/// That of the file system on which a file or a folder lies, or its nearest folder that exists.
std::string shared_file_system_of(const std::string& path);

/// How the type of an existing path is found; for tests, which have no such file systems. An empty function brings
/// statfs(2) back.
void set_file_system_probe(std::function<std::uint32_t(const std::string& path)> probe);

}  // namespace monodr
