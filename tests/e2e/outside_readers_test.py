#!/usr/bin/env python3
"""What depthmill makes of the labelled set, read by others: h5py and scipy find the arrays of the source.

usage: outside_readers_test.py DEPTHMILL_PROGRAM

Exit code 77 (skipped) where this Python lacks h5py or scipy.
"""
import csv
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
    import scipy.io
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-h5py python3-scipy)")
    sys.exit(77)


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def text(file, reference):
    return "".join(map(chr, file[reference][:].ravel()))


def main(program):
    def run(*arguments):
        subprocess.run([program, *arguments, "--quiet"], check=True)

    with tempfile.TemporaryDirectory() as folder:
        mat, splits = f"{folder}/set/nyu_depth_v2_labeled.mat", f"{folder}/set/splits.mat"
        run("sample", "--labeled", "--out", f"{folder}/set", "--scenes", "3", "--frames", "2")
        check(open(mat, "rb").read(10) == b"MATLAB 7.3", "the file does not begin with MATLAB's user block")
        source = h5py.File(mat)
        count = source["depths"].shape[0]
        # MATLAB's H x W x 3 x N comes as (N, 3, W, H).
        rgb = source["images"][:].transpose(0, 1, 3, 2)
        depth = source["depths"][:].transpose(0, 2, 1)
        check(rgb.shape == (count, 3, 480, 640) and rgb.dtype == np.uint8, f"images are {rgb.shape} {rgb.dtype}")
        split = scipy.io.loadmat(splits)
        train, test = split["trainNdxs"].ravel(), split["testNdxs"].ravel()
        check(sorted([*train, *test]) == list(range(1, count + 1)), "the split does not name every image once")
        check(depth.std() > 0.1 and rgb.std() > 1, "the pictures are empty")

        run("labeled", "--mat", mat, "--splits", splits, "--layout", "fastdepth", "--out", f"{folder}/fast")
        run("labeled", "--mat", mat, "--splits", splits, "--layout", "sd-convtrans", "--out", f"{folder}/sd")
        rows = {int(row["index"]): row for row in csv.DictReader(open(f"{folder}/fast/labeled.csv"))}
        check(sorted(rows) == list(range(1, count + 1)), "labeled.csv does not list every image")
        for index, row in rows.items():
            scene = text(source, source["scenes"][0, index - 1])
            check(row["scene"] == scene, f"image {index}: scene {row['scene']}, the file says {scene}")
            check(row["rgb_file"] == text(source, source["rawRgbFilenames"][0, index - 1]), f"image {index}: rgb_file")
            check((row["split"] == "train") == (index in train), f"image {index} is listed as {row['split']}")
            part = f"train/{scene}" if index in train else "val/official"
            with h5py.File(f"{folder}/fast/{part}/{index:05d}.h5") as frame:
                check(frame["rgb"].dtype == np.uint8 and np.array_equal(frame["rgb"][:], rgb[index - 1]),
                      f"fastdepth: rgb of image {index} differs")
                check(frame["depth"].dtype == np.float32 and np.array_equal(frame["depth"][:], depth[index - 1]),
                      f"fastdepth: depth of image {index} differs")
            stem = f"{scene}_{index:05d}"
            name, variable = ((f"train/wls/depths_withtest/{stem}.mat", "I") if index in train else
                              (f"test/depths/{stem}.mat", "temp"))
            written = scipy.io.loadmat(f"{folder}/sd/{name}")[variable]
            # Training depth lies there divided by 10, as the published code wants it.
            expected = depth[index - 1].astype(np.float64) / (10 if index in train else 1)
            check(np.array_equal(written, expected), f"sd-convtrans: {variable} of image {index} differs")
        print(f"{count} images agree in both layouts")


if __name__ == "__main__":
    main(sys.argv[1])
