// SPDX-License-Identifier: Apache-2.0
#include "launch/task_orders.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace monodr {
namespace {

std::string orders_of(const std::string& list) {
  return list + ".orders";
}

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TaskWriter::TaskWriter(const std::string& list)
    : list_(list), names_(list, std::ios::binary), orders_(orders_of(list), std::ios::binary) {}

void TaskWriter::add(const std::string& name, const CellOrder& order) {
  names_ << name << "\n";
  orders_ << to_json(order) << "\n";
}

void TaskWriter::close() {
  names_.close();
  orders_.close();
  if (!names_ || !orders_)
    throw UserError(fmt::format("cannot write '{}': {}", list_, std::strerror(errno)));
}

void sync_tasks(const std::string& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = opened >= 0 && ::syncfs(opened) == 0;
  const int reason = errno;
  if (opened >= 0) ::close(opened);
  if (!synced) throw UserError(fmt::format("cannot flush '{}': {}", folder, std::strerror(reason)));
}

std::vector<std::string> task_names(const std::string& list) {
  return lines_of(list);
}

std::vector<std::string> task_orders(const std::string& list) {
  return lines_of(orders_of(list));
}

}  // namespace monodr
