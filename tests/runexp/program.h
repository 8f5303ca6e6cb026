// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace monodr {

/// A program under test: started at once, its output caught in files.
class Program {
 public:
  /// `environment`: "NAME=value", put over this process's own.
  Program(const std::vector<std::string>& words,
          const std::vector<std::string>& environment,
          const std::string& folder);
  ~Program();
  Program(Program&& other) noexcept;

  void signal(int number) const;
  void wait();

  int exit_code() const { return exit_code_; }  ///< 128 + signal where one ended it
  const std::string& output() const { return output_; }
  const std::string& errors() const { return errors_; }

 private:
  pid_t pid_ = -1;
  int output_file_ = -1, errors_file_ = -1;
  int exit_code_ = -1;
  std::string output_, errors_;
};

}  // namespace monodr
