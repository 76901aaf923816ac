#!/usr/bin/env python3
"""Checks who includes whom: pipeline -> stages -> colorization, metrics; a stage includes no other stage;
OpenCV, HDF5, MATIO and ISA-L only below stages/, torch only in stages/predictors and stages/sd_convtrans, TBB and
Boost only in pipeline/. Prints each offence as FILE:LINE: and exits 1 when there is one."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ("pipeline", "stages", "colorization", "metrics")
MAY_INCLUDE = {
    "pipeline": {"pipeline", "stages", "colorization", "metrics"},
    "stages": {"stages", "colorization", "metrics"},
    "colorization": {"colorization"},
    "metrics": {"metrics"},
}
# prefix of a system include -> folders in which it may stand
THIRD_PARTY = {
    "opencv2/": ("stages/", "pipeline/threads.cpp"),
    "hdf5": ("stages/io/", "stages/datasets/"),
    "matio": ("stages/io/", "stages/datasets/"),
    "isa-l/": ("stages/io/",),
    "torch/": ("stages/predictors/", "stages/sd_convtrans/"),
    "ATen/": ("stages/predictors/", "stages/sd_convtrans/"),
    "c10/": ("stages/predictors/", "stages/sd_convtrans/"),
    "Eigen/": ("colorization/", "stages/"),
    "tbb/": ("pipeline/",),
    "boost/": ("pipeline/",),
}
STAGES = ("extract", "fill", "decompose", "infer", "evaluate", "report")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def offences():
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            name = path.relative_to(ROOT).as_posix()
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                target = match.group(2)
                where = f"{name}:{number}"
                top = target.split("/")[0]
                if top in MAY_INCLUDE and "/" in target and top not in MAY_INCLUDE[room]:
                    yield f"{where}: {room}/ must not include {target}"
                for prefix, folders in THIRD_PARTY.items():
                    if match.group(1) == "<" and target.startswith(prefix) and not name.startswith(folders):
                        yield f"{where}: {target} belongs to {', '.join(folders)}"
                stage = path.stem if path.parent == ROOT / "stages" else None
                if stage in STAGES:
                    for other in STAGES:
                        if other != stage and target == f"stages/{other}.h":
                            yield f"{where}: stage {stage} must not include stage {other}"


found = list(offences())
print("\n".join(found) if found else "layers: every include points the right way")
sys.exit(1 if found else 0)
