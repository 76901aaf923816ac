#!/usr/bin/env python3
"""Exports a PyTorch network for `depthmill infer`: its file, its card, and what shows that the program sees what Python
sees.

  scripts/export.py MODEL --size 480x640 --out net.pt      TorchScript
  scripts/export.py MODEL --size 480x640 --out net.pt2     torch.export, compiled by AOTInductor (PyTorch 2.6 or newer,
                                                           a C++ compiler; runs with the LibTorch of this version)
  scripts/export.py MODEL --card dpt --out net.pt          preprocessing and meaning as that card says

MODEL is FILE.py:NAME or PACKAGE.MODULE:NAME; NAME is a network (torch.nn.Module), or makes one when it is called. Beside
net.pt are written: net.ini, the card; net.fingerprint.txt, what preprocessing makes of a built-in picture (as `depthmill
fingerprint --model net.ini` prints it); net.picture.ppm, that picture; net.expected.npy, what the network answers to it.
With --check PROGRAM that program runs the file on the picture, and both are compared. Needs numpy, torch, and what the
card's filter is from (Pillow, opencv-python)."""
import argparse
import configparser
import glob
import importlib
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch

import fingerprint

MODELS = pathlib.Path(__file__).resolve().parent.parent / "configs/models"


def fail(sentence):
    sys.exit("export.py: " + sentence)


def network_of(model, weights):
    place, _, name = model.rpartition(":")
    if not place:
        fail("MODEL is FILE.py:NAME or PACKAGE.MODULE:NAME, not '%s'" % model)
    if place.endswith(".py"):
        sys.path.insert(0, os.path.dirname(os.path.abspath(place)))
        spec = importlib.util.spec_from_file_location(pathlib.Path(place).stem, place)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        sys.path.insert(0, os.getcwd())
        module = importlib.import_module(place)
    if not hasattr(module, name):
        fail("%s has no %s" % (place, name))
    network = getattr(module, name)
    network = network if isinstance(network, torch.nn.Module) else network()
    if weights:
        if weights.endswith(".safetensors"):
            from safetensors.torch import load_file
            state = load_file(weights)
        else:
            state = torch.load(weights, map_location="cpu")
            state = state.get("state_dict", state.get("model", state)) if isinstance(state, dict) else state
        network.load_state_dict(state)
    return network.eval().cpu()


def card_text(args, out):
    """The card's lines: those of --card with this file as its path, or a picture brought to --size, metres out."""
    backend = "torch-export" if out.suffix == ".pt2" else "torchscript"
    said = "exported from %s by scripts/export.py, PyTorch %s" % (args.model, torch.__version__)
    if args.card:
        file = pathlib.Path(args.card) if args.card.endswith(".ini") else MODELS / (args.card + ".ini")
        ini = configparser.ConfigParser(inline_comment_prefixes=(" #", " ;"), interpolation=None)
        with open(file) as f:
            ini.read_file(f)
        ini["model"]["source"] = '"%s; %s"' % (said, ini["model"].get("source", "").strip().strip('"'))
    else:
        ini = configparser.ConfigParser(interpolation=None)
        ini.read_dict({"model": {"source": '"%s"' % said}, "input": {}, "output": {"kind": "metric"}})
    ini["model"]["backend"], ini["model"]["path"] = backend, out.name
    if args.size:
        ini["input"]["rule"], ini["input"]["size"] = "exact", "%dx%d" % args.size
    if args.select:
        ini["output"]["select"] = args.select
    lines = []
    for section in ini.sections():
        lines += ["[%s]" % section] + ["%s = %s" % entry for entry in ini[section].items()] + [""]
    return ini, "\n".join(lines)


def chosen(answer, select):
    """The tensor that [output] select names, as infer finds it."""
    for step in select.split(".") if select else []:
        answer = answer[int(step) if isinstance(answer, (tuple, list)) else step]
    return answer


def flat(answer):
    """Every tensor of an answer, in the order in which a compiled package gives them."""
    if isinstance(answer, torch.Tensor):
        return [answer]
    return [t for part in (answer.values() if isinstance(answer, dict) else answer) for t in flat(part)]


