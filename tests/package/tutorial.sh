#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Packs the build as a .deb, unpacks it to a folder of its own, and executes docs/tutorial.md on it:
# every ```sh block, in order, in one shell and in an empty folder. Each line of a ```text block must
# be part of what the block before it printed. On the way an out-of-tree plugin is built against the
# installed files, dropped into a folder, and found again in the database.
#
#   tutorial.sh BUILD_FOLDER SOURCE_FOLDER
set -euo pipefail
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/deb" >"$work/cpack.log" 2>&1 ||
  { cat "$work/cpack.log"; exit 1; }
dpkg-deb -x "$work"/deb/monodr_*.deb "$work/root"
dpkg-deb -f "$work"/deb/monodr_*.deb Depends | grep -q libtorch ||
  { echo "the package does not depend on LibTorch"; exit 1; }

# The installed program must not lean on the tree.
mkdir "$work/empty" "$work/home"
cd "$work/empty"
export PATH="$work/root/usr/bin:/usr/bin:/bin" HOME="$work/home"
unset RUNEXP_PLUGIN_PATH MONODR_WORKER MONODR_SOURCE_DIR MONODR_BINARY_DIR

runexp experiments/ablation_rotation.toml --dry-run | grep -q '12 cells' ||
  { echo "the installed experiment is not found"; exit 1; }

# The tutorial as a script: what a block prints goes to a file, and the lines that are shown are
# looked for in it.
awk '
  /^```sh$/   { language = "sh"; print "exec > output.txt 2>&1"; next }
  /^```text$/ { language = "text"; next }
  /^```$/     { if (language == "sh") print "exec >&3 2>&3"; language = ""; next }
  /^```/      { language = "other"; next }
  language == "sh"   { print }
  language == "text" { line = $0; gsub(/\047/, "\047\\\047\047", line); print "expect \047" line "\047" }
' "$source/docs/tutorial.md" >"$work/tutorial.sh"
cat >"$work/begin.sh" <<'END'
set -eEu
exec 3>&1
trap 'echo "a command of the tutorial failed; it printed:" >&3; cat output.txt >&3' ERR
expect() {
  if ! grep -qF -- "$1" output.txt; then
    echo "the tutorial shows the line '$1', but what came out was:" >&3
    return 1
  fi
}
END
grep -q runexp "$work/tutorial.sh" || { echo "docs/tutorial.md holds no commands"; exit 1; }
cat "$work/begin.sh" "$work/tutorial.sh" >"$work/all.sh"
bash "$work/all.sh"
echo "the tutorial holds"
