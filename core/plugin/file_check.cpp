// SPDX-License-Identifier: Apache-2.0
#include "plugin/file_check.h"

#include <link.h>
#include <sys/stat.h>

// clang-format off
#include <vector>  // library_info.hpp of Boost 1.74 needs it before
#include <boost/dll/library_info.hpp>
// clang-format on
#include <cstring>
#include <fstream>
#include <regex>

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

/// Code that anybody could have put there must not run as this user.
std::string refusal_of_permissions(const fs::path& file) {
  const fs::path folder = file.parent_path();
  if (writable_by_everyone(folder))
    return fmt::format("its folder {0} is writable by everyone; run chmod o-w {0}",
                       folder.string());
  if (writable_by_everyone(file))
    return fmt::format("it is writable by everyone; run chmod o-w {}", file.string());
  return "";
}

ElfW(Ehdr) elf_header(std::istream& stream) {
  ElfW(Ehdr) header{};
  stream.read(reinterpret_cast<char*>(&header), sizeof header);
  return header;
}

/// Why the file is no complete shared library for this machine; "" where it is one. Only its header
/// is read, and whether all that the header promises is there.
std::string refusal_of_format(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return "it cannot be read; check its permissions";
  const auto header = elf_header(stream);
  const auto length = static_cast<std::size_t>(stream.gcount());
  if (length == 0) return "it is empty; build or copy it again";
  if (length < SELFMAG || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return "it is not a shared library (no ELF file); build it again";
  const std::uintmax_t size = fs::file_size(file);
  if (length < sizeof header ||
      size < header.e_shoff + std::uintmax_t{header.e_shnum} * header.e_shentsize)
    return fmt::format("it is truncated, {} bytes are left; build or copy it again", size);
  std::ifstream this_program("/proc/self/exe", std::ios::binary);
  if (header.e_machine != elf_header(this_program).e_machine)
    return "it is an ELF file for another kind of processor; build it on this one";
  if (header.e_type != ET_DYN) return "it is an ELF file, but no shared library";
  return "";
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

std::string refusal_of_symbols(const fs::path& file) {
  std::vector<std::string> symbols;
  try {
    symbols = boost::dll::library_info(file).symbols();
  } catch (const std::exception& error) {
    return fmt::format("its symbol table cannot be read ({}); build or copy it again",
                       error.what());
  }
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
  std::string reason = refusal_of_permissions(file);
  if (reason.empty()) reason = refusal_of_format(file);
  if (reason.empty()) reason = refusal_of_symbols(file);
  return reason;
}

}  // namespace monodr
