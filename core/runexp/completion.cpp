// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <map>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "runexp/commands.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp completion",
    "bash | zsh | fish",
    R"(Prints a script that completes commands, options, their values, files, and names of experiments, arms and
cells in that shell. It asks runexp itself, so it never has to be made anew.

Examples:
  source <(runexp completion bash)       # in ~/.bashrc
  source <(runexp completion zsh)        # in ~/.zshrc, after compinit
  runexp completion fish | source        # in ~/.config/fish/config.fish
)"};

// In all three, the words come from `runexp [COMMAND] --list-options`: a word and its meaning with
// a tab between them. A first word that is no command is a file or an option of `run`, and the
// options are those of `run`. `runexp --list-values COMMAND ...` gives what may stand behind these
// words in the same form; where that is nothing, a file is meant.

const char* const bash_script = R"sh(_runexp() {
  local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -gt 1 ] && [ "${current#-}" = "$current" ]; then
    local value quoted
    while IFS=$'\t' read -r value _; do
      printf -v quoted %q "$value"
      if [[ $quoted == "$current"* || $value == "$current"* ]]; then COMPREPLY+=("$quoted"); fi
    done < <("${COMP_WORDS[0]}" --list-values "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
    [ "${#COMPREPLY[@]}" -gt 0 ] || compopt -o default
    return
  fi
  local program=("${COMP_WORDS[0]}")
  case $command in
    -* | *.toml) program+=(run) ;;
    *) if [ "$COMP_CWORD" -gt 1 ]; then program+=("$command"); else compopt -o default; fi ;;
  esac
  local words
  words=$("${program[@]}" --list-options 2>/dev/null | cut -f 1)
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _runexp runexp
)sh";

const char* const zsh_script = R"sh(#compdef runexp
_runexp() {
  local -a program lines entries
  program=($words[1])
  if (( CURRENT > 2 )) && [[ $words[CURRENT] != -* ]]; then
    lines=("${(@f)$("${program[@]}" --list-values "${(@Q)words[2,CURRENT-1]}" 2>/dev/null)}")
    if [[ -z $lines[1] ]]; then
      _files
      return
    fi
    local line
    for line in $lines; do
      entries+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    _describe runexp entries
    return
  fi
  if [[ $words[2] == (-*|*.toml) ]]; then
    program+=(run)
  elif (( CURRENT > 2 )); then
    program+=($words[2])
  else
    _files -g '*.toml'
  fi
  lines=("${(@f)$("${program[@]}" --list-options 2>/dev/null)}")
  local line
  for line in $lines; do
    entries+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  _describe runexp entries
}
compdef _runexp runexp
)sh";

const char* const fish_script = R"sh(function __runexp_words
  set -l words (commandline -opc) "$(commandline -ct)"
  if test (count $words) -gt 2; and not string match -q -- '-*' $words[-1]
    $words[1] --list-values $words[2..-2] 2>/dev/null
    return
  end
  if string match -qr -- '^-|[.]toml$' $words[2]
    $words[1] run --list-options 2>/dev/null
  else if test (count $words) -lt 3
    $words[1] --list-options 2>/dev/null
  else
    $words[1] $words[2] --list-options 2>/dev/null
  end
end
complete -c runexp -a '(__runexp_words)'
)sh";

}  // namespace

int run_completion(const std::vector<std::string>& arguments) {
  static const std::map<std::string, const char*> scripts = {
      {"bash", bash_script}, {"fish", fish_script}, {"zsh", zsh_script}};
  po::options_description options("options");
  options.add_options()("word", po::value<std::string>(), "the shell");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("word", 1);
  if (!parse_options(usage, arguments, options, positional, values)) return 0;
  const std::string shell = values.count("word") > 0 ? values["word"].as<std::string>() : "";
  const auto script = scripts.find(shell);
  if (script == scripts.end())
    throw UserError(fmt::format("'runexp completion' needs a shell: bash, zsh or fish{}",
                                did_you_mean(shell, {"bash", "fish", "zsh"})));
  std::cout << script->second << std::flush;
  return 0;
}

}  // namespace monodr
