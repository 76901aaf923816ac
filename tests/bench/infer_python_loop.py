#!/usr/bin/env python3
"""The plain loop that bench_infer.py measures against: one image at a time, decoded, run and written as a 16-bit PNG on
one thread, with torch's default threads.
  infer_python_loop.py MODEL.pt OUT_DIR [--npy] IMAGE...     writes OUT_DIR/<stem>.png (.npy), prints one line of JSON
Input RGB in [0, 1] at the image's size; output resized to it if it differs."""
import json
import pathlib
import sys
import time

import numpy as np
import torch
from PIL import Image


def main():
    model_file, out, files = sys.argv[1], pathlib.Path(sys.argv[2]), [a for a in sys.argv[3:] if a != "--npy"]
    npy = "--npy" in sys.argv
    out.mkdir(parents=True, exist_ok=True)
    model = torch.jit.load(model_file).eval()
    forward_seconds = 0.0

    def run(file, save):
        nonlocal forward_seconds
        rgb = np.asarray(Image.open(file).convert("RGB"))
        x = torch.from_numpy(rgb.astype(np.float32) / 255).permute(2, 0, 1)[None].contiguous()
        start = time.perf_counter()
        y = model(x)
        forward_seconds += time.perf_counter() - start
        if y.shape[-2:] != x.shape[-2:]:
            y = torch.nn.functional.interpolate(y, size=x.shape[-2:], mode="bilinear", align_corners=False)
        depth = y[0, 0].numpy()
        stem = pathlib.Path(file).stem
        if save and npy:
            np.save(out / (stem + ".npy"), depth)
        elif save:
            Image.fromarray((depth * 1000 + 0.5).astype(np.uint16)).save(out / (stem + ".png"))

    with torch.no_grad():
        for _ in range(3):
            run(files[0], False)  # the executor specialises in the first passes
        forward_seconds = 0.0
        start = time.perf_counter()
        for file in files:
            run(file, True)
        seconds = time.perf_counter() - start
    print(json.dumps({"images_per_second": round(len(files) / seconds, 3), "images": len(files),
                      "forward_ms": round(1e3 * forward_seconds / len(files), 1), "threads": torch.get_num_threads(),
                      "torch": torch.__version__}))


if __name__ == "__main__":
    main()