def allow_one(program):
    """What is compiled holds for a batch of 1 as well, as Dim(min=1) promises; but the package would check for 2, the least
    size that was thought of. Newer PyTorch has an option for it, for older ones the size that the check reads is set."""
    import torch._inductor.config as config
    if hasattr(config.aot_inductor, "check_lowerbound"):
        return {"aot_inductor.check_lowerbound": False}
    values = [node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"]
    for env in {id(v.fake_mode.shape_env): v.fake_mode.shape_env for v in values if hasattr(v, "fake_mode")}.values():
        for name, sizes in env.var_to_range.items():
            if sizes.lower == 2:
                env.var_to_range[name] = type(sizes)(1, sizes.upper)
    return {}


def write_network(network, example, other, out, file):
    if out.suffix == ".pt2":
        if not hasattr(torch, "_inductor") or not hasattr(torch, "export") or not hasattr(
                torch._inductor, "aoti_compile_and_package"):
            fail("PyTorch %s compiles no .pt2; 2.6 or newer does. --out FILE.pt writes TorchScript" % torch.__version__)
        # Any batch: a size that is left open is not 1 in the example.
        batch = torch.export.Dim("batch", min=1, max=1024)
        program = torch.export.export(network, (example,), dynamic_shapes=({0: batch},))
        torch._inductor.aoti_compile_and_package(program, package_path=file, inductor_configs=allow_one(program))
        return
    traced = torch.jit.trace(network, example, strict=False)
    for a, b in zip(flat(traced(other)), flat(network(other))):
        if not torch.allclose(a, b, atol=1e-4, rtol=1e-4):
            fail("the traced network answers otherwise to a batch of 3 than the network itself: "
                 "does it take sizes as numbers, or depend on values? (torch.jit.script)")
    traced.save(file)


def metres(raw, ini, size):
    """What infer makes of the answer `raw` (h, w) where it is resized alone; None where it does more."""
    out, into = ini["output"], ini["input"]
    scale, largest = float(out.get("scale", "1")), float(out.get("max_depth", "0"))
    kind = out.get("kind", "metric")
    if "crop" in into or "pad_to" in into or "pad_multiple_of" in into or "canonical_focal" in out:
        return None
    if kind not in ("metric", "normalised") or out.get("resize", "torch_bilinear") != "torch_bilinear":
        return None
    depth = torch.from_numpy(raw * np.float32(scale * (largest if kind == "normalised" else 1)))
    depth = torch.nn.functional.interpolate(depth[None, None], size=size, mode="bilinear", align_corners=False)[0, 0]
    return depth.clamp(min=float(out.get("min_depth", "0")) or None, max=largest or None).numpy() if (
        largest or float(out.get("min_depth", "0"))) else depth.numpy()


def check(program, out, picture, raw, ini):
    size = fingerprint_size
    want = metres(raw, ini, size)
    with tempfile.TemporaryDirectory() as folder:
        ours = subprocess.run([program, "fingerprint", "--model", str(out.with_suffix(".ini"))], check=True,
                              capture_output=True, text=True).stdout.splitlines()
        card = fingerprint.Card(str(out.with_suffix(".ini")))
        rgb = fingerprint.image(*size)
        print("preprocessing: ", end="")
        agree = fingerprint.compare(fingerprint.describe(card.name, rgb, fingerprint.preprocess(card, rgb)), ours,
                                    fingerprint.allowance(card, rgb))
        done = subprocess.run([program, "infer", "--quiet", "--model", str(out), "--images", str(picture), "--device",
                               "cpu", "--depth-format", "npy", "--out", folder])
        files = glob.glob(folder + "/**/*.npy", recursive=True)
        if done.returncode != 0 or len(files) != 1:
            fail("infer --model %s failed (exit code %d)" % (out, done.returncode))
        got = np.load(files[0])
    if want is None:
        print("prediction: infer runs; not compared, as the card does more with the answer than to resize metres")
        return agree
    worst = float(np.abs(got - want).max())
    allowed = 1e-3 * max(1.0, float(np.abs(want).max()))
    print("prediction: %s: largest difference %.2g m" % ("agree" if worst <= allowed else "DIFFERENT", worst))
    return agree and worst <= allowed


fingerprint_size = (480, 640)


def size_of(text):
    height, _, width = text.partition("x")
    return int(height), int(width)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--out", required=True, metavar="FILE", help="FILE.pt or FILE.pt2")
    parser.add_argument("--size", type=size_of, metavar="HEIGHTxWIDTH", help="the network's input; needed without --card")
    parser.add_argument("--card", help="a card of configs/models, or FILE.ini")
    parser.add_argument("--weights", metavar="FILE", help="a state dict, .pth or .safetensors")
    parser.add_argument("--select", help="which of several answers is the depth: [output] select")
    parser.add_argument("--check", metavar="PROGRAM", help="depthmill: run it on the picture and compare")
    args = parser.parse_args()
    out = pathlib.Path(args.out)
    if out.suffix not in (".pt", ".pt2"):
        fail("--out is FILE.pt or FILE.pt2")
    if not args.card and not args.size:
        fail("--size HEIGHTxWIDTH is missing: the picture that the network takes (or --card)")

    ini, text = card_text(args, out)
    network = network_of(args.model, args.weights)
    picture = fingerprint.image(*fingerprint_size)
    files = {out.with_suffix(".ini"): text.encode()}
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder, torch.no_grad():
        # The card is read back from a file, as the program reads it.
        written = pathlib.Path(folder) / out.with_suffix(".ini").name
        written.write_bytes(files[out.with_suffix(".ini")])
        card = fingerprint.Card(str(written))
        tensor = fingerprint.preprocess(card, picture)
        one = torch.from_numpy(tensor)[None]
        answer = network(one)
        select = ini["output"].get("select", "").strip().strip('"')
        depth = chosen(answer, select)
        if not isinstance(depth, torch.Tensor):
            fail("the network answers with several values; say which is the depth with --select 0 or --select KEY")
        if out.suffix == ".pt2" and select:
            number = next(i for i, t in enumerate(flat(answer)) if t is depth)
            ini["output"]["select"] = str(number)  # once compiled, answers have numbers alone
            if len(flat(answer)) == 1:
                del ini["output"]["select"]
            files[out.with_suffix(".ini")] = "\n".join(
                line for section in ini.sections()
                for line in ["[%s]" % section] + ["%s = %s" % e for e in ini[section].items()] + [""]).encode()
        raw = np.ascontiguousarray(depth.float().reshape(depth.shape[-2], depth.shape[-1]).numpy())
        example = one.repeat(2, 1, 1, 1) + 0
        made = pathlib.Path(folder) / out.name
        write_network(network, example, torch.rand_like(one.repeat(3, 1, 1, 1)), out, str(made))
        lines = fingerprint.describe(card.name, picture, tensor)
        files[out.with_suffix(".fingerprint.txt")] = ("\n".join(lines) + "\n").encode()
        files[out.with_suffix(".picture.ppm")] = b"P6\n%d %d\n255\n" % fingerprint_size[::-1] + picture.tobytes()
        np.save(pathlib.Path(folder) / "expected.npy", raw)
        files[out.with_suffix(".expected.npy")] = (pathlib.Path(folder) / "expected.npy").read_bytes()
        for file, content in files.items():
            (pathlib.Path(folder) / file.name).write_bytes(content)
            os.replace(pathlib.Path(folder) / file.name, file)
        os.replace(made, out)
    print("%s: %s, input N x 3 x %d x %d, answer %s; card %s" % (
        out, "compiled" if out.suffix == ".pt2" else "TorchScript", *tensor.shape[1:], tuple(depth.shape),
        out.with_suffix(".ini")))
    return 0 if not args.check or check(args.check, out, out.with_suffix(".picture.ppm"), raw, ini) else 1


if __name__ == "__main__":
    sys.exit(main())
