#!/usr/bin/env bash
# Everything that only a GPU can tell, in under 12 minutes, on a machine that has Python with torch and CUDA and nothing
# else: no root, no compiler, no pip. Results of GPU and processor compared, a training step in mixed precision, images a
# second of three networks against a plain Python loop, in one table and one JSON.
#   scripts/gpu_check.sh [--out DIR] [--minutes 11] [--wheel FILE] [--rehearse]
# The wheel (scripts/package.sh wheel --torch FOLDER, of that machine's version of torch) is the one in dist/ unless
# --wheel names another. PYTHON: which Python (default: python3). --rehearse does all of it on the processor, small.
# Every step has a time limit; one that fails says so in the table and stops no other. Exit code 0: every step went well.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-}
for one in "$python" python3 python; do
  [ -n "$one" ] && command -v "$one" >/dev/null && "$one" -c 'import torch' 2>/dev/null && exec "$one" "$here/packages/gpu_check.py" "$@"
done
echo "gpu_check: no Python here has torch; PYTHON=... names one that has" >&2
exit 1
