#!/bin/sh
# A small job with an installed program: smoke PROGRAM; with SMOKE_NETWORKS=1 networks must run, too.
set -eu
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
case $program in */*) [ -e "$program" ] || program=$OLDPWD/$program ;; esac
say() { echo "smoke: $*"; }
fail() { echo "smoke: FAILED: $*" >&2; exit 1; }

"$program" --version | grep -q '^depthmill [0-9.]* (commit [0-9a-f]' || fail "--version says no commit"
"$program" fill --help | grep -q -- --alpha || fail "no help"
"$program" --complete evaluate --protocol lain | grep -qx laina || fail "protocols are not found beside the program"
"$program" sample --out raw --scenes 1 --frames 3 --quiet
"$program" run --raw raw --stages extract,fill --out run --depth-format h5 --quiet
"$program" verify run >/dev/null || fail "verify finds something"
"$program" evaluate --pred run --pred-plane depth --gt run --gt-plane raw_depth --protocol eigen --out scores --quiet ||
  fail "evaluate"
[ -s scores/metrics/summary.csv ] || fail "no scores"
# A picture through OpenCV's codecs, which lie in a module: a BMP of 2 x 2 pixels.
mkdir pictures
printf 'BM\106\000\000\000\000\000\000\000\066\000\000\000\050\000\000\000\002\000\000\000\002\000\000\000\001\000\030\000\000\000\000\000\020\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\001\002\003\004\005\006\000\000\007\010\011\012\013\014\000\000' >pictures/a.bmp
printf 'Pf\n2 2\n-1.0\n\000\000\200\077\000\000\000\000\000\000\200\077\000\000\200\077' >hole.pfm
"$program" fill --rgb pictures/a.bmp --depth hole.pfm --out filled.npy || fail "fill under a BMP"
[ -s filled.npy ] || fail "nothing was filled"
# Depth of a renderer, through OpenEXR's: 6 x 5 pixels from 0.5 m on.
base64 -d >depth.exr <<'END'
di8xAQIAAABjaGFubmVscwBjaGxpc3QAEwAAAFoAAgAAAAAAAAABAAAAAQAAAABjb21wcmVzc2lvbgBjb21wcmVzc2lvbgABAAAA
A2RhdGFXaW5kb3cAYm94MmkAEAAAAAAAAAAAAAAABAAAAAUAAABkaXNwbGF5V2luZG93AGJveDJpABAAAAAAAAAAAAAAAAQAAAAF
AAAAbGluZU9yZGVyAGxpbmVPcmRlcgABAAAAAHBpeGVsQXNwZWN0UmF0aW8AZmxvYXQABAAAAAAAgD9zY3JlZW5XaW5kb3dDZW50
ZXIAdjJmAAgAAAAAAAAAAAAAAHNjcmVlbldpbmRvd1dpZHRoAGZsb2F0AAQAAAAAAIA/AB0BAAAAAAAAAAAAAFAAAAB4XmNoaFiQ
cMDhgQIDg8AHhQcGFxwOBGxIWFAwoaGho2JCwYyMBQkrIjYE7PA44HDC4oLBDY0HCi8kPgj84GBgYPmz3xE7POBAEAIAT/M5wQ==
END
"$program" fill --rgb depth.exr:Q --depth depth.exr --method none --out exr.npy 2>no.txt && fail "a colour that is not there"
grep -q 'has no one layer of this name; its channels are Z' no.txt || { cat no.txt; fail "the channels of an EXR"; }
"$program" evaluate --pred depth.exr --gt depth.exr --protocol eigen-nocrop >exr.txt || fail "an EXR"
"$program" info >info.txt || fail "info"
if [ "${SMOKE_NETWORKS:-}" = 1 ]; then
  grep -q '^LibTorch *[0-9]' info.txt || { cat info.txt; fail "no LibTorch"; }
  "$program" infer --model sd-convtrans-small --images run --out pred --quiet || fail "infer"
  "$program" infer --model sd-convtrans-small --images pictures --out small --quiet || fail "infer of a BMP"
  "$program" evaluate --pred pred --gt run --protocol eigen --out pred --quiet || fail "evaluate"
  "$program" baseline mean --gt run --out mean.pt && "$program" infer --model mean.pt --images run --out mean --quiet ||
    fail "TorchScript"
  say "networks run: $(sed -n 's/^LibTorch *//p' info.txt), $(sed -n 's/^devices *//p' info.txt)"
else
  code=0
  "$program" infer --model sd-convtrans-small --images run --out pred --quiet 2>no.txt || code=$?
  [ $code -ne 0 ] && grep -qi libtorch no.txt || { cat no.txt; fail "infer without a LibTorch does not say so"; }
fi
say "all well"
