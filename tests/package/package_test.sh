#!/usr/bin/env bash
# Makes a package, installs it in a clean Debian 12 and lets it do a small job there: package_test.sh KIND
# Asked for with DEPTHMILL_PACKAGES=1; else skipped (77), as without root, debootstrap or a network.
#   DEPTHMILL_PACKAGE_TORCH   for tar, wheel, docker, apptainer: what scripts/package.sh --torch takes
#   DEPTHMILL_PACKAGE_MADE    a folder of packages that were made before, in place of making one
#   DEPTHMILL_PACKAGE_PIP     for docker, apptainer: the torch that pip installs (default torch==2.11.*)
set -euo pipefail
kind=$1
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*" >&2; exit 1; }

[ "${DEPTHMILL_PACKAGES:-}" = 1 ] || skip "packages take minutes: set DEPTHMILL_PACKAGES=1"
[ "$(id -u)" = 0 ] || skip "a root for a package is made by root only"
command -v debootstrap >/dev/null || skip "there is no debootstrap (apt-get install debootstrap)"

cache=${DEPTHMILL_PACKAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/depthmill/packages}
scratch=$(mktemp -d)
root=$scratch/root
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf "$scratch"' EXIT

clean_root() {
  if [ ! -e "$cache/bookworm/.whole" ]; then
    rm -rf "$cache/bookworm"
    debootstrap --variant=minbase bookworm "$cache/bookworm" http://deb.debian.org/debian >/dev/null
    touch "$cache/bookworm/.whole"
  fi
  cp -a "$cache/bookworm" "$root"
  cp /etc/resolv.conf "$root/etc/"
  # Where this machine's pip goes through a proxy with a certificate of its own, so does the one inside.
  if [ -e "${PIP_CERT:-}" ]; then
    cp "$PIP_CERT" "$root/etc/pip-certificates.pem"
    printf '[global]\ncert = /etc/pip-certificates.pem\n' >"$root/etc/pip.conf"
  fi
  mount -t proc proc "$root/proc"
  chroot "$root" useradd --create-home someone
  install -m 755 "$here/smoke.sh" "$root/usr/local/bin/smoke"
}
inside() { chroot "$root" /usr/bin/env -i LANG=C.UTF-8 PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
as_someone() { inside su someone -c "cd && $*"; }

# A program that carries its libraries needs nothing else of the system, and no GDAL, Qt or Python.
carries_its_libraries() { # FOLDER inside
  as_someone "find $1 -path '*depthmill*' \( -name '*.so*' -o -name depthmill -type f \) -exec sh -c 'ldd \$1 2>/dev/null || true' _ {} \;" |
    sed -n 's/^\t\(lib[^ ]*\).*/\1/p' | sort -u >"$scratch/needed"
  ! grep -E 'libgdal|libQt|libgtk|libX11|libGL|libpython|libcurl|libcrypto' "$scratch/needed" || fail "the package leans on these"
}

clean_root
torch=${DEPTHMILL_PACKAGE_TORCH:-}
if [ -n "${DEPTHMILL_PACKAGE_MADE:-}" ]; then
  cp -r "$DEPTHMILL_PACKAGE_MADE" "$scratch/out"
else
  "$top/scripts/package.sh" "$kind" --out "$scratch/out" ${torch:+--torch "$torch"}
fi
case $kind in
  tar)
    as_someone "mkdir 'a folder'"
    cp "$scratch"/out/*.tar.gz "$root/home/someone/"
    as_someone "tar -C 'a folder' -xzf depthmill-*.tar.gz && mv 'a folder'/depthmill-* 'a folder/elsewhere'"
    carries_its_libraries "'a folder'"
    as_someone "smoke 'a folder/elsewhere/bin/depthmill'"
    ;;
  wheel)
    inside apt-get update -qq
    inside env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    cp "$scratch"/out/*.whl "$root/home/someone/"
    as_someone "python3 -m venv env && env/bin/pip install -q --no-index depthmill-*.whl"
    carries_its_libraries env
    as_someone "smoke env/bin/depthmill"
    as_someone "env/bin/pip uninstall -q -y depthmill && ! find env -path '*depthmill*' -type f | grep ." || fail "pip leaves files"
    ;;
  deb)
    cp "$scratch"/out/*.deb "$root/tmp/"
    inside apt-get update -qq
    inside env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get install -y -qq --no-install-recommends /tmp/*.deb' >/dev/null
    as_someone "SMOKE_NETWORKS=1 smoke depthmill"
    inside env DEBIAN_FRONTEND=noninteractive apt-get purge -y -qq depthmill depthmill-torch >/dev/null
    [ -z "$(find "$root/usr" -path '*depthmill*' ! -path '*/local/*')" ] || fail "purge leaves files"
    ;;
  docker | apptainer)
    recipe=("$scratch/out/$kind"/Dockerfile "$scratch/out/$kind"/*.def)
    [ -e "${recipe[0]}" ] || recipe=("${recipe[1]}")
    python3 "$here/run_recipe.py" "${recipe[0]}" "$root" --arg "TORCH=${DEPTHMILL_PACKAGE_PIP:-torch==2.11.*}" \
      --then "SMOKE_NETWORKS=${torch:+1} smoke depthmill"
    ;;
esac
echo "package $kind: installed and run"
