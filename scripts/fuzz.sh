#!/usr/bin/env bash
# Every parser of outside bytes against libFuzzer (clang): scripts/fuzz.sh [SECONDS [REGEX]], 600 seconds each.
# New inputs are kept in build/fuzz/found/<target>; a finding lies there as crash-*, and the exit code is 1.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600} regex=${2:-.}
command -v clang++ >/dev/null || { echo "fuzz.sh: clang++ is not here: apt-get install clang libclang-rt-14-dev" >&2; exit 1; }
cmake --preset fuzz >/dev/null
mapfile -t targets < <(ninja -C build/fuzz -t targets all | sed -n 's/^\(fuzz_[a-z_0-9]*\): phony$/\1/p' | sort -u | grep -E "$regex")
cmake --build --preset fuzz --target "${targets[@]}"

fuzz() {
  local target=$1 found=build/fuzz/found/$1
  mkdir -p "$found"
  if build/fuzz/tests/fuzz/"$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 \
    -artifact_prefix="$found/" "$found" "tests/fuzz/corpus/$target" >"$found.log" 2>&1; then
    echo "$target: nothing in $(sed -n 's/^stat::number_of_executed_units: *//p' "$found.log") inputs, $seconds s"
  else
    echo "$target: FOUND something, see $found.log"
    return 1
  fi
}
export -f fuzz
export seconds
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz {}' || exit 1
