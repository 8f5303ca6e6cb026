// SPDX-License-Identifier: Apache-2.0
#include "launch/run_command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "base/error.h"
#include "launch/worker_environment.h"

namespace monodr {
namespace {

using Clock = std::chrono::steady_clock;

struct Ends {
  int read_end = -1, write_end = -1;
  Ends() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw UserError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Ends() {
    ::close(read_end);
    close_write_end();
  }
  void close_write_end() {
    if (write_end >= 0) ::close(write_end);
    write_end = -1;
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
};

pid_t start(std::vector<std::string> words, const Ends& output, const Ends& errors) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output.write_end, 1);
  ::posix_spawn_file_actions_adddup2(&actions, errors.write_end, 2);
  pid_t pid = -1;
  const int failure =
      ::posix_spawnp(&pid, words[0].c_str(), &actions, nullptr, pointers(words).data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failure != 0)
    throw UserError(fmt::format("cannot run '{}': {}; is it installed on this host and in PATH?",
                                words[0],
                                std::strerror(failure)));
  return pid;
}

/// False at the end of the stream.
bool read_some(int descriptor, std::string& text) {
  char buffer[1 << 16];
  const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
  if (count < 0) return errno == EINTR;
  text.append(buffer, static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace

CommandOutcome run_command(const std::vector<std::string>& words, int seconds) {
  Ends output, errors;
  CommandOutcome outcome;
  const pid_t pid = start(words, output, errors);
  output.close_write_end();
  errors.close_write_end();
  const Clock::time_point end = Clock::now() + std::chrono::seconds(seconds);
  std::vector<pollfd> open{{output.read_end, POLLIN, 0}, {errors.read_end, POLLIN, 0}};
  while (!open.empty()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    outcome.timed_out = left <= 0;
    if (outcome.timed_out) {
      ::kill(pid, SIGKILL);
      break;
    }
    if (::poll(open.data(), open.size(), static_cast<int>(left)) <= 0) continue;
    for (auto stream = open.begin(); stream != open.end();) {
      std::string& text = stream->fd == output.read_end ? outcome.output : outcome.errors;
      stream =
          stream->revents != 0 && !read_some(stream->fd, text) ? open.erase(stream) : stream + 1;
    }
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

}  // namespace monodr
