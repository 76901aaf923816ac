#!/usr/bin/env python3
"""The Python side of `depthmill fingerprint`: preprocesses the same built-in image as a model card says, with PIL,
OpenCV and torch themselves, and prints the same lines.

  scripts/fingerprint.py CARD.ini                          print
  depthmill fingerprint --model CARD.ini > cpp.txt
  scripts/fingerprint.py CARD.ini --compare cpp.txt        compare; exit 0 when they agree to --tolerance

Needs numpy, and whichever of Pillow, opencv-python and torch the card's filter is from. Your own preprocessing can
be checked too: import this file, pass your float tensor (3, h, w) of image(480, 640) to describe()."""
import argparse
import configparser
import math
import sys
import zlib

try:
    import numpy as np
except ImportError:
    sys.exit("fingerprint.py: No module named 'numpy'")


def image(height, width):
    """The built-in image, uint8 (height, width, 3) RGB."""
    y, x = np.mgrid[0:height, 0:width]
    red = x * 255 // max(1, width - 1)
    green = y * 255 // max(1, height - 1)
    blue = (x // 16 + y // 16) % 2 * 128 + (31 * x + 17 * y) % 97
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def crc(data):
    return "%08x" % (zlib.crc32(data) & 0xFFFFFFFF)


class Card:
    def __init__(self, path):
        ini = configparser.ConfigParser(inline_comment_prefixes=(" #", " ;"), interpolation=None)
        with open(path) as f:
            ini.read_file(f)
        self.name = (ini.get("model", "name", fallback="") or path.rsplit("/", 1)[-1].removesuffix(".ini")).strip('"')

        def get(key, default=""):
            return ini.get("input", key, fallback=default).strip().strip('"')

        def numbers(key, default):
            return [float(v) for v in get(key, default).split(",")]

        def size(key):
            text = get(key)
            return tuple(int(v) for v in text.split("x")) if text else None

        self.crop = [int(v) for v in numbers("crop", "0")] if get("crop") else None
        self.crop_of = size("crop_of")
        self.rule, self.size = get("rule", "keep"), size("size")
        self.multiple, self.rounding = int(get("multiple_of", "1")), get("rounding", "nearest")
        self.filter = get("filter", "torch_bilinear")
        self.uint8 = get("resize_on", "uint8" if self.filter.startswith("pil_") else "float") == "uint8"
        self.pad_to, self.pad_multiple = size("pad_to"), int(get("pad_multiple_of", "1"))
        self.pad, self.centre = get("pad", "constant"), get("pad_position", "end") == "centre"
        self.pad_value = numbers("pad_value", "0,0,0")
        self.bgr = get("colour", "rgb") == "bgr"
        self.range = float(get("range", "1"))
        self.mean, self.std = numbers("mean", "0,0,0"), numbers("std", "1,1,1")


def to_multiple(x, m, rounding):
    steps = {"nearest": np.round, "up": math.ceil, "down": math.floor}[rounding](x / m)
    return max(1, int(steps)) * m


def resized_size(card, height, width):
    m = card.multiple
    if card.rule in ("keep", "exact"):
        target = (height, width) if card.rule == "keep" else card.size
        return tuple(to_multiple(v, m, card.rounding) for v in target)
    by_height, by_width = card.size[0] / height, card.size[1] / width
    if card.rule == "minimal":
        scale = by_width if abs(1 - by_width) < abs(1 - by_height) else by_height
    else:
        scale = max(by_height, by_width) if card.rule == "lower_bound" else min(by_height, by_width)

    def side(length, bound):
        v = to_multiple(scale * length, m, card.rounding)
        if card.rule == "lower_bound" and v < bound:
            return to_multiple(scale * length, m, "up")
        if card.rule == "upper_bound" and v > bound:
            return to_multiple(scale * length, m, "down")
        return v

    return side(height, card.size[0]), side(width, card.size[1])


def resize(pixels, size, name):
    """pixels (h, w, 3) uint8 or float32 -> size (height, width), by the library that the filter is named after."""
    library, kernel = name.split("_", 1)
    if library == "opencv":
        import cv2
        flag = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC,
                "area": cv2.INTER_AREA}[kernel]
        return cv2.resize(pixels, (size[1], size[0]), interpolation=flag)
    if library == "pil":
        from PIL import Image
        kind = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC,
                "lanczos": Image.LANCZOS}[kernel]

        def resized(picture):
            # Widths first, as Pillow does by itself up to 12.0, which the networks' authors had; 13.0 begins with the
            # heights where that is less work, and rounds 8-bit values elsewhere.
            return np.asarray(picture.resize((size[1], picture.height), kind).resize((size[1], size[0]), kind))

        if pixels.dtype == np.uint8:
            return resized(Image.fromarray(pixels))
        return np.stack([resized(Image.fromarray(np.ascontiguousarray(pixels[..., c]))) for c in range(3)], axis=-1)
    import torch
    mode = kernel.split("_")[0]
    options = {} if mode == "nearest" else {"align_corners": kernel.endswith("align_corners")}
    if kernel.endswith("antialias"):
        options = {"align_corners": False, "antialias": True}
    planes = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32))
    values = torch.nn.functional.interpolate(planes[None], size=size, mode=mode, **options)[0].numpy().transpose(1, 2, 0)
    return np.clip(np.round(values), 0, 255).astype(np.uint8) if pixels.dtype == np.uint8 else values


