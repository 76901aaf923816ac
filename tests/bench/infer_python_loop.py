#!/usr/bin/env python3
"""The plain loop that bench_infer is measured against: one image at a time, decoded, run and written on one thread,
with torch's default threads.
  infer_python_loop.py MODEL.pt OUT_DIR IMAGE...     writes OUT_DIR/<stem>.npy, prints images per second
Input RGB in [0, 1] at the image's size; output resized to it if it differs."""
import pathlib
import sys
import time

import numpy as np
import torch
from PIL import Image


def main():
    model_file, out, files = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    out.mkdir(parents=True, exist_ok=True)
    model = torch.jit.load(model_file).eval()

    def run(file, save):
        rgb = np.asarray(Image.open(file).convert("RGB"))
        x = torch.from_numpy(rgb.astype(np.float32) / 255).permute(2, 0, 1)[None]
        y = model(x.contiguous())
        if y.shape[-2:] != x.shape[-2:]:
            y = torch.nn.functional.interpolate(y, size=x.shape[-2:], mode="bilinear", align_corners=False)
        depth = y[0, 0].numpy()
        if save:
            np.save(out / (pathlib.Path(file).stem + ".npy"), depth)
            Image.fromarray((depth * 1000 + 0.5).astype(np.uint16)).save(out / (pathlib.Path(file).stem + ".png"))

    with torch.no_grad():
        for _ in range(3):
            run(files[0], False)  # the executor specialises in the first passes
        start = time.perf_counter()
        for file in files:
            run(file, True)
        seconds = time.perf_counter() - start
    print("%.3f images/s, %d images, %d threads, torch %s" % (len(files) / seconds, len(files),
                                                              torch.get_num_threads(), torch.__version__))


if __name__ == "__main__":
    main()
