#!/usr/bin/env bash
# Sets up, builds and runs the main job on generated scenes: raw Kinect frames in, filled depth, predictions of the
# mean baseline and of SD-ConvTrans (small, its weights are shipped), metrics, tables and pictures out.
# scripts/demo.sh [FOLDER], default demo/
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-demo}
scripts/setup.sh
scripts/build.sh release -DDEPTHMILL_TESTS=OFF
depthmill=build/release/bin/depthmill

rm -rf "$out"
echo "== 1. generated raw scenes: a set to fit the baseline on, another to test it on"
$depthmill sample --out "$out/raw_train" --scenes 6 --frames 4 --seed 1
$depthmill sample --out "$out/raw_test" --scenes 3 --frames 4 --seed 2
echo "== 2. training scenes: extract and fill, then fit the mean-depth-map baseline"
$depthmill run --config configs/default.ini --raw "$out/raw_train" --stages extract,fill --out "$out/train"
$depthmill baseline mean --gt "$out/train" --out "$out/mean.pt"
echo "== 3. the main job on the test scenes, with the baseline and with SD-ConvTrans (small)"
$depthmill run --config configs/default.ini --raw "$out/raw_test" --model "$out/mean.pt" \
  --protocol eigen,laina,sd-convtrans --out "$out/run"
$depthmill infer --model sd-convtrans-small --images "$out/run" --out "$out/sd_convtrans"
$depthmill evaluate --pred "$out/sd_convtrans" --gt "$out/run" --protocol eigen,laina,sd-convtrans \
  --out "$out/sd_convtrans"
echo "== 4. both in one table"
$depthmill report --metrics "$out/run=Mean depth map,$out/sd_convtrans=SD-ConvTrans (small)" \
  --format csv,markdown,latex,html --out "$out/report"
echo
echo "table, page and pictures of both: $out/report; of the main job: $out/run/report (run folders: $out/run,"
echo "$out/sd_convtrans)"
