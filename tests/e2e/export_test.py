#!/usr/bin/env python3
"""scripts/export.py, and what infer makes of its files: the program's predictions against Python's own.

  export_test.py PROGRAM

TorchScript with any PyTorch; compiled packages (.pt2) where this Python's torch is 2.6 or newer and of the version of the
program's LibTorch. Exit code 77 = this Python has no torch, or a module for it is missing."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

try:
    import numpy  # noqa: F401
    import torch
except ImportError as e:
    print("skipped: %s" % e)
    sys.exit(77)

EXPORT = pathlib.Path(__file__).resolve().parents[2] / "scripts/export.py"
NETWORKS = '''
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.first, self.second = nn.Conv2d(3, 8, 3, 1, 1), nn.Conv2d(8, 1, 3, 2, 1)
    def forward(self, x):
        return 2 + self.second(torch.relu(self.first(x)))

class Several(Net):
    def forward(self, x):
        return {"picture": x}, {"raw": 2 * x, "depth": Net.forward(self, x)}

class Half(nn.Module):  # weights of half precision, in which the processor need not compute
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.full((1, 1, 1, 1), 1.5, dtype=torch.bfloat16))
    def forward(self, x):
        return x[:, :1] * self.scale.to(x.dtype)
'''
failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)
        print("FAILED: " + what)


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def numbers(version):
    return tuple(int(n) for n in re.match(r"(\d+)\.(\d+)", version).groups())


def main():
    program = os.path.abspath(sys.argv[1])
    found = re.search(r"LibTorch +(\d+\.\d+)", run(program, "info")[1])
    if not found:
        print("skipped: the program has no LibTorch")
        return 77
    same = numbers(found.group(1)) == numbers(torch.__version__)
    compiled = numbers(found.group(1)) >= (2, 6)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pathlib.Path("networks.py").write_text(NETWORKS)

        def export(name, out, *more):
            return run(sys.executable, EXPORT, "networks.py:" + name, "--out", out, *more)

        def infer(model, *more):
            return run(program, "infer", "--quiet", "--device", "cpu", "--model", model, "--images",
                       "net.picture.ppm", "--out", "out-" + pathlib.Path(model).name + "-" + str(len(more)), *more)

        if numbers(torch.__version__) <= numbers(found.group(1)):
            code, said = export("Net", "net.pt", "--size", "96x128", "--check", program)
            expect(code == 0 and "preprocessing: agree" in said and "prediction: agree" in said, "Net: " + said)
            expect(all(pathlib.Path("net" + end).is_file() for end in (".ini", ".fingerprint.txt", ".picture.ppm",
                                                                       ".expected.npy")), "all files are there")
            code, said = export("Several", "several.pt", "--size", "96x128", "--check", program)
            expect(code == 1 and "--select" in said and not pathlib.Path("several.pt").exists(), "Several: " + said)
            code, said = export("Several", "several.pt", "--size", "96x128", "--select", "1.depth", "--check", program)
            expect(code == 0 and "prediction: agree" in said, "Several with select: " + said)
            code, said = export("Net", "carded.pt", "--card", "lite_mono", "--check", program)
            if "No module named" in said:
                print("left out: another card's preprocessing; " + said.strip().splitlines()[-1])
            else:
                expect(code == 0 and "preprocessing: agree" in said, "the card's preprocessing: " + said)
            code, said = export("Half", "half.pt", "--size", "480x640", "--check", program)
            expect(code == 0 and "prediction: agree" in said, "half precision: " + said)
        else:
            export("Net", "net.pt", "--size", "96x128")  # for its picture
            print("left out: TorchScript, which an older LibTorch may not read")

        # Files that are no package, or one that is not compiled, or (see below) not for this LibTorch.
        pathlib.Path("text.pt2").write_text("no archive")
        with zipfile.ZipFile("other.pt2", "w") as z:
            z.writestr("a/data.txt", "x")
        with zipfile.ZipFile("plain.pt2", "w") as z:
            z.writestr("a/models/model.json", "{}")
        with zipfile.ZipFile("hollow.pt2", "w") as z:
            z.writestr("a/data/aotinductor/model/x.so", "no library")
            z.writestr("a/data/aotinductor/model/x.wrapper.cpp", "")
        for file, words in (("text.pt2", "text.pt2"), ("other.pt2", "is no package"),
                            ("plain.pt2", "aoti_compile_and_package"),
                            ("hollow.pt2", "cannot be loaded" if compiled else "LibTorch 2.6 or newer")):
            code, said = infer(file)
            expect(code == 1 and words in said and len(said.strip().splitlines()) <= 2, file + ": " + said)

        if not (same and compiled):
            code, said = export("Net", "net.pt2", "--size", "96x128")
            expect(hasattr(torch, "_inductor") or (code == 1 and "2.6" in said), "PyTorch 1.x compiles nothing: " + said)
            print("left out: compiled packages; this Python's torch is %s, the program's LibTorch %s" % (
                torch.__version__, found.group(1)))
        else:
            code, said = export("Net", "c.pt2", "--size", "96x128", "--check", program)
            expect(code == 0 and "prediction: agree" in said, "compiled: " + said)
            code, said = export("Several", "d.pt2", "--size", "96x128", "--select", "1.depth", "--check", program)
            expect(code == 0 and "prediction: agree" in said, "compiled, of several: " + said)
            code, said = infer("c.pt2", "--precision", "bf16")
            expect(code == 1 and "precision that it was compiled in" in said, "precision: " + said)
            # Made for one size of batch and picture alone; the check of a pass would read beyond its end.
            run(sys.executable, "-c", "import torch, networks\n"
                "p = torch.export.export(networks.Net().eval(), (torch.rand(2, 3, 96, 128),))\n"
                "torch._inductor.aoti_compile_and_package(p, package_path='%s/fixed.pt2')\n"
                "torch.export.save(p, 'exported.pt2')" % folder)
            code, said = infer("fixed.pt2")
            expect(code == 1 and "fixed" in said, "another size: " + said)
            code, said = infer("exported.pt2")
            expect(code == 1 and "aoti_compile_and_package" in said, "not compiled: " + said)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
