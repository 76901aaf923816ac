#!/usr/bin/env bash
# Makes a package of the program: scripts/package.sh KIND [--out DIR] [--torch FOLDER,...]
#   tar        depthmill-VERSION-linux-x86_64.tar.gz: unpack it anywhere and run bin/depthmill
#   wheel      depthmill-VERSION-py3-none-manylinux_*.whl: pip install it, best into an environment that has torch
#   deb        depthmill_*.deb and depthmill-torch_*.deb, for Debian 12 with Debian's libraries
#   docker     a folder to build an image from: Dockerfile and wheel
#   apptainer  the same with depthmill.def
# tar and wheel carry their libraries (scripts/packages/libraries.sh) and one module of engines for every LibTorch that
# --torch names: folders with include/ and lib/libtorch.so, such as site-packages/torch; `pip install --target` makes
# one. Without it they carry none, and the commands that run a network say so. What they need of the system is glibc,
# libstdc++ and libgcc of at least the versions that the script prints, and a processor with AVX2.
# Packages go to dist/ (--out); builds to build/package*. JOBS: compilers at a time (default: cores).
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,13s/^# \{0,1\}//p' "$0"; }
fail() { echo "package: $*" >&2; exit 1; }

kind=${1:-}
case $kind in
  tar | wheel | deb | docker | apptainer) shift ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 1 ;;
esac
out=dist torches=()
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=${2:?package: --out needs a folder}; shift ;;
    --torch) IFS=, read -ra torches <<<"${2:?package: --torch needs a folder}"; shift ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift
done
for tool in patchelf objdump python3; do
  command -v "$tool" >/dev/null || fail "there is no $tool (scripts/setup.sh --packages)"
done
mkdir -p "$out"
out=$(cd "$out" && pwd)
jobs=${JOBS:-$(nproc)}
version=$(sed -n 's/^project(depthmill VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)

configured() { # FOLDER TARGETS... -- cmake options: configures and builds the release there
  local folder=$1 targets=()
  shift
  while [ "$1" != -- ]; do targets+=("$1"); shift; done
  shift
  cmake --preset release -B "$folder" -DDEPTHMILL_TESTS=OFF -DDEPTHMILL_BENCH=OFF "$@" >"$folder.log" 2>&1 &&
    cmake --build "$folder" -j "$jobs" --target "${targets[@]}" >>"$folder.log" 2>&1 ||
    { tail -20 "$folder.log" >&2; fail "the build failed: $folder.log"; }
}

# A folder with include/ and lib/ of a torch package, less its CUDA libraries: a module that names none of them runs with
# the package's CUDA build and its processor-only build alike.
without_cuda() { # TORCH FOLDER
  rm -rf "$2"
  mkdir -p "$2/lib"
  ln -s "$(realpath "$1")/include" "$2/include"
  ln -s "$(realpath "$1")"/lib/{libtorch,libtorch_cpu,libc10}.so "$2/lib/"
  [ ! -d "$1/share" ] || ln -s "$(realpath "$1")/share" "$2/share"
}

torch_version() { # FOLDER -> 2.8
  local header=$1/include/torch/headeronly/version.h  # since 2.9
  [ -e "$header" ] || header=$1/include/torch/csrc/api/include/torch/version.h
  { [ -e "$1/lib/libtorch.so" ] && [ -e "$header" ]; } || fail "--torch: no lib/libtorch.so or no headers in $1"
  sed -n 's/^#define TORCH_VERSION_\(MAJOR\|MINOR\) //p' "$header" | paste -sd.
}

# The tree that is packed: build/package/tree, with bin, lib, share, and every library that a bare system may lack.
make_tree() {
  local libraries tree=build/package/tree torch
  for torch in ${torches[@]+"${torches[@]}"}; do torch_version "$torch" >/dev/null; done  # before anything is built
  libraries=$(JOBS=$jobs scripts/packages/libraries.sh)
  local options=(-DDEPTHMILL_HDF5_LIBRARY="$libraries/lib/libhdf5.so")
  mkdir -p build
  echo "package: building the program" >&2
  configured build/package depthmill_exe depthmill_opencv_codecs depthmill_exr_codec -- -DDEPTHMILL_WITH_TORCH=OFF "${options[@]}"
  rm -rf "$tree"
  cmake --install build/package --component program --prefix "$tree" >/dev/null
  for torch in ${torches[@]+"${torches[@]}"}; do
    local minor folder
    minor=$(torch_version "$torch")
    folder=build/package-torch-$minor
    echo "package: building the engines for LibTorch $minor" >&2
    mkdir -p "$folder"
    without_cuda "$torch" "$folder/torch"
    configured "$folder" depthmill_torch_engines -- -DDEPTHMILL_LIBTORCH="$PWD/$folder/torch" "${options[@]}"
    install -D "$folder/lib/depthmill/engines/torch-$minor.so" "$tree/lib/depthmill/engines/torch-$minor.so"
  done
  python3 scripts/packages/bundle.py "$tree" "$libraries/lib"
}

make_tar() {
  make_tree >"build/package-needs.txt"
  local name=depthmill-$version-linux-x86_64
  rm -rf "build/package/$name"
  cp -r build/package/tree "build/package/$name"
  # The same commit gives the same bytes.
  tar -C build/package --owner=0 --group=0 --sort=name --mtime="@$(git log -1 --format=%ct 2>/dev/null || echo 0)" -cf - "$name" |
    gzip -n >"$out/$name.tar.gz.partial"
  mv "$out/$name.tar.gz.partial" "$out/$name.tar.gz"
  rm -rf "build/package/$name"
  echo "$out/$name.tar.gz"
}

make_wheel() {
  make_tree >"build/package-needs.txt"
  python3 scripts/packages/wheel.py build/package/tree "$version" "$(sed -n 's/^manylinux //p' build/package-needs.txt)" "$out"
}

make_deb() {
  echo "package: building with Debian's libraries" >&2
  mkdir -p build
  configured build/package-deb all -- -DDEPTHMILL_LIBTORCH=OFF -DCMAKE_INSTALL_PREFIX=/usr
  (cd build/package-deb && cpack -G DEB -B "$out" >cpack.log 2>&1) || { tail build/package-deb/cpack.log >&2; fail "cpack"; }
  rm -rf "$out/_CPack_Packages"
  ls "$out"/depthmill*_"$version"*.deb
}

make_image() { # RECIPE: a folder with the recipe and the wheel that it copies
  local folder=$out/$kind
  rm -rf "$folder"
  mkdir -p "$folder"
  out=$folder make_wheel >/dev/null
  install -m 644 "scripts/packages/$1" "$folder/"
  echo "$folder"
}

case $kind in
  tar) make_tar ;;
  wheel) make_wheel ;;
  deb) make_deb ;;
  docker) make_image Dockerfile ;;
  apptainer) make_image depthmill.def ;;
esac
[ ! -s build/package-needs.txt ] || [ "$kind" = deb ] || sed 's/^/package: needs /' build/package-needs.txt >&2
