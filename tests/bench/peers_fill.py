#!/usr/bin/env python3
"""The fill against sparse solvers of others on the same systems, by turns, as a table in Markdown.

  peers_fill.py BUILD [--frames FOLDER] [--generated 1] [--turns 3] [--solvers NAME,...] [--python PYTHON]

BUILD is a build folder with bench_levin and fill_peers (scripts/setup.sh --bench); FOLDER holds X.png or X.jpg beside
X_depth.png or X_depth.pgm. MKL's PARDISO takes part where PYTHON has numpy, scipy and pypardiso (python3 -m venv E;
E/bin/pip install pypardiso). Each solver runs with the BLAS core that suits the processor (OPENBLAS_CORETYPE of the
environment, SkylakeX where there is AVX-512) and with one thread; those whose BLAS has threads run with two as well.
ms are a solve's, the median of the turns' quickest: processor time with one thread, wall time with two.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

SOLVERS = [("umfpack", 1), ("umfpack", 2), ("pardiso", 1), ("pardiso", 2), ("cholmod-normal", 1),
           ("cholmod-normal", 2), ("klu", 1), ("hypre-bicgstab", 1), ("hypre-gmres", 1)]


def environment(threads):
    env = dict(os.environ, OPENBLAS_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads),
               MKL_NUM_THREADS=str(threads), OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    if "avx512bw" in pathlib.Path("/proc/cpuinfo").read_text():
        env.setdefault("OPENBLAS_CORETYPE", "SkylakeX")
    return env


def pardiso(system, reference):
    """Run by the other Python: prints what fill_peers prints."""
    import time

    import numpy as np
    import pypardiso
    import scipy.sparse

    raw = system.read_bytes()
    n, entries = np.frombuffer(raw, np.int64, 2)
    scale = np.frombuffer(raw, np.float64, 1, 16)[0]
    at = 24
    parts = []
    for dtype, count in ((np.int32, n + 1), (np.int32, entries), (np.float64, entries), (np.float64, n)):
        parts.append(np.frombuffer(raw, dtype, count, at))
        at += count * np.dtype(dtype).itemsize
    row_begin, column, value, right = parts
    a = scipy.sparse.csr_matrix((value, column, row_begin), shape=(n, n))
    solver = pypardiso.PyPardisoSolver(mtype=11)
    wall, processor = time.perf_counter(), time.process_time()
    solver.factorize(a)
    x = solver.solve(a, right)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    worst = np.abs(x - np.fromfile(reference)).max() * scale
    print(f"{1e3 * wall:.2f} {1e3 * processor:.2f} {worst:.3e}")


def frames_of(folder):
    for depth in sorted(folder.glob("*_depth.*")):
        for ending in (".png", ".jpg"):
            picture = depth.with_name(depth.stem.removesuffix("_depth") + ending)
            if picture.exists():
                yield ["--rgb", picture, "--depth", depth]


def words(call, **options):
    return subprocess.run([str(word) for word in call], check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def main():
    if sys.argv[1:2] == ["--pardiso"]:
        return pardiso(*map(pathlib.Path, sys.argv[2:4]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--frames", type=pathlib.Path)
    parser.add_argument("--generated", type=int, default=1)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--solvers")
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    programs = options.build / "tests/bench"
    wanted = options.solvers.split(",") if options.solvers else sorted({name for name, _ in SOLVERS})
    if not (programs / "fill_peers").exists():
        sys.exit(f"peers_fill: {programs}/fill_peers is not built (scripts/setup.sh --bench, then scripts/build.sh bench)")
    has_pardiso = subprocess.run([options.python, "-c", "import pypardiso"], stderr=subprocess.DEVNULL).returncode == 0
    solvers = [(name, threads) for name, threads in SOLVERS
               if name in wanted and (name != "pardiso" or has_pardiso)]

    frames = list(frames_of(options.frames)) if options.frames else []
    if options.generated > 0:
        frames.append(["--generated", options.generated])
    rows = {}  # frame -> solver -> (ms a turn, largest difference)
    with tempfile.TemporaryDirectory() as folder:
        for frame in frames:
            work = pathlib.Path(tempfile.mkdtemp(dir=folder))
            ours = [programs / "bench_levin", *frame, "--no-umfpack", "--no-sparselu", "--json", work / "ours.json"]
            words([*ours, "--repeat", 1, "--write-systems", work])
            systems = sorted(work.glob("*.system"))
            for system in systems:
                words([programs / "fill_peers", system, "umfpack", system.with_suffix(".x")], env=environment(1))
            for turn in range(options.turns):
                words([*ours, "--repeat", 10])
                for row in json.loads((work / "ours.json").read_text()):
                    seen = rows.setdefault(row["frame"], {}).setdefault(("ours", 1), ([], []))
                    seen[0].append(1e3 * row["seconds"])
                for system in systems:
                    for name, threads in solvers:
                        call = ([programs / "fill_peers", system, name] if name != "pardiso" else
                                [options.python, __file__, "--pardiso", system])
                        try:
                            text = words([*call, system.with_suffix(".x")], env=environment(threads))
                        except subprocess.CalledProcessError:
                            continue
                        wall, processor, worst = map(float, text.split())
                        frame_name = system.name.removesuffix(".system")
                        seen = rows.setdefault(frame_name, {}).setdefault((name, threads), ([], []))
                        seen[0].append(processor if threads == 1 else wall)
                        seen[1].append(worst)

    print("| frame | solver | threads | ms | times ours | largest difference m |\n|---|---|---:|---:|---:|---:|")
    for frame, by_solver in rows.items():
        ours = statistics.median(by_solver[("ours", 1)][0])
        for (name, threads), (times, worst) in by_solver.items():
            ms = statistics.median(times)
            difference = f"{max(worst):.1e}" if worst else ""
            print(f"| {frame} | {name} | {threads} | {ms:.0f} | {ms / ours:.1f} | {difference} |")


if __name__ == "__main__":
    main()
