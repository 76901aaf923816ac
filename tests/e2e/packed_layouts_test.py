#!/usr/bin/env python3
"""What `depthmill pack` writes, read by rules of the loaders that it is for.

usage: packed_layouts_test.py DEPTHMILL_PROGRAM

Each reader below follows the published loader of its layout: how it joins and splits paths, which numbers it divides by,
what it skips. What they find is held against the planes of the run folder that was packed. Exit code 77 (skipped) where
this Python lacks NumPy, h5py, scipy or Pillow.
"""
import glob
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile

try:
    import h5py
    import numpy as np
    import scipy.io
    from PIL import Image
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-numpy python3-h5py python3-scipy python3-pil)")
    sys.exit(77)

JPEG_ERROR = 12.0  # mean difference of the 8-bit values that JPEG at quality 95 and noise of the sensor may have


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


class Truth:
    """The planes of the run folder, scene by scene in the order of their frames."""

    def __init__(self, run):
        self.frames = {}
        for scene in sorted(os.listdir(f"{run}/planes")):
            for rgb in sorted(glob.glob(f"{run}/planes/{scene}/*.rgb.png")):
                stem = rgb[: -len(".rgb.png")]
                self.frames.setdefault(scene, []).append(stem)

    def count(self):
        return sum(map(len, self.frames.values()))

    def rgb(self, scene, at):
        return np.asarray(Image.open(self.frames[scene][at] + ".rgb.png"))

    def plane(self, scene, at, name):
        return np.load(f"{self.frames[scene][at]}.{name}.npy")


def same_picture(a, b, what):
    check(a.shape == b.shape, f"{what}: the picture is {a.shape}, not {b.shape}")
    error = np.abs(a.astype(float) - b).mean()
    check(error < JPEG_ERROR, f"{what}: the picture differs by {error} on average")
    # Red and blue in each other's place would go unnoticed in a grey room.
    swapped = np.abs(a[..., ::-1].astype(float) - b).mean()
    check(error < swapped, f"{what}: the picture is nearer with red and blue exchanged")


def same_depth(a, b, step, what):
    check(a.shape == b.shape, f"{what}: depth is {a.shape}, not {b.shape}")
    check(np.array_equal(a > 0, b > 0), f"{what}: holes are elsewhere")
    error = np.abs(a - b).max()
    check(error <= step / 2 + 1e-6, f"{what}: depth differs by {error} m")


def bts(folder, truth):
    """BTS' data loader: split()[0..2] of a line, root + './' + path, depth / 1000, cut to 427 x 565."""
    seen = set()
    for part in ("train", "test"):
        for line in open(f"{folder}/nyudepthv2_{part}_files_with_gt.txt"):
            check(line.endswith("\n") and not line.startswith("/"), f"bts: line {line!r}")
            rgb_path, depth_path, focal = line.split()
            check(float(focal) == 518.8579, f"bts: focal length {focal}")
            scene = rgb_path.split("/")[0]
            number = int(rgb_path.split("_")[-1].split(".")[0])
            check(depth_path.split("/")[0] == scene and int(depth_path.split("_")[-1][:-4]) == number,
                  f"bts: {line} joins two frames")
            image = Image.open(os.path.join(folder, "./" + rgb_path))
            depth = Image.open(os.path.join(folder, "./" + depth_path))
            check(depth.mode in ("I", "I;16"), f"bts: depth has mode {depth.mode}")
            check(image.crop((43, 45, 608, 472)).size == (565, 427), "bts: the loader's cut does not fit")
            same_picture(np.asarray(image), truth.rgb(scene, number), rgb_path)
            same_depth(np.asarray(depth, dtype=np.float32) / 1000.0, truth.plane(scene, number, "raw_depth"), 1e-3,
                       depth_path)
            seen.add((scene, number))
    check(len(seen) == truth.count(), f"bts: {len(seen)} frames are listed")
    return len(seen)


def glpdepth(folder, truth):
    """GLPDepth's data set: root string + path, split at one blank; the slash is the path's own."""
    count = 0
    for part in ("train", "test"):
        for line in open(f"{folder}/nyudepthv2_{part}_files_with_gt.txt").read().splitlines():
            rgb_path, depth_path = line.split(" ")
            check(os.path.exists(folder + rgb_path) and os.path.exists(folder + depth_path), f"glpdepth: {line}")
            count += 1
    check(count == truth.count(), f"glpdepth: {count} frames are listed")


