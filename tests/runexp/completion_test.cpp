// SPDX-License-Identifier: Apache-2.0
// Completion in the true shells: each is started on a terminal of its own, keys are typed, and what
// then stands on its line is compared.
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>

#include "results/database.h"
#include "runexp/runexp_fixture.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

const char* const prompt = "ready>";

struct ShellKind {
  std::string program;
  Words arguments;   ///< read the file `rc`, and no other
  std::string file;  ///< name of the file that `rc` has to have
  std::string rc;    ///< prompt, completion; Control-X writes the line to the file `line`
};

const std::array shells = {
    ShellKind{"bash",
              {"--noprofile", "--rcfile", "rc", "-i"},
              "rc",
              "PS1='ready>'\n"
              "source <(runexp completion bash)\n"
              "bind -x '\"\\C-x\": printf %s \"$READLINE_LINE\" > part; mv part line'\n"},
    ShellKind{"zsh",
              {"-d", "-i"},
              ".zshrc",
              "PS1='ready>'\n"
              "autoload -U compinit; compinit -u -D\n"
              "source <(runexp completion zsh)\n"
              "show() { print -rn -- \"$BUFFER\" > part; mv part line }\n"
              "zle -N show; bindkey '^X' show\n"},
    ShellKind{"fish",
              {"--no-config", "-i", "-C", "source rc"},
              "rc",
              "function fish_prompt; printf 'ready>'; end\n"
              "function fish_greeting; end\n"
              "runexp completion fish | source\n"
              "bind \\cx 'commandline > part; mv part line'\n"}};

bool is_installed(const std::string& program) {
  return ::access(("/usr/bin/" + program).c_str(), X_OK) == 0;
}

/// A shell in `folder` that waits for keys.
class Shell {
 public:
  Shell(const ShellKind& kind, const TemporaryFolder& folder) : line_(folder.file("line")) {
    write_file_atomically(folder.file(kind.file), kind.rc);
    Words arguments = kind.arguments;
    arguments.insert(arguments.begin(), kind.program);
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ == 0) become(arguments, folder.path());
  }
  ~Shell() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(terminal_);
  }
  Shell(const Shell&) = delete;

  /// What stands on the line after these keys; the line is then emptied.
  std::string typed(const std::string& keys) {
    const std::string control_x = "\x18", control_u = "\x15";
    wait_until([&] { return shown_.find(prompt) != std::string::npos; });
    fs::remove(line_);
    press(keys + control_x);
    wait_until([&] { return fs::exists(line_); });
    press(control_u);
    if (!fs::exists(line_)) return "no answer; the terminal shows: " + shown_;
    const std::string line = read_file(line_);
    return line.substr(0, line.find_last_not_of('\n') + 1);
  }

 private:
  [[noreturn]] static void become(Words& arguments, const std::string& folder) {
    const std::string path = binary("") + ":" + std::getenv("PATH");
    ::setenv("PATH", path.c_str(), 1);
    for (const char* home : {"HOME", "ZDOTDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"})
      ::setenv(home, folder.c_str(), 1);
    ::setenv("TERM", "xterm", 1);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    if (::chdir(folder.c_str()) == 0) ::execvp(pointers[0], pointers.data());
    ::_exit(126);
  }

  void press(const std::string& keys) {
    EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }

  void wait_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      pollfd readable{terminal_, POLLIN, 0};
      if (::poll(&readable, 1, 20) <= 0) continue;
      char buffer[4096];
      const ssize_t count = ::read(terminal_, buffer, sizeof buffer);
      if (count <= 0) return;
      shown_.append(buffer, static_cast<size_t>(count));
    }
  }

  std::string line_, shown_;
  int terminal_ = -1;
  pid_t pid_ = -1;
};

class Completion : public testing::TestWithParam<ShellKind> {};

TEST_P(Completion, KnowsCommandsOptionsAndFiles) {
  if (!is_installed(GetParam().program)) GTEST_SKIP() << GetParam().program << " is not installed";
  const TemporaryFolder folder;
  fs::create_directories(folder.file("tables"));
  write_file_atomically(folder.file("e.toml"), three_arms);
  write_file_atomically(folder.file("tables/ablation.toml"), three_arms);
  write_file_atomically(folder.file("old.sqlite"), "");
  Shell shell(GetParam(), folder);
  const std::vector<std::pair<std::string, std::string>> lines = {
      {"runexp sta", "runexp status "},
      {"runexp e.t", "runexp e.toml "},
      {"runexp tables/abl", "runexp tables/ablation.toml "},
      {"runexp run e.t", "runexp run e.toml "},
      {"runexp e.toml --retry", "runexp e.toml --retry-failed "},
      {"runexp --dry", "runexp --dry-run "},
      {"runexp --dry-run e.t", "runexp --dry-run e.toml "},
      {"runexp --dry-run e.toml --qui", "runexp --dry-run e.toml --quiet "},
      {"runexp rerun --ver", "runexp rerun --verify "},
      {"runexp status --results ol", "runexp status --results old.sqlite "}};
  for (const auto& [begun, completed] : lines) EXPECT_EQ(shell.typed(begun + "\t"), completed);
}

TEST_P(Completion, KnowsWhatTheDatabaseHolds) {
  if (!is_installed(GetParam().program)) GTEST_SKIP() << GetParam().program << " is not installed";
  const TemporaryFolder folder;
  fs::create_directories(folder.file("results"));
  write_file_atomically(folder.file("some.png"), "");
  for (const char* file : {"results/results.sqlite", "other.sqlite"}) {
    Database database(folder.file(file));
    std::vector<CellRecord> records(2);
    for (size_t i = 0; i < records.size(); ++i) {
      records[i].id = std::string(i == 0 ? "3f2a" : "81c0") + std::string(60, '0');
      records[i].experiment = file[0] == 'o' ? "elsewhere" : "ablation_size";
      records[i].arm = i == 0 ? "mask only" : "size: 0.1";
      records[i].arm_order = static_cast<int>(i);
    }
    database.plan(records[0].experiment, "Does it: help?", records);
  }
  Shell shell(GetParam(), folder);
  const std::vector<std::pair<std::string, std::string>> lines = {
      {"runexp table abl", "runexp table ablation_size "},
      {"runexp table ablation_size --format mark", "runexp table ablation_size --format markdown "},
      {"runexp table ablation_size --baseline mask",
       "runexp table ablation_size --baseline mask\\ only "},
      {"runexp watch --results other.sqlite els", "runexp watch --results other.sqlite elsewhere "},
      {"runexp show 3f", "runexp show 3f2a00000000 "},
      {"runexp diff 3f2a 8", "runexp diff 3f2a 81c000000000 "},
      {"runexp e.toml --launcher blo", "runexp e.toml --launcher blocks "},
      {"runexp completion ba", "runexp completion bash "},
      {"runexp show 3f2a -o so", "runexp show 3f2a -o some.png "}};
  for (const auto& [begun, completed] : lines) EXPECT_EQ(shell.typed(begun + "\t"), completed);
}

INSTANTIATE_TEST_SUITE_P(Shells, Completion, testing::ValuesIn(shells), [](const auto& info) {
  return info.param.program;
});

}  // namespace
}  // namespace monodr
