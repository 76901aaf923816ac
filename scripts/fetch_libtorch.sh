#!/usr/bin/env bash
# Puts LibTorch 2.x into libtorch/ from the Python package `torch`, whose libraries and headers are a LibTorch. No
# root, no CUDA toolkit: the package brings its CUDA libraries; a driver is needed only to run on a GPU. CMake finds
# libtorch by itself.
#   scripts/fetch_libtorch.sh cpu|cuda [--version 2.8.0] [--dir libtorch] [pip options...]
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,5s/^# \{0,1\}//p' "$0"; exit "${1:-1}"; }
kind="${1:-}"; shift || true
case "$kind" in cpu | cuda) ;; -h | --help) usage 0 ;; *) usage ;; esac
version=2.8.0 dir=libtorch pip_options=()
while [ $# -gt 0 ]; do
  case "$1" in
    --version) version="$2"; shift 2 ;;
    --dir) dir="$2"; shift 2 ;;
    *) pip_options+=("$1"); shift ;;
  esac
done

python="${PYTHON:-python3}"
if ! "$python" -m pip --version > /dev/null 2>&1; then
  echo "fetch_libtorch: $python has no pip: apt-get install python3-pip (or set PYTHON to one that has)" >&2
  exit 1
fi
need_gb=4; [ "$kind" = cuda ] && need_gb=14
mkdir -p "$(dirname "$dir")"
free_gb=$(df -Pk "$(dirname "$dir")" | awk 'NR==2 {print int($4 / 1048576)}')
if [ "$free_gb" -lt "$need_gb" ]; then
  echo "fetch_libtorch: about $need_gb GB of free disk are needed while unpacking, there are $free_gb" >&2
  exit 1
fi

fetch() { "$python" -m pip install --no-cache-dir --quiet --target "$dir.partial" "$@" "${pip_options[@]}"; }
rm -rf "$dir.partial"
trap 'rm -rf "$dir.partial"' EXIT
if [ "$kind" = cpu ]; then
  # The processor-only build is published on PyTorch's own index alone.
  if ! fetch --no-deps --index-url https://download.pytorch.org/whl/cpu "torch==$version"; then
    echo "fetch_libtorch: PyTorch's index of processor-only builds cannot be reached; the CUDA build runs without" >&2
    echo "a GPU too: scripts/fetch_libtorch.sh cuda" >&2
    exit 1
  fi
else
  fetch "torch==$version"
fi

# What C++ needs: libraries, headers, the NVIDIA libraries beside them. The Python sources and compilers go.
find "$dir.partial" -mindepth 1 -maxdepth 1 ! -name torch ! -name nvidia ! -name cusparselt -exec rm -rf {} +
find "$dir.partial/torch" -mindepth 1 -maxdepth 1 ! -name lib ! -name include ! -name share -exec rm -rf {} +
if [ ! -e "$dir.partial/torch/lib/libtorch.so" ]; then
  echo "fetch_libtorch: the package has no libtorch.so; is this Linux on x86-64 or aarch64?" >&2
  exit 1
fi
rm -rf "$dir"
mv "$dir.partial" "$dir"
echo "LibTorch $version ($kind) is in $dir: $(du -sh "$dir" | cut -f1). Configure again: cmake --preset release"