def newcrfs(folder, truth):
    """NeWCRFs: os.path.join, for which a leading slash would be an absolute path; three columns."""
    for line in open(f"{folder}/nyudepthv2_train_files_with_gt.txt"):
        columns = line.split()
        check(len(columns) == 3, f"newcrfs: {line!r}")
        for path in columns:
            check(os.path.exists(os.path.join(folder, path)), f"newcrfs: {path} is not there")


def fastdepth(folder, truth):
    """FastDepth: sorted sub-folders of train and val, sorted *.h5; rgb transposed from 3 x H x W, depth as it is."""
    count = 0
    for split in ("train", "val"):
        for scene in sorted(os.listdir(f"{folder}/{split}")):
            for at, name in enumerate(sorted(os.listdir(f"{folder}/{split}/{scene}"))):
                check(name.endswith(".h5") and int(name[:-3]) == at + 1, f"fastdepth: {name} is number {at + 1}")
                with h5py.File(f"{folder}/{split}/{scene}/{name}", "r") as frame:
                    check(sorted(frame) == ["depth", "rgb"], f"fastdepth: {list(frame)}")
                    rgb, depth = np.array(frame["rgb"]), np.array(frame["depth"])
                    check(frame["depth"].compression in (None, "gzip"), "fastdepth: a filter of its own")
                check(rgb.dtype == np.uint8 and depth.dtype == np.float32, f"fastdepth: {rgb.dtype} {depth.dtype}")
                check(np.array_equal(np.transpose(rgb, (1, 2, 0)), truth.rgb(scene, at)), f"fastdepth: rgb of {name}")
                check(np.array_equal(depth, truth.plane(scene, at, "raw_depth").astype(np.float32)),
                      f"fastdepth: depth of {name}")
                count += 1
    check(count == truth.count(), f"fastdepth: {count} frames")
    # All frames of a part as one data set that lies in their files.
    for split in ("train", "val"):
        with h5py.File(f"{folder}/{split}.h5", "r") as whole:
            names = [name.decode() for name in whole["file"]]
            check(names == sorted(os.path.relpath(file, folder) for file in glob.glob(f"{folder}/{split}/*/*.h5")),
                  f"fastdepth: {split}.h5 names {names}")
            check(whole["rgb"].is_virtual and whole["depth"].is_virtual, f"fastdepth: {split}.h5 holds copies")
            for at, name in enumerate(names):
                with h5py.File(f"{folder}/{name}", "r") as frame:
                    for key in ("rgb", "depth"):
                        check(np.array_equal(whole[key][at], frame[key]), f"fastdepth: {key} {at} of {split}.h5")


def h5_scenes(folder, truth):
    """A file a scene, a data set a frame, and one virtual data set over all frames of a part."""
    count = 0
    for split in ("train", "test"):
        with h5py.File(f"{folder}/{split}.h5", "r") as whole:
            check(whole["rgb"].is_virtual and whole["depth"].is_virtual, f"h5-scenes: {split}.h5 holds copies")
            scenes = [name.decode() for name in whole["scene"]]
            check(sorted(set(scenes)) == sorted(name[:-3] for name in os.listdir(f"{folder}/{split}")),
                  f"h5-scenes: {split}.h5 names {scenes}")
            seen = {}
            for at, scene in enumerate(scenes):
                number = seen.setdefault(scene, 0)
                seen[scene] += 1
                with h5py.File(f"{folder}/{split}/{scene}.h5", "r") as file:
                    check(sorted(file) == ["depth", "rgb"], f"h5-scenes: {list(file)}")
                    name = sorted(file["depth"])[number]
                    rgb, depth = file["rgb"][name], file["depth"][name]
                    check(depth.compression == "gzip" and depth.shuffle, "h5-scenes: depth is packed otherwise")
                    check(rgb.dtype == np.uint8 and depth.dtype == np.float32, f"h5-scenes: {rgb.dtype} {depth.dtype}")
                    check(np.array_equal(rgb, truth.rgb(scene, number)), f"h5-scenes: rgb of {scene}/{name}")
                    check(np.array_equal(depth, truth.plane(scene, number, "raw_depth").astype(np.float32)),
                          f"h5-scenes: depth of {scene}/{name}")
                    for key in ("rgb", "depth"):
                        check(np.array_equal(whole[key][at], file[key][name]), f"h5-scenes: {key} {at} of {split}.h5")
                count += 1
            check(all(n == len(truth.frames[scene]) for scene, n in seen.items()), f"h5-scenes: {seen}")
    check(count == truth.count(), f"h5-scenes: {count} frames")


