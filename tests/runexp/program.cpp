// SPDX-License-Identifier: Apache-2.0
#include "runexp/program.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

namespace monodr {
namespace {

std::string content_of(int file) {
  std::string text;
  char buffer[4096];
  ::lseek(file, 0, SEEK_SET);
  for (ssize_t count; (count = ::read(file, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<size_t>(count));
  return text;
}

}  // namespace

Program::Program(const std::vector<std::string>& words,
                 const std::vector<std::string>& environment,
                 const std::string& folder)
    : output_file_(::memfd_create("stdout", 0)), errors_file_(::memfd_create("stderr", 0)) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ != 0) return;
  for (const std::string& variable : environment) ::putenv(const_cast<char*>(variable.c_str()));
  ::dup2(output_file_, 1);
  ::dup2(errors_file_, 2);
  if (::chdir(folder.c_str()) == 0) ::execv(arguments[0], arguments.data());
  ::_exit(126);
}

Program::Program(Program&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_file_(std::exchange(other.output_file_, -1)),
      errors_file_(std::exchange(other.errors_file_, -1)),
      exit_code_(other.exit_code_),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)) {}

Program::~Program() {
  if (pid_ > 0) {
    signal(SIGKILL);
    wait();
  }
  if (output_file_ >= 0) ::close(output_file_);
  if (errors_file_ >= 0) ::close(errors_file_);
}

void Program::signal(int number) const {
  ::kill(pid_, number);
}

void Program::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  output_ = content_of(output_file_);
  errors_ = content_of(errors_file_);
}

}  // namespace monodr
