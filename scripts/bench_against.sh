#!/usr/bin/env bash
# Measures this working tree against an earlier commit of it, turn and turn about in one run.
#   scripts/bench_against.sh COMMIT [--turns 5] [--only pipeline,fill,metrics] [--frames FOLDER] [--threads 2]
# Both are built with the preset bench, COMMIT in a work tree of its own, build/against/<commit>, which is kept. Then
# each turn runs COMMIT and this tree, one after the other, the first of them changing from turn to turn:
#   pipeline  depthmill run --stages extract,fill over 24 generated frames: frames/s, and processor time a frame
#   fill      bench_levin over three generated frames and the pairs X.png, X_depth.png of FOLDER: processor time a fill
#   metrics   bench_metrics on a pair made for it: the eigen protocol, and all protocols once
# Printed are medians over the turns, and the median of the turns' own ratios: more than 1 = this tree is quicker.
# JOBS=N compiles N files at a time (2).
set -euo pipefail

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0"; }
[ $# -gt 0 ] || { usage >&2; exit 1; }
case "$1" in -h|--help) usage; exit 0 ;; esac
cd "$(dirname "$0")/.."
commit=$(git rev-parse --verify --quiet "$1^{commit}") ||
  { echo "bench_against.sh: '$1' is no commit of this repository" >&2; exit 1; }
shift
before=build/against/${commit:0:12}
[ -e "$before/.git" ] || { rm -rf "$before"; git worktree prune; git worktree add --quiet --detach "$before" "$commit"; }
for tree in "$before" .; do
  echo "building $tree"
  (cd "$tree"
   cmake --preset bench >build-bench.log 2>&1 || { cat build-bench.log >&2; exit 1; }
   targets="depthmill bench_metrics"
   ninja -C build/bench -t query bench_levin >/dev/null 2>&1 && targets+=" bench_levin"
   ninja -C build/bench -j "${JOBS:-2}" $targets >build-bench.log 2>&1 || { tail -n 40 build-bench.log >&2; exit 1; }
   rm -f build-bench.log)
done
exec python3 tests/bench/by_turns.py "$before" . "$@"
