#!/usr/bin/env python3
"""Runs the benchmarks of two trees by turns. Called by scripts/bench_against.sh, which says what is measured.

usage: by_turns.py BEFORE NOW [--turns 5] [--only pipeline,fill,metrics] [--frames FOLDER] [--threads 2]
"""
import argparse
import array
import json
import math
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from statistics import median

KINDS = ("pipeline", "fill", "metrics")
FRAMES = 24  # 3 scenes of 8


def run(command):
    """Wall and processor seconds of a command, and what it printed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    wall = time.perf_counter() - start
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"by_turns: {' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr}")
    return wall, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, done.stdout


def pipeline(tree, work, options):
    """One run over the generated frames. Frames/s come in milliseconds a frame, as everything here: less is better."""
    out = work / "out"
    wall, processor, _ = run([tree / "build/bench/bin/depthmill", "run", "--raw", work / "scenes", "--out", out,
                              "--stages", "extract,fill", "--threads", options.threads, "--quiet"])
    shutil.rmtree(out)
    return {"run extract,fill: wall a frame": 1e3 * wall / FRAMES,
            "run extract,fill: processor a frame": 1e3 * processor / FRAMES}


def pairs(folder):
    """X.png (or .jpg, ...) with X_depth.png (or .pgm, ...), depth in millimetres."""
    if not folder:
        return []
    depths = sorted(folder.glob("*_depth.*"))
    return [(next(folder.glob(depth.stem[: -len("_depth")] + ".*")), depth) for depth in depths]


def fill(tree, work, options):
    command = [tree / "build/bench/tests/bench/bench_levin", "--generated", 3, "--repeat", 5, "--no-umfpack",
               "--no-sparselu", "--json", work / "fill.json"]
    for rgb, depth in pairs(options.frames):
        command += ["--rgb", rgb, "--depth", depth]
    run(command)
    return {f"fill of {row['frame']}": 1e3 * row["seconds"] for row in json.loads((work / "fill.json").read_text())}


def metrics(tree, work, options):
    _, _, text = run([tree / "build/bench/tests/bench/bench_metrics", work / "pred.f32", work / "gt.f32", 480, 640,
                      tree / "configs/protocols", 20])
    lines = [line.split() for line in text.splitlines()]
    return {f"metrics: {what}": 1e3 * float(seconds) for kind, what, seconds in
            (line for line in lines if line[0] == "seconds")}


def make_pair(work):
    """A room-like ground truth with 8 % holes and a prediction with 10 % noise, as bench_metrics.py has them."""
    dice = random.Random(1)
    gt = [1 + 6 * y / 480 + 0.8 * math.sin(x / 57) * math.cos(y / 43) for y in range(480) for x in range(640)]
    array.array("f", [z * math.exp(dice.gauss(0, 0.1)) for z in gt]).tofile((work / "pred.f32").open("wb"))
    array.array("f", [0 if dice.random() < 0.08 else round(z, 3) for z in gt]).tofile((work / "gt.f32").open("wb"))


def processor_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "a processor that does not tell its name"


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    parser.add_argument("before", type=pathlib.Path)
    parser.add_argument("now", type=pathlib.Path)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--only", default=",".join(KINDS))
    parser.add_argument("--frames", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    wanted = options.only.split(",")
    for kind in wanted:
        if kind not in KINDS:
            sys.exit(f"by_turns: --only takes {', '.join(KINDS)}, not '{kind}'")
    if options.turns < 1:
        sys.exit("by_turns: --turns must be at least 1")
    if options.frames and not pairs(options.frames):
        sys.exit(f"by_turns: {options.frames} holds no X_depth.png beside X.png")
    trees = [options.before, options.now]
    if "fill" in wanted and not all((tree / "build/bench/tests/bench/bench_levin").exists() for tree in trees):
        print("fill: left out, bench_levin is not built (it needs UMFPACK: scripts/setup.sh --bench)")
        wanted.remove("fill")

    times = {}  # what -> a pair of milliseconds a turn
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        if "pipeline" in wanted:
            run([options.now / "build/bench/bin/depthmill", "sample", "--out", work / "scenes", "--scenes", 3,
                 "--frames", 8, "--seed", 5, "--quiet"])
        if "metrics" in wanted:
            make_pair(work)
        for turn in range(options.turns):
            for kind in wanted:
                results = [{}, {}]
                for side in (0, 1) if turn % 2 == 0 else (1, 0):
                    results[side] = globals()[kind](trees[side], work, options)
                for what, milliseconds in results[1].items():
                    if what in results[0]:
                        times.setdefault(what, []).append((results[0][what], milliseconds))

    print(f"{processor_name()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {options.turns} turns\n")
    print("| | ms before | ms now | times |\n|---|---:|---:|---:|")
    for what, turns in times.items():
        before, now = (median(side) for side in zip(*turns))
        ratio = median(b / n for b, n in turns)
        print(f"| {what} | {before:.2f} | {now:.2f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
