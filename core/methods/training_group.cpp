// SPDX-License-Identifier: Apache-2.0
#include "methods/training_group.h"

#include <csignal>

#ifdef MONODR_HAS_GLOO
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

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

std::string host_of(const std::string& store) {
  return store.substr(0, store.rfind(':'));
}

c10::intrusive_ptr<c10d::Store> store_of(const Rendezvous& where) {
  const int port = port_of(where.store);
  if (port == 0) return c10::make_intrusive<c10d::FileStore>(where.store, where.size);
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(port);
  options.isServer = where.rank == 0;
  options.numWorkers = static_cast<std::size_t>(where.size);
  return c10::make_intrusive<c10d::TCPStore>(host_of(where.store), options);
}

/// The own address by which this host reaches another, "" where it does not: the one that a datagram socket has that is
/// connected and sends nothing.
std::string address_towards(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), "9", &hints, &found) != 0) return "";
  std::string own;
  for (const addrinfo* to = found; to != nullptr && own.empty(); to = to->ai_next) {
    const int opened = ::socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, to->ai_protocol);
    if (opened < 0) continue;
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    char text[NI_MAXHOST];
    auto* address = reinterpret_cast<sockaddr*>(&from);
    if (::connect(opened, to->ai_addr, to->ai_addrlen) == 0 &&
        ::getsockname(opened, address, &size) == 0 &&
        ::getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
      own = text;
    ::close(opened);
  }
  ::freeaddrinfo(found);
  return own;
}

bool is_loopback(const std::string& address) {
  return address.rfind("127.", 0) == 0 || address == "::1";
}

/// The address at which the others reach this process. A host's own name often leads to loopback (Debian's 127.0.1.1), so
/// that of processes on the leader's host is the one towards a process on another, if there is one.
std::string own_address(const Rendezvous& where, c10d::Store& store) {
  const auto key = [](int rank) { return "address " + std::to_string(rank); };
  std::string own = address_towards(host_of(where.store));
  store.set(key(where.rank), std::vector<std::uint8_t>(own.begin(), own.end()));
  for (int rank = 0; rank < where.size && is_loopback(own); ++rank) {
    const std::vector<std::uint8_t> bytes = store.get(key(rank));
    const std::string other(bytes.begin(), bytes.end());
    if (!other.empty() && !is_loopback(other)) own = address_towards(other);
  }
  return own;
}

}  // namespace

struct TrainingGroup::Processes {
  explicit Processes(const Rendezvous& where) {
    // gloo writes to who may be gone already: that is an error of the call, and no reason to die without a word.
    std::signal(SIGPIPE, SIG_IGN);
    store = store_of(where);
    const auto options = ProcessGroupGloo::Options::create();
    options->devices.push_back(
        port_of(where.store) == 0
            ? ProcessGroupGloo::createDeviceForInterface("lo")
            : ProcessGroupGloo::createDeviceForHostname(own_address(where, *store)));
    options->threads = 1;  // sums one after the other: always in the same order
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

std::vector<std::string> TrainingGroup::exchange(const std::string& own) const {
  std::vector<std::string> all(static_cast<std::size_t>(where_.size));
  all[static_cast<std::size_t>(where_.rank)] = own;
  const at::Tensor lengths = at::zeros({where_.size}, at::kLong);
  lengths[where_.rank] = static_cast<int64_t>(own.size());
  sum(lengths);
  for (int rank = 0; rank < where_.size; ++rank) {
    std::string& text = all[static_cast<std::size_t>(rank)];
    text.resize(static_cast<std::size_t>(lengths[rank].item<int64_t>()));
    if (text.empty()) continue;
    together(where_, [&] {
      std::vector<at::Tensor> list{
          at::from_blob(text.data(), {static_cast<int64_t>(text.size())}, at::kByte)};
      c10d::BroadcastOptions options;
      options.rootRank = rank;
      processes_->gloo->broadcast(list, options)->wait();
    });
  }
  return all;
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
std::vector<std::string> TrainingGroup::exchange(const std::string& own) const {
  return {own};
}
void TrainingGroup::part() const {}

#endif

TrainingGroup::~TrainingGroup() = default;

bool TrainingGroup::is_built_in() {
#ifdef MONODR_HAS_GLOO
  return true;
#else
  return false;
#endif
}

}  // namespace monodr
