// SPDX-License-Identifier: Apache-2.0
#include "plugin/file_check.h"

#include <link.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <regex>
#include <sstream>

#include "base/text.h"
#include "plugin/descriptor.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSymbol = MONODR_TEXT(MONODR_PLUGIN_SYMBOL);
constexpr const char* kSymbolPrefix = "monodr_plugin_abi";

bool writable_by_everyone(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0;
}

/// Whether it lies in a folder of MONODR_TRUSTED_FOLDERS.
bool is_trusted(const fs::path& file) {
  const char* listed = std::getenv("MONODR_TRUSTED_FOLDERS");
  if (listed == nullptr) return false;
  const fs::path real = fs::weakly_canonical(file.parent_path());
  std::istringstream folders(listed);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (folder.empty() || !fs::path(folder).is_absolute()) continue;
    const fs::path trusted = fs::weakly_canonical(folder);
    if (std::mismatch(trusted.begin(), trusted.end(), real.begin(), real.end()).first ==
        trusted.end())
      return true;
  }
  return false;
}

/// Code that anybody could have put there must not run as this user.
std::string refusal_of_permissions(const fs::path& file) {
  const fs::path folder = file.parent_path();
  const bool is_the_folder = writable_by_everyone(folder);
  if ((!is_the_folder && !writable_by_everyone(file)) || is_trusted(file)) return "";
  const std::string path = is_the_folder ? folder.string() : file.string();
  return fmt::format(
      "{} writable by everyone; run chmod o-w {}. Where that has no effect (/mnt/c of WSL, USB "
      "sticks) and only you "
      "write there, say so once: export MONODR_TRUSTED_FOLDERS={}",
      is_the_folder ? fmt::format("its folder {} is", path) : "it is",
      path,
      fs::weakly_canonical(folder).string());
}

struct DamagedFile {};

/// A piece of the file's bytes; throws DamagedFile where the file does not reach so far.
template <typename T>
T piece(const std::string& bytes, std::uint64_t offset) {
  if (bytes.size() < sizeof(T) || offset > bytes.size() - sizeof(T)) throw DamagedFile{};
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

ElfW(Half) machine_of_this_program() {
  std::ifstream stream("/proc/self/exe", std::ios::binary);
  ElfW(Ehdr) header{};
  stream.read(reinterpret_cast<char*>(&header), sizeof header);
  return header.e_machine;
}

/// Why the bytes are no complete shared library for this machine; "" where they are one.
std::string refusal_of_format(const std::string& bytes) {
  if (bytes.empty()) return "it is empty; build or copy it again";
  if (bytes.compare(0, SELFMAG, ELFMAG) != 0)
    return "it is not a shared library (no ELF file); build it again";
  const auto truncated =
      fmt::format("it is truncated, {} bytes are left; build or copy it again", bytes.size());
  if (bytes.size() < sizeof(ElfW(Ehdr))) return truncated;
  const auto header = piece<ElfW(Ehdr)>(bytes, 0);
  // The table of sections stands at the end of the file.
  if (bytes.size() < header.e_shoff + std::uint64_t{header.e_shnum} * header.e_shentsize)
    return truncated;
  if (header.e_machine != machine_of_this_program())
    return "it is an ELF file for another kind of processor; build it on this one";
  if (header.e_type != ET_DYN) return "it is an ELF file, but no shared library";
  return "";
}

/// Names in the dynamic symbol table, the one that `strip` leaves.
std::vector<std::string> exported_symbols(const std::string& bytes) {
  const auto header = piece<ElfW(Ehdr)>(bytes, 0);
  const auto section = [&](std::uint64_t number) {
    return piece<ElfW(Shdr)>(bytes, header.e_shoff + number * sizeof(ElfW(Shdr)));
  };
  std::vector<std::string> names;
  for (int number = 0; number < header.e_shnum; ++number) {
    const auto table = section(number);
    if (table.sh_type != SHT_DYNSYM) continue;
    const std::uint64_t strings = section(table.sh_link).sh_offset;
    for (std::uint64_t at = 0; at < table.sh_size; at += sizeof(ElfW(Sym))) {
      const auto symbol = piece<ElfW(Sym)>(bytes, table.sh_offset + at);
      const std::uint64_t name = strings + symbol.st_name;
      if (name >= bytes.size()) throw DamagedFile{};
      if (symbol.st_shndx != SHN_UNDEF)
        names.push_back(bytes.substr(name, bytes.find('\0', name) - name));
    }
  }
  return names;
}

/// "monodr ABI 3, LibTorch 1.12.0, g++ 11" of monodr_plugin_abi3_torch1_12_0_gcc11_cxx11abi1.
std::string describe_build(const std::string& symbol) {
  static const std::regex pattern(
      "monodr_plugin_abi([0-9]+)_torch([0-9_]+)_(gcc|clang)([0-9]+)_cxx11abi([01])");
  std::smatch part;
  if (!std::regex_match(symbol, part, pattern)) return symbol;
  const std::string torch = std::regex_replace(part[2].str(), std::regex("_"), ".");
  return fmt::format("monodr ABI {}, LibTorch {}, {} {}{}",
                     part[1].str(),
                     torch,
                     part[3] == "gcc" ? "g++" : "clang++",
                     part[4].str(),
                     part[5] == "1" ? "" : ", the old C++ ABI");
}

std::string refusal_of_symbols(const std::vector<std::string>& symbols) {
  std::string found;
  for (const std::string& symbol : symbols) {
    if (symbol == kSymbol) return "";
    if (symbol.rfind(kSymbolPrefix, 0) == 0) found = symbol;
  }
  if (found.empty())
    return "it exports no monodr_plugin symbol; end its source with MONODR_PLUGIN(...)";
  return fmt::format(
      "built for {}; this is {}; rebuild with this monodr's headers and compiler: "
      "cmake --fresh -B build && cmake --build build",
      describe_build(found),
      describe_build(kSymbol));
}

}  // namespace

std::string refusal_of(const fs::path& file) {
  if (const std::string reason = refusal_of_permissions(file); !reason.empty()) return reason;
  std::string bytes;
  try {
    bytes = read_file(file);
  } catch (const UserError& error) {
    return error.what();
  }
  if (const std::string reason = refusal_of_format(bytes); !reason.empty()) return reason;
  try {
    return refusal_of_symbols(exported_symbols(bytes));
  } catch (const DamagedFile&) {
    return "it is damaged: its symbol table points outside of the file; build or copy it again";
  }
}

}  // namespace monodr
