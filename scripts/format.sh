#!/usr/bin/env bash
# Formats the sources; with --check only says which files differ (exit 1 when some do).
set -euo pipefail
cd "$(dirname "$0")/.."
clang_format=$(command -v clang-format-14 || command -v clang-format)
mapfile -t files < <(git ls-files '*.cpp' '*.h')
if [ "${1:-}" = --check ]; then
  "$clang_format" --dry-run -Werror "${files[@]}" && echo "format: ${#files[@]} files are as clang-format has them"
else
  "$clang_format" -i "${files[@]}"
fi
