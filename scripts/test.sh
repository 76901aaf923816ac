#!/usr/bin/env bash
# Sets up, builds and passes the tests: scripts/test.sh [ctest options...]
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/build.sh dev
ctest --preset dev -j "$(nproc)" "$@"
