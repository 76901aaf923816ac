#!/usr/bin/env bash
# Sets up, builds and passes the tests: scripts/test.sh [ctest options...]
# They run on the release, the program that users run; asserts are on in the presets dev and asan.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/build.sh release -DDEPTHMILL_TESTS=ON -DDEPTHMILL_WERROR=ON
ctest --preset release -j "$(nproc)" "$@"
