// SPDX-License-Identifier: Apache-2.0
#include "launch/catalogue.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/program_files.h"
#include "base/sha256.h"
#include "base/text.h"
#include "launch/signal_guard.h"
#include "launch/workers.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

std::string stamp(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return file + "\n";
  return fmt::format("{} {} {}.{} {:o}\n",
                     file,
                     status.st_size,
                     status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec,
                     status.st_mode);
}

/// A plugin may be refused for them.
std::string stamp_of_mode(const std::string& folder) {
  struct stat status {};
  ::stat(folder.c_str(), &status);
  return fmt::format("{} {:o}\n", folder, status.st_mode);
}

std::string ask(const std::string& worker, const std::vector<std::string>& folders) {
  WorkerOptions options;
  options.program = worker;
  options.arguments = {"describe"};
  options.arguments.insert(options.arguments.end(), folders.begin(), folders.end());
  WorkerProcess process(options);
  process.close_input();
  std::string answer, log;
  std::vector<std::string> lines;
  for (bool open = true; open;) {
    std::vector<int> descriptors{process.output()};
    if (process.log() >= 0) descriptors.push_back(process.log());
    wait_for(descriptors, 1000);
    open = process.read_lines(lines);
    log += process.read_log();
  }
  for (const std::string& line : lines) answer += line + "\n";
  log += process.read_log();
  const std::string failure = process.wait();
  if (!failure.empty())
    throw UserError(
        fmt::format("cannot list the plugins: '{} describe' {}\n{}", worker, failure, log));
  return answer;
}

}  // namespace

CatalogueSource::CatalogueSource(std::string worker,
                                 std::vector<std::string> folders,
                                 std::string cache_folder)
    : worker_(std::move(worker)), folders_(std::move(folders)) {
  file_ = (fs::path(cache_folder) / ("plugins-" + key().substr(0, 16) + ".json")).string();
  if (fs::exists(file_)) {
    try {
      catalogue_ = catalogue_from_json(read_file(file_));
      return;
    } catch (const std::exception&) {
      // A damaged memory is no memory.
    }
  }
  asked_ = ask(worker_, folders_);
  try {
    catalogue_ = catalogue_from_json(asked_);
  } catch (const std::exception& error) {
    throw UserError(fmt::format(
        "'{} describe' did not answer in JSON ({}); is it of this build?", worker_, error.what()));
  }
}

std::string CatalogueSource::key() const {
  const char* trusted = std::getenv("MONODR_TRUSTED_FOLDERS");
  std::string text = fmt::format("{}\n", trusted == nullptr ? "" : trusted);
  for (const std::string& file : program_files(worker_)) text += stamp(file);
  for (const std::string& folder : folders_) {
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".so") files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    text += stamp_of_mode(folder);
    for (const std::string& file : files) text += stamp(file);
  }
  return sha256(text);
}

void CatalogueSource::remember() const {
  if (asked_.empty()) return;
  fs::create_directories(fs::path(file_).parent_path());
  write_file_atomically(file_, asked_);
}

}  // namespace monodr