def densedepth(folder, truth):
    """DenseDepth: rows 'rgb,depth' from the root; training depth / 255 * 10, test depth / 1000."""
    count = 0
    for name, part in (("nyu2_train", "train"), ("nyu2_test", "test")):
        lines = open(f"{folder}/data/{name}.csv").read()
        for rgb_path, depth_path in (row.split(",") for row in lines.split("\n") if len(row) > 0):
            rgb, depth = Image.open(f"{folder}/{rgb_path}"), Image.open(f"{folder}/{depth_path}")
            check(rgb.mode == "RGB", f"densedepth: {rgb_path} is {rgb.mode}")
            if part == "train":
                scene, at = rgb_path.split("/")[2][: -len("_out")], int(os.path.basename(rgb_path)[:-4]) - 1
                check(depth.mode == "L", f"densedepth: {depth_path} is {depth.mode}")
                same_picture(np.asarray(rgb), truth.rgb(scene, at), rgb_path)
                expected = np.minimum(truth.plane(scene, at, "depth"), 10)
                same_depth(np.asarray(depth) / 255.0 * 10, expected, 10 / 255, depth_path)
            else:
                check(np.asarray(depth).dtype.itemsize > 1 and np.asarray(depth).min() > 0, f"densedepth: {depth_path}")
            count += 1
    check(count == truth.count(), f"densedepth: {count} frames")


def sd_convtrans(folder, truth):
    """SD-ConvTrans: pictures listed, 'jpg' in the path replaced by 'mat' and the folder by the depths'."""
    count = 0
    for part in ("train", "test"):
        for rgb_path in sorted(glob.glob(f"{folder}/{part}/images/*.jpg")):
            below = rgb_path[len(folder):]
            scene, frame = os.path.basename(rgb_path)[:-4].rsplit("_", 1)
            at = [os.path.basename(stem) for stem in truth.frames[scene]].index(frame)
            same_picture(np.asarray(Image.open(rgb_path)), truth.rgb(scene, at), rgb_path)
            depth = truth.plane(scene, at, "depth")
            mat = below.replace("jpg", "mat")
            if part == "train":
                read = scipy.io.loadmat(folder + mat.replace("images", "wls/depths_withtest"))["I"]
                check(np.array_equal(read, depth / 10), f"sd-convtrans: I of {below}")
                base = scipy.io.loadmat(folder + mat.replace("images", "wls/depths_base_withtest"))["base"]
                check(np.array_equal(base, truth.plane(scene, at, "base") / 10), f"sd-convtrans: base of {below}")
            else:
                read = scipy.io.loadmat(folder + mat.replace("images", "depths"))["temp"]
                check(np.array_equal(read, depth), f"sd-convtrans: temp of {below}")
            count += 1
    check(count == truth.count(), f"sd-convtrans: {count} frames")


def ultralytics(folder, truth):
    """Ultralytics: the last folder called 'images' becomes 'depth', the ending '.png'; value / depth_scale."""
    settings = dict(line.split(": ") for line in open(f"{folder}/depth.yaml").read().splitlines()
                    if ": " in line and not line.startswith("#"))
    check(settings["nc"] == "1" and settings["  0"] == "depth", f"ultralytics: {settings}")
    count = 0
    for part in ("train", "val"):
        for rgb_path in sorted(glob.glob(f"{folder}/{settings[part]}/**/*.jpg", recursive=True)):
            head, tail = rgb_path.rsplit("/images/", 1)
            depth = Image.open(f"{head}/depth/{tail.rsplit('.', 1)[0]}.png")
            check(depth.mode in ("I", "I;16"), f"ultralytics: {depth.mode}")
            scene, at = os.path.basename(rgb_path)[:-4].rsplit("_", 1)
            same_picture(np.asarray(Image.open(rgb_path)), truth.rgb(scene, int(at)), rgb_path)
            same_depth(np.asarray(depth, dtype=np.float32) / float(settings["depth_scale"]),
                       truth.plane(scene, int(at), "raw_depth"), 1e-3, rgb_path)
            count += 1
    check(count == truth.count(), f"ultralytics: {count} frames")


