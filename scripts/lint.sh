#!/usr/bin/env bash
# clang-tidy over the sources of the dev build: scripts/lint.sh [file...]
set -euo pipefail
cd "$(dirname "$0")/.."
[ -f build/dev/compile_commands.json ] || scripts/build.sh dev
files=("$@")
[ ${#files[@]} -gt 0 ] || mapfile -t files < <(git ls-files 'pipeline/*.cpp' 'stages/*.cpp' 'colorization/*.cpp' 'metrics/*.cpp')
clang-tidy -p build/dev --quiet "${files[@]}"
