#!/usr/bin/env bash
# Installs every Debian 12 package that depthmill builds, runs and tests with.
#   scripts/setup.sh            install what is missing (root, or through sudo)
#   scripts/setup.sh --check    only say what is missing; exit 1 when something is
#   scripts/setup.sh --bench    also what the benchmarks need: UMFPACK, CHOLMOD, KLU and hypre, which the fill is timed against
#   scripts/setup.sh --packages also what scripts/package.sh makes packages with and their tests need
#   scripts/setup.sh --slurm    also a Slurm for tests/e2e/slurm_test.py, of which no service is started
#   scripts/setup.sh --latex    also LaTeX for tests/e2e/latex_test.py, which compiles a report's tables
#   scripts/setup.sh --no-torch leave LibTorch out (infer will then explain itself)
#   scripts/setup.sh --libtorch cpu|cuda  LibTorch 2.x into libtorch/ in place of Debian's 1.13 (fetch_libtorch.sh)
set -euo pipefail

usage() { sed -n '2,10s/^# \{0,1\}//p' "$0"; }

packages=(
  g++ cmake ninja-build ccache git pkg-config
  libopencv-dev libhdf5-dev libmatio-dev zlib1g-dev
  libzip-dev                 # checkpoints are zip archives
  libjpeg-dev                # what OpenCV reads JPEG with, asked directly so that its warnings are heard
  libopenexr-dev             # the files of renderers
  libxxhash-dev              # what a result was made from
  libisal-dev                # inflates pictures several times as fast as zlib
  libdeflate-dev             # deflates them, to the same bytes on every processor
  libeigen3-dev libtbb-dev libboost-program-options-dev
  libopenblas-dev            # LibTorch's linear layers: the reference BLAS is five times slower
  libgtest-dev libgmock-dev
  # The tools of others, which tests compare with: readers of what is written, and the resize kernels of model cards.
  python3-numpy python3-h5py python3-scipy python3-pil python3-opencv
  clang-format-14            # .ci/run's format check
  mandoc                     # reads the man pages as strictly as man pages are read
)
torch_packages=(libtorch-dev python3-torch)
bench_packages=(libsuitesparse-dev libhypre-dev)
package_packages=(patchelf dpkg-dev make libpng-dev libtiff-dev libwebp-dev debootstrap)
latex_packages=(texlive-latex-base texlive-latex-recommended)
slurm_packages=(slurmctld slurmd slurm-client munge)

# Debian starts a service that it installs unless this file says no.
no_services() {
  if [ ! -e /usr/sbin/policy-rc.d ] && [ -w /usr/sbin ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
}

check_only=0 fetch=""
while [ $# -gt 0 ]; do
  case "$1" in
    --check) check_only=1 ;;
    --bench) packages+=("${bench_packages[@]}") ;;
    --packages) packages+=("${package_packages[@]}") ;;
    --latex) packages+=("${latex_packages[@]}") ;;
    --slurm) packages+=("${slurm_packages[@]}"); no_services ;;
    --no-torch) torch_packages=() ;;
    --libtorch)
      case "${2:-}" in cpu | cuda) ;; *) echo "setup.sh: --libtorch takes cpu or cuda" >&2; exit 1 ;; esac
      fetch="$2" torch_packages=(python3-torch)
      shift ;;
    -h|--help) usage; exit 0 ;;
    *) echo "setup.sh: unknown argument '$1'" >&2; usage >&2; exit 1 ;;
  esac
  shift
done

# The last step, packages being there.
fetch_libtorch() {
  if [ -n "$fetch" ] && [ $check_only -eq 0 ]; then "$(dirname "$0")/fetch_libtorch.sh" "$fetch"; fi
}

if ! command -v apt-get >/dev/null; then
  echo "setup.sh: this script is for Debian 12 and its derivatives (no apt-get here)." >&2
  echo "Install the equivalents of: ${packages[*]} ${torch_packages[*]-}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}" ${torch_packages[@]+"${torch_packages[@]}"}; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: every package is installed"
  fetch_libtorch
  exit 0
fi
echo "setup: missing ${missing[*]}"
[ $check_only -eq 0 ] || exit 1

run=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    run=(sudo)
  else
    echo "setup.sh: you are not root and sudo is not usable here. Ask an administrator to run:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
fi
${run[@]+"${run[@]}"} apt-get update -qq || { echo "setup.sh: apt-get update failed: is the network up?" >&2; exit 1; }
${run[@]+"${run[@]}"} env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
  { echo "setup.sh: apt-get install failed (see above)" >&2; exit 1; }
echo "setup: installed ${#missing[@]} packages"
fetch_libtorch
