#!/usr/bin/env bash
# Builds the libraries that a package for any Linux carries, from Debian's source packages, without what Debian's own
# builds bring along: OpenCV without GDAL, Qt and video (its core, imgproc, and the codecs of PNG, JPEG, TIFF, WebP), HDF5
# without libcurl, libzip without OpenSSL. Shared, because program and modules pass cv::Mat between them and count threads
# together. About ten minutes on four cores, once: the result is kept.
#   scripts/packages/libraries.sh        builds what is missing and prints the folder
# DEPTHMILL_PACKAGE_CACHE: where it is kept (default ~/.cache/depthmill/packages). JOBS: compilers at a time (default: cores).
set -euo pipefail

cache=${DEPTHMILL_PACKAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/depthmill/packages}
jobs=${JOBS:-$(nproc)}
prefix=$cache/libraries
work=$cache/sources
mkdir -p "$work" "$prefix"
exec 9>"$cache/lock"
flock 9

log() { echo "libraries: $*" >&2; }
fail() { log "$*"; exit 1; }

# Source packages are fetched with lists of our own: the machine's stay as they are.
apt_options=(-o "Dir::Etc::sourcelist=$work/source.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists"
             -o APT::Get::List-Cleanup=0)
fetch_source() { # NAME: unpacks Debian's source package NAME into $work/NAME
  [ ! -d "$work/$1" ] || return 0
  if [ ! -e "$work/source.list" ]; then
    mkdir -p "$work/lists/partial"
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main" \
      >"$work/source.list"
    apt-get "${apt_options[@]}" update -qq >&2 || { rm "$work/source.list"; fail "apt-get update failed"; }
  fi
  rm -rf "$work/$1.partial"
  mkdir "$work/$1.partial"
  (cd "$work/$1.partial" && apt-get "${apt_options[@]}" source -qq "$1" >&2) || fail "apt-get source $1 failed"
  mv "$work/$1.partial"/*/ "$work/$1"
  rm -rf "$work/$1.partial"
}

# NAME VERSION-OF-THE-OPTIONS cmake|configure options...: configures, builds and installs; a stamp says that it is there.
build() {
  local name=$1 stamp=$prefix/.$1-$2 kind=$3
  shift 3
  [ ! -e "$stamp" ] || return 0
  fetch_source "$name"
  log "building $name with $jobs jobs (log: $work/$name.log)"
  rm -rf "$work/build-$name"
  mkdir "$work/build-$name"
  "with_$kind" "$name" "$@" >"$work/$name.log" 2>&1 || { tail -20 "$work/$name.log" >&2; fail "$name: see $work/$name.log"; }
  rm -rf "$work/build-$name"
  touch "$stamp"
}
with_cmake() {
  local name=$1
  shift
  cmake -G Ninja -S "$work/$name" -B "$work/build-$name" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix" \
    -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=ON "$@" &&
    cmake --build "$work/build-$name" -j "$jobs" && cmake --install "$work/build-$name"
}
with_configure() {
  local name=$1
  shift
  (cd "$work/build-$name" && "$work/$name/configure" --prefix="$prefix" "$@" && make -j "$jobs" && make install)
}

off() { printf -- '-D%s=OFF ' "$@"; }

# arc4random is new in glibc 2.36: without it the result runs with older ones, too.
build libzip 2 cmake -DHAVE_ARC4RANDOM=0 $(off ENABLE_COMMONCRYPTO ENABLE_GNUTLS ENABLE_MBEDTLS ENABLE_OPENSSL ENABLE_BZIP2 ENABLE_LZMA ENABLE_ZSTD \
                     BUILD_TOOLS BUILD_REGRESS BUILD_EXAMPLES BUILD_DOC)
build hdf5 1 configure --enable-build-mode=production --with-zlib --enable-shared --disable-static --without-szlib \
  --disable-hl --disable-cxx --disable-fortran --disable-java --disable-tools --disable-tests --disable-ros3-vfd --enable-threadsafe
# Debian's choice of instructions, so that both read and resize pictures with the same code.
build opencv 1 cmake -DBUILD_LIST=core,imgproc,imgcodecs -DWITH_TBB=ON -DCPU_BASELINE=SSE2 \
  "-DCPU_DISPATCH=SSE4_1;SSE4_2;AVX;FP16;AVX2;AVX512_SKX" -DWITH_PNG=ON -DWITH_JPEG=ON -DWITH_TIFF=ON -DWITH_WEBP=ON \
  $(off WITH_GDAL WITH_GDCM WITH_OPENEXR WITH_OPENJPEG WITH_JASPER WITH_IMGCODEC_HDR WITH_IMGCODEC_SUNRASTER \
        WITH_FFMPEG WITH_GSTREAMER WITH_V4L WITH_1394 WITH_GTK WITH_QT WITH_OPENGL WITH_VTK WITH_OPENCL WITH_IPP WITH_ITT \
        WITH_LAPACK WITH_EIGEN WITH_PROTOBUF WITH_ADE WITH_QUIRC WITH_VA WITH_VA_INTEL BUILD_PROTOBUF BUILD_ZLIB BUILD_PNG \
        BUILD_JPEG BUILD_TIFF BUILD_WEBP BUILD_TBB BUILD_TESTS BUILD_PERF_TESTS BUILD_EXAMPLES BUILD_opencv_apps BUILD_JAVA \
        BUILD_opencv_python2 BUILD_opencv_python3 BUILD_DOCS)
echo "$prefix"
