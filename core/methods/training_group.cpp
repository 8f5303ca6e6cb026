// SPDX-License-Identifier: Apache-2.0
#include "methods/training_group.h"

#ifdef MONODR_HAS_GLOO
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

namespace monodr {

#ifdef MONODR_HAS_GLOO

namespace {

using c10d::ProcessGroupGloo;

/// The port of "HOST:PORT"; 0 where the store is a file.
int port_of(const std::string& store) {
  const std::size_t colon = store.rfind(':');
  if (colon == std::string::npos || store.find('/') != std::string::npos) return 0;
  const std::string port = store.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos)
    throw UserError(fmt::format(
        "'{}' is no place where processes can meet; HOST:PORT or a file's path is", store));
  return std::stoi(port);
}

c10::intrusive_ptr<c10d::Store> store_of(const Rendezvous& where) {
  const int port = port_of(where.store);
  if (port == 0) return c10::make_intrusive<c10d::FileStore>(where.store, where.size);
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(port);
  options.isServer = where.rank == 0;
  options.numWorkers = static_cast<std::size_t>(where.size);
  return c10::make_intrusive<c10d::TCPStore>(where.store.substr(0, where.store.rfind(':')),
                                             options);
}

}  // namespace

struct TrainingGroup::Processes {
  explicit Processes(const Rendezvous& where) {
    const auto options = ProcessGroupGloo::Options::create();
    options->devices.push_back(port_of(where.store) == 0
                                   ? ProcessGroupGloo::createDeviceForInterface("lo")
                                   : ProcessGroupGloo::createDefaultDevice());
    options->threads = 1;  // sums one after the other: always in the same order
    store = store_of(where);
    gloo = c10::make_intrusive<ProcessGroupGloo>(store, where.rank, where.size, options);
  }
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<ProcessGroupGloo> gloo;
};

namespace {

template <typename Action>
void together(const Rendezvous& where, const Action& action) {
  try {
    action();
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    const std::string text = error.what();
    throw LostProcess(
        fmt::format("process {} of {} that train together has lost the others ({}); run the same "
                    "command again, it goes on at the last checkpoint",
                    where.rank,
                    where.size,
                    text.substr(0, text.find('\n'))));
  }
}

}  // namespace

TrainingGroup::TrainingGroup(const Rendezvous& where) : where_(where) {
  together(where_, [&] { processes_ = std::make_unique<Processes>(where_); });
}

void TrainingGroup::sum(at::Tensor values) const {
  together(where_, [&] {
    std::vector<at::Tensor> list{std::move(values)};
    processes_->gloo->allreduce(list)->wait();
  });
}

void TrainingGroup::take_leaders(at::Tensor values) const {
  together(where_, [&] {
    std::vector<at::Tensor> list{std::move(values)};
    processes_->gloo->broadcast(list)->wait();
  });
}

void TrainingGroup::part() const {
  const auto say = [&](const std::string& what) {
    processes_->store->set(what + std::to_string(where_.rank), std::vector<std::uint8_t>{1});
  };
  const auto await = [&](const std::string& what, int first) {
    std::vector<std::string> keys;
    for (int rank = first; rank < where_.size; ++rank) keys.push_back(what + std::to_string(rank));
    processes_->store->wait(keys);
  };
  together(where_, [&] {
    say("done ");
    await("done ", 0);
    // The leader may hold the store itself, and goes last.
    if (leads())
      await("gone ", 1);
    else
      say("gone ");
  });
}

#else

struct TrainingGroup::Processes {};

TrainingGroup::TrainingGroup(const Rendezvous& where) : where_(where) {
  throw UserError(fmt::format(
      "'train.processes' is {}, but this monodr was built without gloo; install its headers "
      "(Debian: libgloo-dev) and build again, or set train.processes = 1",
      where.size));
}

void TrainingGroup::sum(at::Tensor) const {}
void TrainingGroup::take_leaders(at::Tensor) const {}
void TrainingGroup::part() const {}

#endif

TrainingGroup::~TrainingGroup() = default;

}  // namespace monodr
