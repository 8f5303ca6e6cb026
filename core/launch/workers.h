// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace monodr {

/// The program that does all that needs tensors or pictures: the environment variable
/// MONODR_WORKER if it is set (tests put a stand-in there), else `monodr-worker` beside this
/// binary. Throws UserError if there is no such file.
std::string worker_program();

struct WorkerOptions {
  std::string program;
  std::vector<std::string> arguments;
  int threads = 1;       ///< OMP_NUM_THREADS and MONODR_THREADS of the worker
  int memory_mb = 0;     ///< limit of its memory (RLIMIT_DATA); 0 = none
  bool pipe_log = true;  ///< stderr comes here; false: it goes where this process's goes
};

/// A child process that is told cells on its stdin and reports on its stdout, both line by line.
///
/// It stands in a process group of its own, so that Ctrl-C reaches the parent only; the kernel
/// kills it when the parent dies, however the parent dies, and before the parent where memory runs
/// out. Whoever destroys the object kills the child.
class WorkerProcess {
 public:
  explicit WorkerProcess(const WorkerOptions& options);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  int output() const { return output_; }  ///< descriptor to poll for reports
  int log() const { return log_; }        ///< descriptor to poll for stderr; -1 if not piped

  /// One line to its stdin. False if it no longer listens.
  bool send(const std::string& line);
  void close_input();

  /// What stands ready on stdout, as whole lines; false at the end of the stream.
  bool read_lines(std::vector<std::string>& lines);
  /// What stands ready on stderr.
  std::string read_log();

  void kill();
  /// Waits for the end. "" if it exited with 0, else how it ended: "was killed by signal 11
  /// (Segmentation fault)", "ended with exit code 3".
  std::string wait();
  /// The exit code; -1 before wait() and where a signal ended it.
  int exit_code() const { return exit_code_; }
  /// The signal that ended it; 0 before wait() and where none did.
  int ended_by_signal() const { return signal_; }

 private:
  pid_t pid_ = -1;
  int input_ = -1, output_ = -1, log_ = -1;
  int exit_code_ = -1;
  int signal_ = 0;
  std::string partial_line_;
};

}  // namespace monodr
