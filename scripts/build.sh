#!/usr/bin/env bash
# Configures and builds one preset: scripts/build.sh [dev|release|bench|asan|tsan|fuzz] [cmake options...]
# TARGET=unit_tests builds what the sanitizers run; the default is everything.
# The release preset is for x86-64-v3 (AVX2, FMA); on an older processor this falls back to plain x86-64.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
[ $# -eq 0 ] || shift
extra=()
if [ "$preset" = release ] || [ "$preset" = bench ]; then
  grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo && grep -qw bmi2 /proc/cpuinfo ||
    { echo "build: no AVX2 here, building for plain x86-64"; extra+=(-DDEPTHMILL_X86_64_V3=OFF); }
fi
cmake --preset "$preset" ${extra[@]+"${extra[@]}"} "$@" >"build-$preset.log" 2>&1 ||
  { cat "build-$preset.log" >&2; exit 1; }
sed -n '/^CMake Warning/,/^$/p; /-- depthmill /,/tests, bench/p' "build-$preset.log"
rm -f "build-$preset.log"
cmake --build --preset "$preset" --target "${TARGET:-all}"