def preprocess(card, rgb):
    """uint8 (h, w, 3) RGB -> float32 (3, h, w)."""
    if card.crop:
        rows, cols = rgb.shape[:2]

        def scaled(n, whole, other):
            return (2 * n * other + whole) // (2 * whole)

        if scaled(card.crop_of[0], card.crop_of[1], cols) != rows and scaled(card.crop_of[1], card.crop_of[0], rows) != cols:
            sys.exit("fingerprint.py: the card's crop is part of images of another shape than %dx%d" % (rows, cols))
        top, left, height, width = card.crop
        rgb = rgb[scaled(top, card.crop_of[0], rows):scaled(top + height, card.crop_of[0], rows),
                  scaled(left, card.crop_of[1], cols):scaled(left + width, card.crop_of[1], cols)]
    unit = np.float32(255 if card.range == 1 else 1)
    size = resized_size(card, *rgb.shape[:2])
    pixels = rgb
    if size != rgb.shape[:2]:
        if not card.uint8:
            pixels = pixels.astype(np.float32) / unit
        pixels = resize(pixels, size, card.filter)
    if pixels.dtype == np.uint8:
        pixels = pixels.astype(np.float32) / unit
    target = card.pad_to or tuple(to_multiple(v, card.pad_multiple, "up") for v in size)
    if target != size:
        down, across = target[0] - size[0], target[1] - size[1]
        before = (down // 2, across // 2) if card.centre else (0, 0)
        widths = [(before[0], down - before[0]), (before[1], across - before[1])]
        if card.pad == "constant":
            value = card.pad_value[::-1] if card.bgr else card.pad_value
            planes = [np.pad(pixels[..., c], widths, constant_values=np.float32(value[c] / unit)) for c in range(3)]
            pixels = np.stack(planes, axis=-1)
        else:
            pixels = np.pad(pixels, widths + [(0, 0)], mode="edge" if card.pad == "edge" else "reflect")
    if card.bgr:
        pixels = pixels[..., ::-1]
    pixels = (pixels - np.float32(card.mean)) / np.float32(card.std)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)


