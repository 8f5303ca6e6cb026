# SPDX-License-Identifier: Apache-2.0
# Shared by ./runexp, ./runtests and bench/run: install what is missing, build what is out of date.
# Everything it says goes to stderr, so that a command's own output stays clean.

# install_packages [LIST]: the Debian packages of cmake/debian-packages.txt (or of cmake/LIST) that are
# not there yet.
install_packages() {
  local list="$root/cmake/${1:-debian-packages.txt}"
  local stamp="$root/build/.installed-$(basename "$list")"
  [ "$stamp" -nt "$list" ] && return
  if command -v dpkg-query >/dev/null; then
    local package missing=()
    while read -r package; do
      [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
        missing+=("$package")
    done < <(grep -v '^#' "$list")
    if [ ${#missing[@]} -gt 0 ]; then
      local as_root=()
      if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
          as_root=(sudo)
        else
          printf 'monodr needs packages that are not installed. As root, run:\n' >&2
          printf '  apt-get update && apt-get install -y --no-install-recommends %s\n' "${missing[*]}" >&2
          exit 2
        fi
      fi
      printf 'installing: %s\n' "${missing[*]}" >&2
      { "${as_root[@]}" apt-get update &&
          "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends "${missing[@]}"; } >&2 || exit 2
    fi
  else
    printf 'not a Debian system: the libraries of %s must be there already\n' "$list" >&2
  fi
  mkdir -p "$root/build"
  touch "$stamp"
}

# build TARGET...: configures once, then builds the targets; quiet where nothing is to be done.
build() {
  mkdir -p "$root/build"
  exec 9>"$root/build/.lock"
  flock 9 # two launchers at once must not run two builds in one folder
  # Also a build folder that stands is told of a LibTorch elsewhere (cmake/MonodrTorch.cmake).
  local prefixes=${CMAKE_PREFIX_PATH:-}
  prefixes=${prefixes//:/;}
  if [ ! -f "$root/build/build.ninja" ] || { [ -n "$prefixes" ] &&
      ! grep -qxF "MONODR_TORCH_SEARCHED_IN:INTERNAL=$prefixes" "$root/build/CMakeCache.txt"; }; then
    (cd "$root" && cmake --preset release ${prefixes:+"-DCMAKE_PREFIX_PATH=$prefixes"} ${MONODR_CMAKE_OPTIONS:-}) >&2
  fi
  # Globs are checked again each time, so that a dry run never says that there is nothing to do.
  ninja -C "$root/build" "$@" 2>&1 | { grep -v --line-buffered \
    -e '^ninja: Entering directory' -e '^ninja: no work to do' \
    -e 'Re-checking globbed directories' || true; } >&2
  exec 9>&-
}
