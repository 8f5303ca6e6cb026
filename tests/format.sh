#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# format.sh TREE: fails where a source is not formatted. Another clang-format than 14 breaks lines elsewhere.
set -euo pipefail
for formatter in clang-format-14 clang-format; do
  "$formatter" --version 2>/dev/null | grep -q 'version 14\.' && break
  formatter=
done
if [ -z "$formatter" ]; then
  echo "clang-format 14 is absent"
  [ "${CI:-}" != true ] || exit 1
  exit 77
fi
cd "$1"
find core plugins tests bench -name '*.h' -o -name '*.cpp' | xargs "$formatter" --dry-run --Werror
