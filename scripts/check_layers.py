#!/usr/bin/env python3
"""Checks who includes whom. ROOMS is the whole table: a room and the rooms whose headers it may include; what is in no
row is in no room, which is an offence too. Checks besides: third parties stay where THIRD_PARTY has them, and headers
form no circle. Prints each offence as FILE:LINE: and exits 1 when there is one.

  scripts/check_layers.py            check this tree
  scripts/check_layers.py --table    print the table as CONTRIBUTING.md has it
  scripts/check_layers.py --root DIR check another tree"""
import argparse
import pathlib
import re
import sys

# Room -> rooms it may include. Data flows one way: a room names only rooms above it in this table.
ROOMS = {
    "colorization": "",
    "metrics": "",
    "stages/base": "",
    "stages/module": "",
    "stages/io": "stages/base stages/module",
    "stages/nyu": "",
    "stages/resample": "",
    "stages/run_folder": "stages/base stages/io metrics",
    "stages/data": "stages/base stages/io stages/nyu stages/run_folder",
    "stages/scoring": "stages/base stages/io stages/resample stages/run_folder metrics",
    "stages/extract": "stages/base stages/io stages/nyu",
    "stages/fill": "stages/base stages/io colorization",
    "stages/decompose": "stages/base stages/io colorization",
    "stages/labeled": "stages/base stages/io stages/data",
    "stages/pack": "stages/base stages/io stages/resample",
    "stages/networks/engine": "stages/io",
    "stages/networks/libtorch": "stages/io stages/networks/engine",
    "stages/networks/sd_convtrans":
        "stages/io stages/resample stages/networks/engine stages/networks/libtorch",
    "stages/networks/sd_convtrans/training":
        "stages/base stages/io stages/resample stages/data stages/scoring "
        "stages/networks/libtorch stages/networks/sd_convtrans colorization metrics",
    "stages/networks/torch_module":
        "stages/module stages/io stages/networks/engine stages/networks/libtorch stages/networks/sd_convtrans "
        "stages/networks/sd_convtrans/training",
    "stages/networks":
        "stages/base stages/io stages/resample stages/networks/engine stages/networks/torch_module",
    "stages/report": "stages/base stages/io stages/data stages/run_folder stages/scoring metrics",
    "stages/sample": "stages/base stages/io stages/nyu",
    "pipeline":
        "stages/base stages/io stages/nyu stages/data stages/run_folder stages/scoring stages/extract stages/fill "
        "stages/decompose stages/labeled stages/pack stages/networks stages/networks/engine stages/networks/sd_convtrans/training "
        "stages/networks/torch_module stages/report stages/sample metrics",
}
# Prefix of a system include -> rooms (and the rooms below them) or files in which it may stand.
THIRD_PARTY = {
    "opencv2/imgcodecs": "stages/io/opencv_module.cpp",  # slow to load
    "opencv2/": "stages pipeline/threads.cpp",
    "hdf5": "stages/io stages/data stages/pack",
    "isa-l/": "stages/io",
    "libdeflate.h": "stages/io",
    "jerror.h": "stages/io",
    "jpeglib.h": "stages/io",
    "matio": "",  # the peer that tests compare with
    "zip.h": "stages/io",
    "xxhash.h": "stages/run_folder",
    "torch/": "stages/networks/libtorch stages/networks/sd_convtrans",
    "ATen/": "stages/networks/libtorch stages/networks/sd_convtrans",
    "c10/": "stages/networks/libtorch stages/networks/sd_convtrans",
    "Eigen/": "colorization stages",
    "tbb/": "pipeline",
    "boost/": "pipeline",
}
TOPS = ("colorization", "metrics", "stages", "pipeline")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def room_of(name):
    """The deepest room that holds the file, or None. Folders that hold no room of their own belong to the one above."""
    parts = name.split("/")[:-1]
    for length in range(len(parts), 0, -1):
        folder = "/".join(parts[:length])
        if folder in ROOMS:
            return folder
    return None


def below(name, places):
    return any(name == place or name.startswith(place + "/") for place in places.split())


def sources(root):
    for top in TOPS:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8").splitlines()


def table_problems():
    order = list(ROOMS)
    for place, (room, allowed) in enumerate(ROOMS.items()):
        for other in allowed.split():
            if other not in ROOMS:
                yield f"scripts/check_layers.py: row {room} names {other}, which has no row"
            elif order.index(other) >= place:
                yield f"scripts/check_layers.py: row {room} names {other}, which stands below it"


def circles(graph):
    """Headers that include one another in a circle, each circle once."""
    done, found = set(), []

    def visit(node, path):
        if node in path:
            found.append(path[path.index(node):] + [node])
            return
        if node in done:
            return
        for target in graph.get(node, ()):
            visit(target, path + [node])
        done.add(node)

    for node in sorted(graph):
        visit(node, [])
    return found


def offences(root):
    yield from table_problems()
    headers = {}
    for name, lines in sources(root):
        room = room_of(name)
        if room is None:
            yield f"{name}: lies in no room; give its folder a row in scripts/check_layers.py"
            continue
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, target = match.groups()
            where = f"{name}:{number}"
            if quote == "<":
                for prefix, places in THIRD_PARTY.items():
                    if target.startswith(prefix) and not below(name, places):
                        yield f"{where}: {target} belongs to {', '.join(places.split())}"
                continue
            if target.split("/")[0] not in TOPS:  # colorization, which is installed, names its headers as neighbours
                target = f"{name.rsplit('/', 1)[0]}/{target}"
                if not (root / target).is_file():
                    yield f"{where}: {match.group(2)} is neither named from the root of the tree nor a neighbour"
                    continue
            if name.endswith(".h"):
                headers.setdefault(name, []).append(target)
            other = room_of(target)
            if other is None:
                yield f"{where}: {target} lies in no room"
            elif other != room and other not in ROOMS[room].split():
                yield f"{where}: {room} must not include {target}"
    for circle in circles(headers):
        yield f"{circle[0]}: headers in a circle: {' -> '.join(circle)}"


def table():
    lines = ["| room | may include |", "|---|---|"]
    for room, allowed in ROOMS.items():
        lines.append(f"| `{room}` | {', '.join(f'`{other}`' for other in allowed.split()) or '-'} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table())
        return 0
    found = list(offences(arguments.root))
    print("\n".join(found) if found else "layers: every include points the right way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