def samples_of(shard):
    """WebDataset's grouping: consecutive members of one key, which ends at the first dot after the last slash."""
    sample, current = None, None
    for member in tarfile.open(shard):
        check(member.isreg() and member.mtime == 0 and member.mode == 0o444, f"webdataset: {member.name}")
        folder, _, name = member.name.rpartition("/")
        stem, _, field = name.partition(".")
        key = f"{folder}/{stem}"
        if key != current:
            if sample is not None:
                yield current, sample
            sample, current = {}, key
        check(field.lower() not in sample, f"webdataset: {member.name} twice")
        sample[field.lower()] = tarfile.open(shard).extractfile(member.name).read()
    if sample is not None:
        yield current, sample


def webdataset(folder, truth):
    count, keys = 0, set()
    for line in open(f"{folder}/shards.txt"):
        pattern, samples = line.split()
        name, _, rest = pattern.partition("{")
        if rest:
            first, last = rest[: rest.index("}")].split("..")
            shards = [f"{folder}/{name}{number:06d}.tar" for number in range(int(first), int(last) + 1)]
        else:
            shards = [f"{folder}/{pattern}"]
        before = count
        for shard in shards:
            for key, sample in samples_of(shard):
                check(sorted(sample) == ["depth.npy", "jpg", "json"], f"webdataset: {key} has {sorted(sample)}")
                facts = json.loads(sample["json"])
                scene = facts["scene"]
                at = [os.path.basename(stem) for stem in truth.frames[scene]].index(facts["frame"])
                check(facts["source"] == f"{scene}/{facts['frame']}", f"webdataset: source of {key}")
                depth = np.load(io.BytesIO(sample["depth.npy"]), allow_pickle=False)
                check(depth.dtype == np.float32, f"webdataset: {depth.dtype}")
                check(np.array_equal(depth, truth.plane(scene, at, "raw_depth").astype(np.float32)),
                      f"webdataset: depth of {key}")
                same_picture(np.asarray(Image.open(io.BytesIO(sample["jpg"]))), truth.rgb(scene, at), key)
                keys.add(key)
                count += 1
        check(count - before == int(samples), f"webdataset: {line}")
    check(count == len(keys) == truth.count(), f"webdataset: {count} samples, {len(keys)} keys")


def webdataset_library(folder, truth):
    """The library itself, where it is installed."""
    try:
        import webdataset as wds
    except ImportError:
        print("the package webdataset is not installed: its own reader is left out")
        return
    shards = sorted(glob.glob(f"{folder}/*.tar"))
    samples = list(wds.WebDataset(shards, shardshuffle=False).decode())
    check(len(samples) == truth.count(), f"webdataset library: {len(samples)} samples")
    for sample in samples:
        check(sample["depth.npy"].dtype == np.float32 and sample["depth.npy"].shape == (480, 640),
              f"webdataset library: {sample['__key__']}")
        check(sample["json"]["depth_scale"] == 1, "webdataset library: json is not decoded")


def main(program):
    def run(*arguments):
        subprocess.run([program, *arguments, "--quiet"], check=True)

    with tempfile.TemporaryDirectory() as folder:
        run("sample", "--out", f"{folder}/raw", "--scenes", "3", "--frames", "3", "--seed", "8")
        run("run", "--raw", f"{folder}/raw", "--stages", "extract,fill,decompose", "--depth-format", "npy", "--out",
            f"{folder}/run")
        truth = Truth(f"{folder}/run")
        check(truth.count() == 9, f"{truth.count()} frames to pack")
        for layout, more, readers in (
                ("bts", [], [bts]), ("bts", ["--list-style", "glpdepth"], [glpdepth]),
                ("bts", ["--list-style", "newcrfs"], [newcrfs]), ("fastdepth", [], [fastdepth]),
                ("h5-scenes", [], [h5_scenes]), ("densedepth", [], [densedepth]), ("sd-convtrans", [], [sd_convtrans]),
                ("ultralytics", [], [ultralytics]),
                ("webdataset", ["--shard-size", "2"], [webdataset, webdataset_library])):
            out = f"{folder}/{layout}{len(more)}{more[-1] if more else ''}"
            run("pack", "--in", f"{folder}/run", "--layout", layout, "--split", "0.6:4", "--out", out, *more)
            for reader in readers:
                reader(out, truth)
            print(f"{layout} {' '.join(more)}: 9 frames as they were")


if __name__ == "__main__":
    main(sys.argv[1])
