#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# container.sh TREE: the container recipes do one thing, by one script; that and the other scripts of the cluster are sound as
# far as bash and, where it is there, shellcheck can tell.
set -euo pipefail
cd "$1"
fail() {
  echo "$1" >&2
  exit 1
}
for recipe in container/Dockerfile container/monodr.def; do
  grep -q '/opt/monodr/container/install$' "$recipe" || fail "$recipe does not run container/install"
  grep -qi '^from:\? debian:bookworm-slim$' "$recipe" || fail "$recipe does not start from Debian 12"
  grep -Eq '^ *(COPY )?\. /opt/monodr$' "$recipe" || fail "$recipe does not copy the tree"
  ! grep -q 'apt-get' "$recipe" || fail "$recipe installs packages of its own"
done
grep -q 'cmake/debian-packages.txt' container/install || fail "container/install has a list of its own"
[ -x container/install ] || fail "container/install cannot be run"
sh -n container/install
bash -n tests/runexp/slurm_cluster.sh
bash -n container/try
if command -v shellcheck >/dev/null; then
  shellcheck -x container/install container/try tests/runexp/slurm_cluster.sh tests/container.sh
else
  echo "shellcheck is absent"
fi
if command -v hadolint >/dev/null; then hadolint container/Dockerfile; fi
