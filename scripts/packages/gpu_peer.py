#!/usr/bin/env python3
"""What gpu_check.py lets another process do with torch: making networks, and measuring Python's own speed.

  gpu_peer.py make DIR [--small]                   conv and vit as .pt, random weights
  gpu_peer.py compile NAME FILE DEVICE [--small]   the same network, compiled by AOTInductor for the device, as .pt2
  gpu_peer.py measure MODEL.pt DEVICE PRECISION:BATCH,... FILE [--small] PICTURE...
      writes a line of JSON for each into FILE: images a second of a plain fp32 loop that reads a picture, runs it, writes a
      16-bit PNG (loop), then for every combination of the forward pass alone (forward) and with channels last (channels_last)
"""
import importlib.util
import json
import os
import struct
import sys
import tempfile
import time
import zlib

import torch

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIZE, SMALL = (480, 640), (96, 128)


def networks():
    spec = importlib.util.spec_from_file_location("make_networks", f"{TOP}/tests/bench/make_networks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def network(name, small):
    """The same weights each time."""
    shapes = networks()
    torch.manual_seed(0)
    if name == "conv":
        return shapes.EncoderDecoder((8, 16, 24, 32) if small else (24, 48, 96, 160)).eval()
    return shapes.ViT(96, 2, 3).eval() if small else shapes.ViT().eval()


def make(folder, small):
    os.makedirs(folder, exist_ok=True)
    for name in ("conv", "vit"):
        with torch.no_grad():
            torch.jit.trace(network(name, small), torch.rand(2, 3, *SIZE), check_trace=False).save(f"{folder}/{name}.pt")
        print(f"{name}.pt", flush=True)


def compile_for(name, file, device, small):
    import torch._inductor.config
    dynamic = {"x": {0: torch.export.Dim("n", min=1, max=64)}}
    with torch.no_grad():
        program = torch.export.export(network(name, small).to(device), (torch.rand(2, 3, *SIZE, device=device),),
                                      dynamic_shapes=dynamic)
        # Else a batch of 1 is refused, and the program passes each picture twice (scripts/export.py).
        configs = torch._inductor.config.aot_inductor
        one = {"aot_inductor.check_lowerbound": False} if hasattr(configs, "check_lowerbound") else {}
        torch._inductor.aoti_compile_and_package(program, package_path=file, inductor_configs=one)
    print(os.path.basename(file))


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def rate(model, x, device, context, seconds):
    """Images a second of the forward pass on what lies on the device already."""
    with torch.no_grad(), context():
        for _ in range(3):
            model(x)
        wait(device)
        passes, start = 0, time.perf_counter()
        while passes < 3 or time.perf_counter() - start < seconds:
            model(x)
            wait(device)
            passes += 1
        return round(passes * len(x) / (time.perf_counter() - start), 2)


def read_picture(file):
    """Height x width x 3 bytes. Pillow where it is there, as everybody reads pictures; else a reader of plain RGB PNG."""
    try:
        from PIL import Image
        import numpy
        return torch.from_numpy(numpy.array(Image.open(file).convert("RGB")))
    except ImportError:
        pass
    with open(file, "rb") as f:
        data = f.read()
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            width, height = struct.unpack(">II", data[at + 8:at + 16])
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += 12 + length
    rows = torch.frombuffer(bytearray(zlib.decompress(packed)), dtype=torch.uint8).reshape(height, 1 + 3 * width)
    # Filters are left as they are: speed and size are right, the picture is not, which no figure here hangs on.
    return rows[:, 1:].reshape(height, width, 3)


def write_depth(file, depth):
    samples = (depth * 1000 + 0.5).to(torch.int32).clamp(0, 65535)
    try:
        from PIL import Image
        import numpy
        Image.fromarray(samples.numpy().astype(numpy.uint16)).save(file)
        return
    except ImportError:
        pass
    height, width = samples.shape
    big_endian = torch.stack([samples // 256, samples % 256], -1).to(torch.uint8).reshape(height, -1)
    rows = torch.cat([torch.zeros(height, 1, dtype=torch.uint8), big_endian], 1).contiguous()

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    with open(file, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(bytes(rows.untyped_storage()), 6)) + chunk(b"IEND", b""))


def loop(model, files, device, size, seconds):
    """The loop that people write: one picture at a time, read, run, written."""
    def one(file, out):
        x = read_picture(file).to(device).permute(2, 0, 1)[None].float() / 255
        if size and x.shape[-2:] != size:
            x = torch.nn.functional.interpolate(x, size=size, mode="bilinear", align_corners=False)
        y = model(x)
        if y.shape[-2:] != x.shape[-2:]:
            y = torch.nn.functional.interpolate(y, size=x.shape[-2:], mode="bilinear", align_corners=False)
        write_depth(out, y[0, 0].float().cpu())
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        for _ in range(3):
            one(files[0], f"{folder}/0.png")
        done, start = 0, time.perf_counter()
        while done < 3 or time.perf_counter() - start < seconds:
            one(files[done % len(files)], f"{folder}/{done}.png")
            done += 1
        return round(done / (time.perf_counter() - start), 2)


def forward_rates(file, device, precision, batch, size, seconds):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    context = torch.no_grad
    if precision in ("fp16", "bf16"):
        def context():
            return torch.autocast(device, dtype=torch.float16 if precision == "fp16" else torch.bfloat16)
    told = {"precision": precision, "batch": batch}
    for key, layout in (("forward", torch.contiguous_format), ("channels_last", torch.channels_last)):
        try:
            model = torch.jit.load(file, map_location=device).eval().to(memory_format=layout)
            x = torch.rand(batch, 3, *size, device=device).contiguous(memory_format=layout)
            told[key] = rate(model, x, device, context, seconds)
        except Exception as e:  # too large for the memory, an operator without this arithmetic
            told["failed"] = f"{key}: {' '.join(str(e).split())[:200]}"
    return told


def measure(file, device, combinations, to, small, files):
    size = SIZE
    if os.path.basename(file) == "sd.pt" and small:
        size = (120, 160)
    seconds = 0.3 if small else 0.8
    with open(to, "w") as out:
        def tell(line):
            out.write(json.dumps(line) + "\n")
            out.flush()
        model = torch.jit.load(file, map_location=device).eval()
        tell({"precision": "loop", "batch": 1, "loop": loop(model, files, device, size, 4 * seconds)})
        for one in combinations.split(","):
            precision, batch = one.split(":")
            tell(forward_rates(file, device, precision, int(batch), size, seconds))


def main():
    words = [w for w in sys.argv[1:] if w != "--small"]
    small = "--small" in sys.argv
    if words[0] == "make":
        make(words[1], small)
    elif words[0] == "compile":
        compile_for(words[1], words[2], words[3], small)
    else:
        measure(words[1], words[2], words[3], words[4], small, words[5:])


main()
