#!/usr/bin/env python3
"""Puts beside a program the libraries that it needs and a bare system may lack.

usage: bundle.py TREE [FOLDER...]

TREE has bin/depthmill and lib/depthmill/{codecs,engines}/*.so. What they need is looked for in the folders first, then
where the system's loader looks, copied to lib/depthmill/libraries with its licence (share/doc/depthmill/licences), and
found there wherever TREE lies, before any LD_LIBRARY_PATH. Left to the system: glibc, libstdc++ and libgcc. Left to
torch: its own libraries, which the program has loaded before it loads a module of engines. Everything is stripped.
Prints the least version of each that is needed, "glibc 2.34", and the tag of a wheel that promises both, "manylinux 2.35".
"""
import glob
import os
import re
import shutil
import subprocess
import sys

SYSTEM = re.compile(r"(ld-linux-x86-64|libc|libm|libdl|libpthread|librt|libstdc\+\+|libgcc_s)\.so(\.\d+)*$")
TORCH = re.compile(r"(libtorch|libtorch_cpu|libtorch_cuda|libc10|libc10_cuda)\.so$")
# The libstdc++ that comes with a glibc: GCC 11 with 2.34, GCC 12 with 2.35 and 2.36, GCC 13 with 2.38.
TAGS = [((2, 34), (3, 4, 29)), ((2, 35), (3, 4, 30)), ((2, 38), (3, 4, 32))]


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def needed(file):
    return run("patchelf", "--print-needed", file).split()


def system_libraries():
    """Name -> file, as the loader's cache has it."""
    lines = (line.split() for line in run("/sbin/ldconfig", "-p").splitlines() if "x86-64" in line)
    found = {}
    for words in lines:
        found.setdefault(words[0], words[-1])
    return found


def package_of(file):
    """Debian's package that a file belongs to; "" for one of our own making."""
    for name in {file, os.path.realpath(file), os.path.realpath(file).replace("/usr/lib/", "/lib/")}:
        owner = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
        if owner.returncode == 0:
            return owner.stdout.split(":")[0]
    return ""


def copy_licence(tree, name, file, folders):
    """Debian's note on copyright: of the library's package, or of the sources that it was built from."""
    to = f"{tree}/share/doc/depthmill/licences"
    os.makedirs(to, exist_ok=True)
    package = package_of(file)
    notes = [f"/usr/share/doc/{package}/copyright"] if package else []
    for folder in folders:  # sources/opencv/debian/copyright for libopencv_core.so, beside the folder of libraries
        for source in glob.glob(f"{folder}/../../sources/*/debian/copyright"):
            if source.split("/")[-3].removeprefix("lib") in name:
                notes.append(source)
    for note in notes:
        if os.path.exists(note):
            shutil.copy(note, f"{to}/{package or name.split('.so')[0]}.txt")
            return
    sys.exit(f"bundle: no note on the copyright of {name} ({file}): it must not be given on without one")


def versions(files):
    """The newest version of each family of symbols that is asked for."""
    newest = {}
    for file in files:
        for family, version in re.findall(r"\b(GLIBC|GLIBCXX|CXXABI)_([\d.]+)", run("objdump", "-T", file)):
            numbers = tuple(map(int, version.split(".")))
            newest[family] = max(newest.get(family, ()), numbers)
    return newest


def main():
    tree, folders = sys.argv[1], sys.argv[2:]
    libraries = f"{tree}/lib/depthmill/libraries"
    os.makedirs(libraries, exist_ok=True)
    system = system_libraries()
    own = [f"{tree}/bin/depthmill"] + glob.glob(f"{tree}/lib/depthmill/[ce]*/*.so")
    waiting, there = list(own), {}
    while waiting:
        for name in needed(waiting.pop()):
            if SYSTEM.match(name) or TORCH.match(name) or name in there:
                continue
            file = next((f"{folder}/{name}" for folder in folders if os.path.exists(f"{folder}/{name}")), None)
            file = file or system.get(name) or sys.exit(f"bundle: there is no {name}")
            copy = f"{libraries}/{name}"
            shutil.copy(os.path.realpath(file), copy)
            os.chmod(copy, 0o644)
            copy_licence(tree, name, file, folders)
            there[name] = copy
            waiting.append(copy)
    for file in own + list(there.values()):
        to_libraries = os.path.relpath(libraries, os.path.dirname(file))
        run("strip", "--strip-unneeded", file)
        run("patchelf", "--force-rpath", "--set-rpath", f"$ORIGIN/{to_libraries}", file)
    names = {"GLIBC": "glibc", "GLIBCXX": "libstdc++ GLIBCXX", "CXXABI": "libstdc++ CXXABI"}
    newest = versions(own + list(there.values()))
    for family, numbers in sorted(newest.items()):
        print(names[family], ".".join(map(str, numbers)))
    # A tag means a libstdc++, too: that of the distributions that came with this glibc.
    by_libstdcxx = [(tag, last) for tag, last in TAGS if newest["GLIBCXX"] <= last]
    if not by_libstdcxx:
        sys.exit(f"bundle: no tag of a wheel promises the libstdc++ of this compiler: {newest['GLIBCXX']}")
    print("manylinux", ".".join(map(str, max(newest["GLIBC"], by_libstdcxx[0][0]))))


main()
