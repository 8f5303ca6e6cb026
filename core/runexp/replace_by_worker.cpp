// SPDX-License-Identifier: Apache-2.0
#include "runexp/replace_by_worker.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "launch/workers.h"

namespace monodr {

int replace_by_worker(const std::string& command, const std::vector<std::string>& words) {
  std::vector<std::string> all{worker_program(), command};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> pointers;
  for (std::string& word : all) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(pointers[0], pointers.data());
  throw UserError(fmt::format("cannot run '{}': {}", all[0], std::strerror(errno)));
}

}  // namespace monodr
