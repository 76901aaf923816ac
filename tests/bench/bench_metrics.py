#!/usr/bin/env python3
"""Times the eigen protocol on one 480x640 pair: this project against NumPy, one core each, in the same run.

usage: bench_metrics.py PATH/TO/bench_metrics [REPEATS]

The NumPy side is the usual evaluation function of the literature: boolean indexing, float32, one expression a
metric. Reading and writing files is outside both timings. Both sides take turns, ROUNDS times; of each turn the least
of REPEATS counts, of the turns the median. Prints both times, the median of their ratios, and how far the numbers are
apart (NumPy repeated in float64 for that).
"""
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pathlib
import subprocess
import sys
import tempfile
import time
from statistics import median

import numpy as np

ROWS, COLS = 480, 640
ROUNDS = 9


def make_pair(seed=1):
    """A smooth room-like ground truth in whole millimetres with 8 % holes, a prediction with 10 % noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:ROWS, 0:COLS]
    gt = 1.0 + 6.0 * y / ROWS + 0.8 * np.sin(x / 57.0) * np.cos(y / 43.0)
    pred = (gt * np.exp(rng.normal(0, 0.1, gt.shape))).astype(np.float32)
    gt = (np.round(gt * 1000) / 1000).astype(np.float32)
    gt[rng.random(gt.shape) < 0.08] = 0
    return pred, gt


def eigen(pred, gt, kind=np.float32):
    pred, gt = pred.astype(kind), gt.astype(kind)
    pred[pred < 1e-3] = 1e-3
    pred[pred > 10] = 10
    pred[np.isinf(pred)] = 10
    pred[np.isnan(pred)] = 1e-3
    valid = np.logical_and(gt > 1e-3, gt < 10)
    crop = np.zeros(valid.shape)
    crop[45:471, 41:601] = 1
    valid = np.logical_and(valid, crop)
    gt, pred = gt[valid], pred[valid]

    ratio = np.maximum(gt / pred, pred / gt)
    d1 = (ratio < 1.25).mean()
    d2 = (ratio < 1.25**2).mean()
    d3 = (ratio < 1.25**3).mean()
    rmse = np.sqrt(((gt - pred) ** 2).mean())
    rmse_log = np.sqrt(((np.log(gt) - np.log(pred)) ** 2).mean())
    abs_rel = np.mean(np.abs(gt - pred) / gt)
    sq_rel = np.mean(((gt - pred) ** 2) / gt)
    err = np.log(pred) - np.log(gt)
    silog = np.sqrt(np.mean(err**2) - np.mean(err) ** 2) * 100
    log10 = np.mean(np.abs(np.log10(pred) - np.log10(gt)))
    return dict(silog=silog, abs_rel=abs_rel, log10=log10, rmse=rmse, sq_rel=sq_rel, rmse_log=rmse_log,
                d1=d1, d2=d2, d3=d3)


def main():
    program = sys.argv[1]
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    protocols = pathlib.Path(__file__).resolve().parents[2] / "configs" / "protocols"
    pred, gt = make_pair()

    ours, times, count = {}, {}, "?"
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        pred.tofile(folder + "/pred.f32")
        gt.tofile(folder + "/gt.f32")
        for _ in range(ROUNDS):
            best = []
            for _ in range(repeats):
                start = time.perf_counter()
                eigen(pred, gt)
                best.append(time.perf_counter() - start)
            seconds.append(min(best))
            out = subprocess.run([program, folder + "/pred.f32", folder + "/gt.f32", str(ROWS), str(COLS),
                                  str(protocols), str(repeats)], check=True, capture_output=True, text=True).stdout
            for line in out.splitlines():
                kind, *rest = line.split()
                if kind == "protocols":
                    count = rest[0]
                elif kind == "value":
                    ours[rest[0]] = float(rest[1])
                else:
                    times.setdefault(rest[0], []).append(float(rest[1]))

    double = eigen(pred, gt, np.float64)
    single = eigen(pred, gt)
    double.update({k: single[k] for k in ("d1", "d2", "d3")})  # ratios are compared in single precision
    apart = max(abs(ours[k] / double[k] - 1) for k in ours)
    print(f"numpy {np.__version__}                {median(seconds) * 1e3:8.2f} ms")
    for name, text in (("metrics::evaluate", "metrics alone"), ("score", "score (stage, rounding)")):
        ratio = median([n / t for n, t in zip(seconds, times[name])])
        print(f"{text:24s}    {median(times[name]) * 1e3:8.2f} ms   {ratio:5.1f} x")
    print(f"all {count} protocols          {median(times['all']) * 1e3:8.2f} ms")
    print(f"largest relative difference from NumPy in float64: {apart:.1e}")


if __name__ == "__main__":
    main()
