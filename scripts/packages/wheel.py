#!/usr/bin/env python3
"""Packs a tree with bin/, lib/ and share/ as a Python wheel.

usage: wheel.py TREE VERSION GLIBC FOLDER

pip unpacks it over an environment as it lies: ENVIRONMENT/bin/depthmill, ENVIRONMENT/lib/depthmill, ENVIRONMENT/share.
There is no Python in it: any Python 3 will do. GLIBC ("2.34") is what the wheel's tag promises to run with. Prints the
file. The same tree gives the same bytes.
"""
import base64
import hashlib
import os
import sys
import zipfile

METADATA = """\
Metadata-Version: 2.1
Name: depthmill
Version: {version}
Summary: Batch pipeline for monocular-depth research: raw Kinect scenes to filled depth, predictions, metrics, tables
License: MIT
Requires-Python: >=3.8
Classifier: Environment :: Console
Classifier: Operating System :: POSIX :: Linux
Classifier: Topic :: Scientific/Engineering :: Image Processing
Provides-Extra: networks
Requires-Dist: torch; extra == "networks"
Description-Content-Type: text/plain

One program, `depthmill`. Networks run with the environment's own torch, if it has one of the versions that the wheel
has engines for: {engines}. `depthmill info` says what was found; every other command needs none.
"""
WHEEL = """\
Wheel-Version: 1.0
Generator: depthmill
Root-Is-Purelib: false
Tag: {tag}
"""


def main():
    tree, version, glibc, folder = sys.argv[1:5]
    tag = f"py3-none-manylinux_{glibc.replace('.', '_')}_x86_64"
    file = f"{folder}/depthmill-{version}-{tag}.whl"
    info, data = f"depthmill-{version}.dist-info", f"depthmill-{version}.data"
    engines = sorted(name[len("torch-"):-len(".so")] for name in os.listdir(f"{tree}/lib/depthmill/engines")
                     ) if os.path.isdir(f"{tree}/lib/depthmill/engines") else []
    members = []  # name in the wheel, bytes, mode
    for path, folders, names in os.walk(tree):
        folders.sort()
        for name in sorted(names):
            full = os.path.join(path, name)
            below = os.path.relpath(full, tree)
            place = f"{data}/scripts/{name}" if below.startswith("bin/") else f"{data}/data/{below}"
            members.append((place, open(full, "rb").read(), os.stat(full).st_mode & 0o777))
    for name, text in (("METADATA", METADATA.format(version=version, engines=", ".join(engines) or "none")),
                       ("WHEEL", WHEEL.format(tag=tag)),
                       ("LICENSE", open(f"{tree}/share/doc/depthmill/copyright").read())):
        members.append((f"{info}/{name}", text.encode(), 0o644))
    record = ""
    for name, content, _ in members:
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(content)}\n"
    members.append((f"{info}/RECORD", (record + f"{info}/RECORD,,\n").encode(), 0o644))
    with zipfile.ZipFile(file + ".partial", "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, content, mode in members:
            member = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            member.external_attr = (0o100000 | mode) << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(member, content)
    os.replace(file + ".partial", file)
    print(file)


main()
