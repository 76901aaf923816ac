#!/usr/bin/env python3
"""Writes tests/data/golden/resize/resize.h5: one small image resized by PIL, OpenCV and torch.

    pip install numpy h5py pillow opencv-python-headless torch
    scripts/golden/make_resize_golden.py tests/data/golden/resize/resize.h5

Data sets: input_float32, input_uint8 (rows x columns x 3), and <filter>/<type>/<rows>x<columns>, where <filter> is
the name used in model cards. To stay small, float results keep three channels at the first size only, else the first
channel, and byte results are there for the first three sizes. Float PIL references are mode "F", a channel at a time; uint8 torch references are
rounded and clipped as torchvision's resize of a tensor does.
"""
import sys

import cv2
import h5py
import numpy as np
import torch
from PIL import Image
from torch.nn.functional import interpolate

SIZES = [(11, 13), (23, 12), (33, 37), (28, 19), (9, 31), (7, 5)]
PIL_FILTERS = {"pil_nearest": Image.Resampling.NEAREST, "pil_bilinear": Image.Resampling.BILINEAR,
               "pil_bicubic": Image.Resampling.BICUBIC, "pil_lanczos": Image.Resampling.LANCZOS}
OPENCV_FILTERS = {"opencv_nearest": cv2.INTER_NEAREST, "opencv_linear": cv2.INTER_LINEAR,
                  "opencv_cubic": cv2.INTER_CUBIC, "opencv_area": cv2.INTER_AREA}
TORCH_FILTERS = {
    "torch_nearest": dict(mode="nearest"),
    "torch_bilinear": dict(mode="bilinear", align_corners=False),
    "torch_bilinear_align_corners": dict(mode="bilinear", align_corners=True),
    "torch_bilinear_antialias": dict(mode="bilinear", align_corners=False, antialias=True),
    "torch_bicubic": dict(mode="bicubic", align_corners=False),
    "torch_bicubic_align_corners": dict(mode="bicubic", align_corners=True),
    "torch_bicubic_antialias": dict(mode="bicubic", align_corners=False, antialias=True),
}


def pil(image, size, flag):
    rows, cols = size

    def resized(picture):  # widths first, as Pillow does by itself up to 12.0
        return np.asarray(picture.resize((cols, picture.height), flag).resize((cols, rows), flag))

    if image.dtype == np.uint8:
        return resized(Image.fromarray(image))
    return np.stack([resized(Image.fromarray(np.ascontiguousarray(image[..., c]))) for c in range(3)], axis=-1)


def opencv(image, size, flag):
    return cv2.resize(image, size[::-1], interpolation=flag)


def pytorch(image, size, options):
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    y = interpolate(x, size=size, **options)[0].permute(1, 2, 0)
    if image.dtype == np.uint8:
        y = y.round().clamp(0, 255).to(torch.uint8)
    return y.numpy()


def main(path):
    # A picture with smooth parts, hard edges and noise, so that every tap of every kernel shows.
    rng = np.random.default_rng(6)
    rows, cols = np.mgrid[0:23, 0:31]
    image = np.stack([(np.sin(rows / 3 + c) * np.cos(cols / 4) + 1) / 2 for c in range(3)], axis=-1)
    image[5:15, 8:20] = 1 - image[5:15, 8:20].round()
    image = np.clip(image + rng.normal(0, 0.05, image.shape), 0, 1)
    bytes_ = np.round(image * 255).astype(np.uint8)
    floats = image.astype(np.float32)
    with h5py.File(path, "w", track_order=False) as f:
        def put(name, value):
            f.create_dataset(name, data=np.ascontiguousarray(value), track_times=False)
        put("input_float32", floats)
        put("input_uint8", bytes_)
        f.attrs["made_with"] = (f"scripts/golden/make_resize_golden.py; Pillow {Image.__version__}, "
                                f"OpenCV {cv2.__version__}, torch {torch.__version__}, NumPy {np.__version__}")
        for filters, function in ((PIL_FILTERS, pil), (OPENCV_FILTERS, opencv), (TORCH_FILTERS, pytorch)):
            for name, flag in filters.items():
                for source in (floats, bytes_):
                    for i, size in enumerate(SIZES[:3] if source.dtype == np.uint8 else SIZES):
                        result = function(source, size, flag)
                        if source.dtype == np.float32 and i > 0:
                            result = result[..., 0]
                        put(f"{name}/{source.dtype}/{size[0]}x{size[1]}", result)


if __name__ == "__main__":
    main(sys.argv[1])
