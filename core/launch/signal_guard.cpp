// SPDX-License-Identifier: Apache-2.0
#include "launch/signal_guard.h"

#include <poll.h>

#include "base/error.h"

namespace monodr {
namespace {

volatile std::sig_atomic_t stop = 0;
struct sigaction old_actions[stop_signals.size()];
struct sigaction old_pipe_action;
sigset_t old_mask;
bool guarded = false;

void note_stop(int) {
  stop = 1;
}

}  // namespace

SignalGuard::SignalGuard() {
  MONODR_CHECK(!guarded, "one SignalGuard at a time");
  guarded = true;
  stop = 0;
  sigset_t blocked;
  sigemptyset(&blocked);
  struct sigaction action {};
  action.sa_handler = note_stop;
  for (size_t i = 0; i < stop_signals.size(); ++i) {
    sigaddset(&blocked, stop_signals[i]);
    ::sigaction(stop_signals[i], &action, &old_actions[i]);
  }
  // Blocked but in ppoll: so none arrives between a look at `stop` and the wait.
  ::sigprocmask(SIG_BLOCK, &blocked, &old_mask);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;  // a worker that died is seen by its end of stream
  ::sigaction(SIGPIPE, &ignore, &old_pipe_action);
}

SignalGuard::~SignalGuard() {
  ::sigprocmask(SIG_SETMASK, &old_mask, nullptr);
  for (size_t i = 0; i < stop_signals.size(); ++i)
    ::sigaction(stop_signals[i], &old_actions[i], nullptr);
  ::sigaction(SIGPIPE, &old_pipe_action, nullptr);
  guarded = false;
}

bool SignalGuard::stop_requested() {
  return stop != 0;
}

std::vector<int> wait_for(const std::vector<int>& descriptors, int milliseconds) {
  std::vector<pollfd> polled;
  for (const int descriptor : descriptors) polled.push_back({descriptor, POLLIN, 0});
  const timespec limit{milliseconds / 1000, (milliseconds % 1000) * 1000000L};
  std::vector<int> ready;
  if (::ppoll(polled.data(), polled.size(), &limit, guarded ? &old_mask : nullptr) <= 0)
    return ready;
  for (const pollfd& entry : polled)
    if (entry.revents != 0) ready.push_back(entry.fd);
  return ready;
}

}  // namespace monodr
