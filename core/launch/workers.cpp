// SPDX-License-Identifier: Apache-2.0
#include "launch/workers.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "launch/signal_guard.h"
#include "launch/worker_environment.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

// A report is a short line; what is longer without an end is not one.
constexpr size_t longest_line = 1 << 20;

struct Pipe {
  int read_end = -1, write_end = -1;

  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw UserError(fmt::format("cannot start a worker: {}", std::strerror(errno)));
    read_end = ends[0];
    write_end = ends[1];
  }
};

void close_descriptor(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

// Where the system runs out of memory, it should take a worker and not the parent. Anyone may ask
// to be taken first.
void offer_to_be_killed_first() {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  if (::write(file, "500", 3) < 0) {
  }  // then it stands as the parent does
  ::close(file);
}

// Runs in the child between fork and exec: system calls only.
[[noreturn]] void replace_by_worker(const WorkerOptions& options,
                                    pid_t parent,
                                    int input,
                                    int output,
                                    int log,
                                    char* const* arguments,
                                    char* const* environment) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // the parent died before prctl
  ::setpgid(0, 0);
  for (const int signal : stop_signals) ::signal(signal, SIG_DFL);
  ::signal(SIGPIPE, SIG_DFL);
  offer_to_be_killed_first();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  limit_memory(options.memory_mb);
  ::dup2(input, 0);
  ::dup2(output, 1);
  if (log >= 0) ::dup2(log, 2);
  ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

}  // namespace

std::string worker_program() {
  std::string program;
  if (const char* variable = std::getenv("MONODR_WORKER"))
    program = variable;
  else
    program = fs::read_symlink("/proc/self/exe").parent_path() / "monodr-worker";
  if (::access(program.c_str(), X_OK) != 0)
    throw UserError(fmt::format(
        "cannot run the worker '{}': {}; build the target monodr-worker, or set MONODR_WORKER",
        program,
        std::strerror(errno)));
  return program;
}

WorkerProcess::WorkerProcess(const WorkerOptions& options) {
  std::vector<std::string> arguments{options.program};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment = worker_environment(options.threads);
  const std::vector<char*> argument_pointers = pointers(arguments);
  const std::vector<char*> environment_pointers = pointers(environment);
  Pipe input, output;
  int log_read = -1, log_write = -1;
  if (options.pipe_log) {
    const Pipe log;
    log_read = log.read_end;
    log_write = log.write_end;
  }
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0)
    replace_by_worker(options,
                      parent,
                      input.read_end,
                      output.write_end,
                      log_write,
                      argument_pointers.data(),
                      environment_pointers.data());
  const int reason = errno;
  close_descriptor(input.read_end);
  close_descriptor(output.write_end);
  close_descriptor(log_write);
  input_ = input.write_end;
  output_ = output.read_end;
  log_ = log_read;
  ::fcntl(output_, F_SETFL, O_NONBLOCK);
  if (log_ >= 0) ::fcntl(log_, F_SETFL, O_NONBLOCK);
  if (pid_ < 0) throw UserError(fmt::format("cannot start a worker: {}", std::strerror(reason)));
}

WorkerProcess::~WorkerProcess() {
  if (pid_ > 0) {
    kill();
    wait();
  }
  close_descriptor(input_);
  close_descriptor(output_);
  close_descriptor(log_);
}

bool WorkerProcess::send(const std::string& line) {
  const std::string text = line + "\n";
  size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t written = ::write(input_, text.data() + sent, text.size() - sent);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    sent += static_cast<size_t>(written);
  }
  return true;
}

void WorkerProcess::close_input() {
  close_descriptor(input_);
}

bool WorkerProcess::read_lines(std::vector<std::string>& lines) {
  char buffer[4096];
  while (true) {
    const ssize_t count = ::read(output_, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    partial_line_.append(buffer, static_cast<size_t>(count));
    for (size_t end; (end = partial_line_.find('\n')) != std::string::npos;) {
      lines.push_back(partial_line_.substr(0, end));
      partial_line_.erase(0, end + 1);
    }
    if (partial_line_.size() > longest_line) partial_line_.clear();
  }
}

std::string WorkerProcess::read_log() {
  std::string text;
  char buffer[4096];
  while (log_ >= 0 && text.size() < longest_line) {
    const ssize_t count = ::read(log_, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) {
      close_descriptor(log_);
      break;
    }
    text.append(buffer, static_cast<size_t>(count));
  }
  return text;
}

void WorkerProcess::kill() {
  // The group: what a plugin may have started goes with it.
  if (pid_ > 0 && ::kill(-pid_, SIGKILL) != 0) ::kill(pid_, SIGKILL);
}

std::string WorkerProcess::wait() {
  int status = 0;
  pid_t ended;
  do ended = ::waitpid(pid_, &status, 0);
  while (ended < 0 && errno == EINTR);
  pid_ = -1;
  if (WIFSIGNALED(status)) {
    signal_ = WTERMSIG(status);
    return fmt::format("was killed by signal {} ({})", signal_, ::strsignal(signal_));
  }
  exit_code_ = WEXITSTATUS(status);
  return exit_code_ == 0 ? "" : fmt::format("ended with exit code {}", exit_code_);
}

}  // namespace monodr
