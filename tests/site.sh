#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# site.sh TREE: builds the site and looks for a page of the docs, one of the reference and a link between them.
set -euo pipefail
command -v doxygen >/dev/null || { echo "doxygen is absent"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1/docs/build-site" "$folder/site"
test -s "$folder/site/index.html"
grep -ql "Architecture" "$folder"/site/*.html
grep -ql "GradientEstimator" "$folder"/site/*.html
