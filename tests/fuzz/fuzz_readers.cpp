// SPDX-License-Identifier: Apache-2.0
//
// Gives every reader of people's files a number of files that are nearly sound (fuzz/mutation.h). It must read them or
// refuse them as a UserError: anything else that it throws is a fault, and a crash ends the program. Prints the reader
// and the number of each fault, and keeps the file. The same seed and number give the same file.
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/error.h"
#include "base/options.h"
#include "base/temporary_folder.h"
#include "fuzz/mutation.h"
#include "fuzz/reader_samples.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using Clock = std::chrono::steady_clock;

const CommandUsage usage = {"fuzz_readers",
                            "[--count N] [--seed S] [--reader NAME] [--first I] [--keep DIR]",
                            "Mutated files for each reader of people's files.\n"};

struct Choice {
  int count = 300, first = 0, seed = 1;
  std::string reader, keep;
};

/// Sanitizers map terabytes and have a limit of their own.
void limit_memory() {
#ifndef __SANITIZE_ADDRESS__
  constexpr rlim_t kMost = rlim_t{6} << 30;
  const rlimit limit{kMost, kMost};
  ::setrlimit(RLIMIT_AS, &limit);
#endif
}

std::string fault_of(const FuzzedReader& reader, const std::string& path) {
  try {
    reader.read(path);
  } catch (const UserError&) {
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// How many faults there are.
int fuzz(const FuzzedReader& reader, const Choice& choice, const fs::path& folder) {
  const std::string path = (folder / reader.file).string();
  const auto write = [&](const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  };
  int faults = 0, refused = 0;
  for (const std::string& sample : reader.samples) {
    write(sample);
    try {
      reader.read(path);
    } catch (const UserError&) {
      ++refused;  // some are there to be refused
    }
  }
  double slowest = 0;
  int slowest_number = 0;
  for (int i = choice.first; i < choice.first + choice.count; ++i) {
    Random random(std::uint64_t(choice.seed), reader.name, std::uint64_t(i));
    const std::string content = mutated(reader.samples, random);
    write(content);
    const auto start = Clock::now();
    const std::string fault = fault_of(reader, path);
    if (const double took = std::chrono::duration<double>(Clock::now() - start).count();
        took > slowest) {
      slowest = took;
      slowest_number = i;
    }
    if (fault.empty()) continue;
    constexpr int kShown = 10;
    if (++faults > kShown) continue;
    std::cout << fmt::format("FAULT {} {}: {}\n", reader.name, i, fault);
    if (!choice.keep.empty())
      fs::copy_file(path,
                    fs::path(choice.keep) /
                        fmt::format("{}-{}-{}", reader.name, i, fs::path(path).filename().string()),
                    fs::copy_options::overwrite_existing);
  }
  std::cout << fmt::format(
                   "{:<14}{:>8} files, {} faults; {} of {} samples refused; slowest {:.0f} ms "
                   "(file {})\n",
                   reader.name,
                   choice.count,
                   faults,
                   refused,
                   reader.samples.size(),
                   1e3 * slowest,
                   slowest_number)
            << std::flush;
  fs::remove(path);
  return faults;
}

int run(const std::vector<std::string>& arguments) {
  Choice choice;
  po::options_description options("options");
  auto add = options.add_options();
  add("count", po::value(&choice.count)->value_name("N"), "files for each reader (default: 300)");
  add("first", po::value(&choice.first)->value_name("I"), "number of the first file (default: 0)");
  add("seed", po::value(&choice.seed)->value_name("S"), "of the mutations (default: 1)");
  add("reader", po::value(&choice.reader)->value_name("NAME"), "this one alone");
  add("keep", po::value(&choice.keep)->value_name("DIR"), "copy the files of faults there");
  po::variables_map values;
  if (!parse_options(usage, arguments, options, {}, values)) return 0;
  limit_memory();
  const TemporaryFolder folder("monodr-fuzz");
  int faults = 0;
  std::cout << "seed " << choice.seed << "\n";
  for (const FuzzedReader& reader : fuzzed_readers(folder.path().string()))
    if (choice.reader.empty() || choice.reader == reader.name)
      faults += fuzz(reader, choice, folder.path());
  return faults == 0 ? 0 : 1;
}

}  // namespace
}  // namespace monodr

int main(int count, char** words) {
  try {
    return monodr::run({words + 1, words + count});
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