def describe(name, rgb, tensor):
    """The lines of `depthmill fingerprint`."""
    _, height, width = tensor.shape
    lines = ["card " + name, "image %dx%d %s" % (*rgb.shape[:2], crc(rgb.tobytes()))]
    fixed = np.round(1000.0 * tensor.astype(np.float64)).astype("<i4")
    lines.append("tensor 1x3x%dx%d %s" % (height, width, crc(fixed.tobytes())))
    for c in range(3):
        v = tensor[c].astype(np.float64)
        lines.append("channel %d mean %.7f std %.7f min %.7f max %.7f" % (c, v.mean(), v.std(), v.min(), v.max()))
    flat = tensor.astype(np.float64).ravel()
    index = np.arange(flat.size, dtype=np.uint64)
    for k in range(8):
        mixed = (index * np.uint64(2654435761) + np.uint64(k * 40503)) & np.uint64(0xFFFFFFFF)
        lines.append("probe %d %.7f" % (k, np.where(mixed >> np.uint64(31), flat, -flat).mean()))
    for c in range(3):
        for row in range(4):
            for col in range(4):
                y, x = (2 * row + 1) * height // 8, (2 * col + 1) * width // 8
                lines.append("sample %d %d %d %.7f" % (c, y, x, tensor[c, y, x]))
    return lines


def compare(ours, theirs, tolerance):
    """Prints how far apart two descriptions are; True when they agree."""
    theirs = [line for line in theirs if line.strip()]
    if len(ours) != len(theirs):
        print("DIFFERENT: %d lines here, %d there" % (len(ours), len(theirs)))
        return False
    agree, worst = True, 0.0
    for a, b in zip(ours, theirs):
        words_a, words_b = a.split(), b.split()
        if words_a[0] == "card":
            continue
        if words_a[0] in ("image", "tensor"):
            if words_a[1] != words_b[1] or (words_a[0] == "image" and words_a != words_b):
                print("DIFFERENT: '%s' here, '%s' there" % (a, b))
                agree = False
            continue
        difference = max(abs(float(p) - float(q)) for p, q in zip(words_a, words_b) if "." in p and "." in q)
        worst = max(worst, difference)
        if difference > tolerance:
            print("DIFFERENT by %.2g: '%s' here, '%s' there" % (difference, a, b))
            agree = False
    same = ours[2] == theirs[2]
    print("%s: largest difference %.2g%s" % ("agree" if agree else "DIFFERENT", worst, ", equal hash" if same else ""))
    return agree


def allowance(card, rgb):
    """How far two right results may lie apart. Libraries make the source coordinates of a resize in float32, rounded in
    another order: at the far end of a row they differ by 2^-23 of its length, which is a share of the step between two
    pixels, at most the range. (ZoeDepth's card at 375x1242: 3.9e-5 of 1.5e-4. A kernel that is half a pixel off: 1e-2.)"""
    return max(3e-5, max(rgb.shape) * 2.0 ** -23) * card.range / min(card.std)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("card", help="model card, configs/models/*.ini")
    parser.add_argument("--compare", metavar="FILE", help="output of depthmill fingerprint; - = standard input")
    parser.add_argument("--tolerance", type=float, default=None, help="default: what float32 leaves open, see "
                        "allowance()")
    parser.add_argument("--image-size", default="480x640", help="HEIGHTxWIDTH, default 480x640")
    parser.add_argument("--input-size", help="HEIGHTxWIDTH that the network takes, where the card leaves it to the "
                        "checkpoint (backend = sd-convtrans)")
    args = parser.parse_args()
    card = Card(args.card)
    if args.input_size:
        card.rule, card.size = "exact", tuple(int(v) for v in args.input_size.split("x"))
    rgb = image(*(int(v) for v in args.image_size.split("x")))
    try:
        lines = describe(card.name, rgb, preprocess(card, rgb))
    except ImportError as e:
        print("fingerprint.py: the card's filter %s needs a module that is not there: %s" % (card.filter, e), file=sys.stderr)
        return 77
    if not args.compare:
        print("\n".join(lines))
        return 0
    with (sys.stdin if args.compare == "-" else open(args.compare)) as f:
        theirs = f.read().splitlines()
    tolerance = args.tolerance if args.tolerance is not None else allowance(card, rgb)
    return 0 if compare(lines, theirs, tolerance) else 1


if __name__ == "__main__":
    sys.exit(main())
