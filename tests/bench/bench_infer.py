#!/usr/bin/env python3
"""`depthmill bench-infer` against the plain Python loop over the same TorchScript file and images, in one run: the
loop, the program, the loop again, since the machine's speed drifts; then the largest difference of the predictions.
  bench_infer.py DEPTHMILL MODEL.pt IMAGE_DIR [--python PYTHON] [--images-a-loop N] [bench-infer options...]
PYTHON (default: this one) needs torch, numpy and Pillow. This script itself needs numpy."""
import argparse
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent


def python_loop(python, model, out, files, *flags):
    """Images per second and seconds of forward an image, as infer_python_loop.py prints them."""
    command = [python, HERE / "infer_python_loop.py", model, out, *flags, *files]
    text = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout
    print("python loop: " + text.strip())
    return json.loads(text)["images_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("depthmill")
    parser.add_argument("model")
    parser.add_argument("images", type=pathlib.Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--images-a-loop", type=int, default=32, metavar="N")
    args, options = parser.parse_known_args()
    distinct = sorted(p for p in args.images.iterdir() if p.suffix in (".png", ".jpg", ".ppm"))
    files = list(itertools.islice(itertools.cycle(distinct), args.images_a_loop))
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        before = python_loop(args.python, args.model, out / "python", files)
        subprocess.run([args.depthmill, "bench-infer", "--model", args.model, "--images", args.images, "--json",
                        out / "ours.json", *options], check=True)
        after = python_loop(args.python, args.model, out / "python", files)
        ours = json.loads((out / "ours.json").read_text())

        python_loop(args.python, args.model, out / "exact", distinct, "--npy")
        subprocess.run([args.depthmill, "infer", "--model", args.model, "--images", args.images, "--depth-format", "npy",
                        "--quiet", "--out", out / "run", *options], check=True)
        difference = 0.0
        for file in distinct:
            # A pair's name is what its files have in common: 12_image.png is frame 12.
            frame = file.stem.removesuffix("_image").removesuffix("_rgb")
            found = next((out / "run").rglob(frame + ".pred.npy"))
            a, b = np.load(found).squeeze(), np.load(out / "exact" / (file.stem + ".npy"))
            difference = max(difference, float(np.abs(a - b).max()))
    mean = (before + after) / 2
    print("| forward only | end to end | of forward only | Python loop | times Python | largest difference |")
    print("|---:|---:|---:|---:|---:|---:|")
    print("| %.2f images/s | %.2f | %.3f | %.2f | %.2f | %.1e |" % (
        ours["forward_only_ips"], ours["end_to_end_ips"], ours["ratio"], mean, ours["end_to_end_ips"] / mean, difference))


if __name__ == "__main__":
    main()
