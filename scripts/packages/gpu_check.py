#!/usr/bin/env python3
"""What scripts/gpu_check.sh does; see there. Needs torch alone: NumPy, Pillow and pip may be missing.

Files in DIR: table.md and result.json (written again after every step, so that a machine that is taken away leaves what
there was), log.txt with everything that was printed. All else lies in a folder of its own that goes at the end (--keep).
"""
import argparse
import glob
import json
import os
import platform
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
# Largest difference in metres of fp32 predictions of up to 10 m on GPU and processor: what other orders of summing leave.
TOLERANCE = 2e-3
# Mean difference in metres of narrower arithmetic from fp32.
NARROW = {"tf32": 0.02, "fp16": 0.05, "bf16": 0.2}


class Check:
    def __init__(self, options):
        self.options = options
        self.out = os.path.abspath(options.out)
        self.end = time.monotonic() + 60 * options.minutes
        self.device = "cpu" if options.rehearse else "cuda"
        self.steps, self.bench, self.facts = [], [], {}
        os.makedirs(self.out, exist_ok=True)
        self.work = tempfile.mkdtemp(prefix="depthmill_gpu_check.")
        self.log = open(f"{self.out}/log.txt", "w")

    def left(self):
        return self.end - time.monotonic()

    def say(self, text):
        print(text, flush=True)
        self.log.write(text + "\n")
        self.log.flush()

    def run(self, words, limit=120, **more):
        """What a program printed; RuntimeError with its last lines when it failed or took too long."""
        limit = min(limit, self.left())
        if limit < 3:
            raise RuntimeError("left out: the time is over")
        words = [str(word) for word in words]
        self.log.write("$ " + " ".join(words) + "\n")
        self.log.flush()
        # A group of its own: what a program has started ends with it.
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
                                   errors="replace", env={**os.environ, **more})
        try:
            text, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            text, _ = process.communicate()
            self.log.write(text + "\n")
            raise RuntimeError(f"took more than {limit:.0f} s")
        except BaseException:  # somebody ends us
            os.killpg(process.pid, signal.SIGKILL)
            raise
        self.log.write(text + "\n")
        if process.returncode != 0:
            raise RuntimeError(f"exit code {process.returncode}: " + " / ".join(text.strip().splitlines()[-3:]))
        return text

    def step(self, name, do):
        """Does one step and records how it went; what it returns, None when it failed."""
        start, made, problem = time.monotonic(), None, ""
        try:
            made = do()
        except Exception as e:  # any failure is a line of the table
            problem = " ".join(str(e).split())[:400] or type(e).__name__
            self.log.write(traceback.format_exc())
        self.steps.append({"step": name, "seconds": round(time.monotonic() - start, 1), "ok": not problem,
                           "said": problem or (made if isinstance(made, str) else "")})
        self.say(f"{'ok    ' if not problem else 'FAILED'} {self.steps[-1]['seconds']:7.1f} s  {name}"
                 + (f": {self.steps[-1]['said']}" if self.steps[-1]["said"] else ""))
        self.write()
        return None if problem else made or True

    def write(self):
        result = {"facts": self.facts, "steps": self.steps, "bench": self.bench}
        with open(f"{self.out}/result.json.partial", "w") as f:
            json.dump(result, f, indent=1)
        os.replace(f"{self.out}/result.json.partial", f"{self.out}/result.json")
        lines = ["| | |", "|---|---|"] + [f"| {key} | {value} |" for key, value in self.facts.items()]
        lines += ["", "| step | s | |", "|---|---:|---|"]
        lines += [f"| {s['step']} | {s['seconds']} | {'' if s['ok'] else '**failed**: '}{s['said'].replace('|', '/')} |"
                  for s in self.steps]
        if self.bench:
            columns = ["network", "file", "precision", "batch", "forward only", "end to end", "of forward only", "Python loop",
                       "times Python", "Python forward", "Python forward, channels last"]
            lines += ["", "Images a second.", "", "| " + " | ".join(columns) + " |", "|---|---|---|" + "---:|" * 8]
            lines += ["| " + " | ".join("-" if row.get(c) is None else str(row[c]) for c in columns) + " |" for row in self.bench]
        with open(f"{self.out}/table.md", "w") as f:
            f.write("\n".join(lines) + "\n")


# ---- files, without NumPy ------------------------------------------------------------------------------------

def read_npy(file):
    """A tensor of what depthmill writes as .npy."""
    import torch
    with open(file, "rb") as f:
        data = f.read()
    length = struct.unpack("<H", data[8:10])[0]
    header = eval(data[10:10 + length], {"__builtins__": {}})  # our own program's
    kind = {"<f8": torch.float64, "<f4": torch.float32}[header["descr"]]
    return torch.frombuffer(bytearray(data[10 + length:]), dtype=kind).reshape(header["shape"]).double()


def compare_planes(ours, theirs):
    """Largest and mean difference of the predictions of two run folders, frame by frame."""
    files = sorted(glob.glob(f"{ours}/planes/**/*.pred.npy", recursive=True))
    if not files:
        raise RuntimeError(f"no predictions in {ours}")
    largest, mean = 0.0, 0.0
    for file in files:
        a, b = read_npy(file), read_npy(theirs + file[len(ours):])
        if a.shape != b.shape:
            raise RuntimeError(f"{file}: {tuple(a.shape)} and {tuple(b.shape)}")
        largest = max(largest, (a - b).abs().max().item())
        mean += (a - b).abs().mean().item() / len(files)
    if not largest < float("inf"):
        raise RuntimeError("a prediction is not finite")
    return largest, mean


# ---- steps ---------------------------------------------------------------------------------------------------

def find_facts(check):
    import torch
    facts = check.facts
    facts["torch"] = torch.__version__
    facts["python"] = platform.python_version()
    facts["glibc"] = " ".join(platform.libc_ver())
    facts["processors"] = len(os.sched_getaffinity(0))
    with open("/proc/cpuinfo") as f:
        facts["processor"] = next((l.split(":")[1].strip() for l in f if l.startswith("model name")), "?")
    if not check.options.rehearse:
        if not torch.cuda.is_available():
            raise RuntimeError("torch sees no CUDA device (--rehearse does without)")
        facts["GPU"] = torch.cuda.get_device_name(0)
        facts["CUDA"] = torch.version.cuda
    return ", ".join(f"{v}" for v in facts.values())


def unpack(check):
    """The wheel, as pip would lay it; no pip is needed for it."""
    wheels = [check.options.wheel] if check.options.wheel else glob.glob(f"{TOP}/dist/*.whl")
    if len(wheels) != 1:
        raise RuntimeError(f"one wheel is expected in {TOP}/dist, there are {len(wheels)}; --wheel names one")
    app = f"{check.work}/app"
    shutil.rmtree(app, ignore_errors=True)
    with zipfile.ZipFile(wheels[0]) as wheel:
        for member in wheel.infolist():
            parts = member.filename.split("/")
            if not parts[0].endswith(".data"):
                continue
            to = os.path.join(app, "bin" if parts[1] == "scripts" else "", *parts[2:])
            os.makedirs(os.path.dirname(to), exist_ok=True)
            with open(to, "wb") as f:
                f.write(wheel.read(member))
            os.chmod(to, member.external_attr >> 16 & 0o777)
    check.program = f"{app}/bin/depthmill"
    check.facts["wheel"] = os.path.basename(wheels[0])
    check.facts["program"] = check.run([check.program, "--version"], 30).strip()
    return check.facts["program"]


def info(check):
    import torch
    # The Python's own torch: also where it lies in no environment that the program would look at.
    os.environ["DEPTHMILL_LIBTORCH"] = os.path.dirname(torch.__file__)
    text = check.run([check.program, "info"], 60)
    line = next((l for l in text.splitlines() if l.startswith("LibTorch")), "")
    version = ".".join(torch.__version__.split(".")[:2])
    if version not in line:
        raise RuntimeError(line or "info says nothing of LibTorch")
    devices = next((l for l in text.splitlines() if l.startswith("devices")), "")
    if check.device not in devices:
        raise RuntimeError(f"no {check.device}: {devices}")
    return f"LibTorch {line.split()[-1]}; {devices[len('devices'):].strip()}"


def frames(check):
    """A run folder of generated rooms, extracted and filled: pictures to predict on and depth to train on."""
    raw, run = f"{check.work}/raw", f"{check.work}/run"
    few = ["--scenes", "1", "--frames", "2"] if check.options.rehearse else ["--scenes", "2", "--frames", "8"]
    check.run([check.program, "sample", "--out", raw, *few, "--quiet"], 90)
    check.run([check.program, "run", "--raw", raw, "--stages", "extract,fill", "--out", run, "--quiet"], 120)
    check.images = sorted(glob.glob(f"{run}/planes/**/*.rgb.png", recursive=True))
    if not check.images:
        raise RuntimeError(f"no pictures in {run}")
    check.run_folder = run
    return f"{len(check.images)} frames"


def make_networks(check):
    """conv and vit of tests/bench/make_networks.py, as TorchScript."""
    small = ["--small"] if check.options.rehearse else []
    text = check.run([sys.executable, f"{HERE}/gpu_peer.py", "make", f"{check.work}/networks", *small], 120)
    check.networks = {}
    for name in ("vit", "conv"):
        check.networks[name] = f"{check.work}/networks/{name}.pt"
    return "; ".join(text.strip().splitlines()[-4:])


def train(check):
    """One epoch of two batches, the full network in mixed precision; leaves its weights for the measuring."""
    rehearse = check.options.rehearse
    with open(f"{check.work}/app/share/depthmill/configs/train/" + ("small.ini" if rehearse else "sd-convtrans.ini")) as f:
        text = f.read()
    keep = [line for line in text.splitlines() if line.split("=")[0].strip() not in
            ("train", "layout", "epochs", "batch", "device", "validate_every", "validation_share", "protocol", "best", "warmup")]
    batch = 1 if rehearse else 4
    more = {"data": ["validation_share = 0.25"], "train": ["epochs = 1", f"batch = {batch}", "warmup = 1",
                                                           f"device = {check.device}", f"amp = {'no' if rehearse else 'yes'}"],
            "validate": ["protocol = eigen-nocrop", "best = abs_rel"]}
    config = []
    for line in keep:
        config.append(line)
        section = line.strip()[1:-1] if line.strip().startswith("[") else ""
        config += more.get(section, [])
    with open(f"{check.work}/train.ini", "w") as f:
        f.write("\n".join(config) + "\n")
    text = check.run([check.program, "train", "--config", f"{check.work}/train.ini", "--data", check.run_folder, "--out",
                      f"{check.work}/model", "--restart"], 240)
    weights = sorted(glob.glob(f"{check.work}/model/*.pth"))
    if not weights:
        raise RuntimeError("the training left no weights: " + text.strip().splitlines()[-1])
    check.weights = next((w for w in weights if w.endswith("best.pth")), weights[0])
    return text.strip().splitlines()[-1]


def export(check):
    """The trained network as TorchScript, for Python."""
    check.run([check.program, "export", "--model", "sd-convtrans", "--weights", check.weights, "--out",
               f"{check.work}/networks/sd.pt"], 120)
    return "sd.pt"


def infer_words(check, name, ending=".pt"):
    if name == "sd":
        return ["--model", "sd-convtrans", "--weights", check.weights]
    return ["--model", f"{check.work}/networks/{name}{ending}"]


def predict(check, name, device, precision, limit):
    out = f"{check.work}/pred/{name}-{device}-{precision}"
    shutil.rmtree(out, ignore_errors=True)
    check.run([check.program, "infer", *infer_words(check, name), "--images", check.run_folder, "--limit", "2",
               "--device", device, "--precision", precision, "--depth-format", "npy", "--out", out, "--quiet"], limit)
    return out


def agreement(check, name):
    """Predictions of the GPU beside the processor's, in fp32 and in what narrower arithmetic there is."""
    processor = predict(check, name, "cpu", "fp32", 180)
    said = []
    if check.device == "cpu":
        again = f"{check.work}/again"
        shutil.rmtree(again, ignore_errors=True)
        os.rename(processor, again)
        largest, _ = compare_planes(predict(check, name, "cpu", "fp32", 180), again)
        if largest > TOLERANCE:
            raise RuntimeError(f"the same twice differs by {largest:.2g} m")
        return f"the same twice: {largest:.1e} m"
    problems = []
    for precision in ("fp32", "tf32", "fp16", "bf16"):
        largest, mean = compare_planes(predict(check, name, check.device, precision, 90), processor)
        said.append(f"{precision} {largest:.1e} m (mean {mean:.1e})")
        if (precision == "fp32" and largest > TOLERANCE) or mean > NARROW.get(precision, TOLERANCE):
            problems.append(precision)
    if problems:
        raise RuntimeError("too far from the processor: " + ", ".join(problems) + "; " + ", ".join(said))
    return ", ".join(said)


def python_speeds(check, name, order):
    """Python's images a second under every combination of precision and batch, in one process: the forward pass alone,
    that with channels last, and the plain loop. What there was when it failed or took too long counts, too."""
    file, told = check.networks.get(name) or f"{check.work}/networks/sd.pt", f"{check.work}/{name}.jsonl"
    small = ["--small"] if check.options.rehearse else []
    problem = ""
    try:
        check.run([sys.executable, f"{HERE}/gpu_peer.py", "measure", file, check.device,
                   ",".join(f"{precision}:{batch}" for precision, batch in order), told, *small, *check.images], 100)
    except RuntimeError as e:
        problem = str(e)
    lines = []
    if os.path.exists(told):
        with open(told) as f:
            lines = [json.loads(line) for line in f if line.endswith("\n")]
    for line in lines:
        check.python[name, line.get("precision"), line.get("batch")] = line
    failed = [f"{line['precision']} batch {line['batch']}: {line['failed']}" for line in lines if "failed" in line]
    if problem or failed:
        raise RuntimeError("; ".join(([problem] if problem else []) + failed))
    return f"loop {check.python[name, 'loop', 1]['loop']} images/s"


def measure(check, name, precision, batch, ending=".pt"):
    python = check.python.get((name, precision, batch), {})
    loop = check.python.get((name, "loop", 1), {}).get("loop")
    row = {"network": name, "file": ".pth" if name == "sd" else ending, "precision": precision, "batch": batch,
           "Python loop": loop, "Python forward": python.get("forward"),
           "Python forward, channels last": python.get("channels_last")}
    check.bench.append(row)

    def ours():
        file = f"{check.work}/bench.json"
        check.run([check.program, "bench-infer", *infer_words(check, name, ending), "--images", check.run_folder, "--device",
                   check.device, "--precision", precision, "--batch", batch, "--seconds", check.seconds, "--quiet", "--json", file, "--out",
                   f"{check.work}/bench"], 90)
        with open(file) as f:
            told = json.load(f)
        row["forward only"], row["end to end"] = round(told["forward_only_ips"], 2), round(told["end_to_end_ips"], 2)
        row["of forward only"] = round(told["ratio"], 3)
        if loop:
            row["times Python"] = round(row["end to end"] / loop, 2)
        return f"{row['end to end']} images/s, {row['of forward only']} of forward only"

    check.step(f"bench-infer, {name}{'' if name == 'sd' else ending} {precision} batch {batch}", ours)


def exported(check, name):
    """The network compiled by AOTInductor for this device, in place of the .pt. It takes a C++ compiler."""
    file = f"{check.work}/networks/{name}.pt2"
    small = ["--small"] if check.options.rehearse else []
    check.run([sys.executable, f"{HERE}/gpu_peer.py", "compile", name, file, check.device, *small],
              240 if check.options.rehearse else 100)
    out = f"{check.work}/pred/{name}-pt2"
    shutil.rmtree(out, ignore_errors=True)
    check.run([check.program, "infer", "--model", file, "--images", check.run_folder, "--limit", "2", "--device", check.device,
               "--depth-format", "npy", "--out", out, "--quiet"], 120)
    largest, _ = compare_planes(out, predict(check, name, check.device, "fp32", 90))
    if largest > TOLERANCE:
        raise RuntimeError(f"differs from the .pt by {largest:.2g} m")
    return f"as the .pt to {largest:.1e} m"


def main():
    parser = argparse.ArgumentParser(prog="gpu_check.sh", description=__doc__.split("\n")[0])
    parser.add_argument("--out", default="gpu_check")
    parser.add_argument("--minutes", type=float, default=11)
    parser.add_argument("--wheel")
    parser.add_argument("--rehearse", action="store_true")
    parser.add_argument("--keep", action="store_true")
    check = Check(parser.parse_args())
    check.python, check.weights, check.networks = {}, None, {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # a time limit of the machine's
    try:
        failed = do_all(check)
    finally:
        if check.options.keep:
            check.say(f"gpu_check: everything is in {check.work}")
        else:
            shutil.rmtree(check.work, ignore_errors=True)
    sys.exit(1 if failed else 0)


def do_all(check):
    """True when a step failed."""
    check.seconds = 0.1 if check.options.rehearse else 0.5

    check.step("machine", lambda: find_facts(check))
    if not check.step("unpack the wheel", lambda: unpack(check)) or not check.step("find torch", lambda: info(check)):
        check.say("gpu_check: without program or torch there is nothing to check")
        return True
    if not check.step("make frames", lambda: frames(check)):
        return True
    check.step("make networks", lambda: make_networks(check))
    check.step("train in mixed precision" if check.device == "cuda" else "train", lambda: train(check))
    if check.weights:
        check.step("export for Python", lambda: export(check))
    names = (["sd"] if check.weights else []) + [n for n in ("vit", "conv") if os.path.exists(check.networks.get(n, ""))]
    for name in names:
        check.step(f"GPU as processor, {name}" if check.device == "cuda" else f"infer, {name}", lambda: agreement(check, name))
    # What tells most comes first: the time may end before the list.
    order = [("fp32", 1), ("tf32", 8), ("fp16", 8), ("fp32", 8), ("bf16", 8), ("fp16", 32), ("fp16", 1), ("tf32", 1), ("fp32", 32),
             ("tf32", 32), ("bf16", 32), ("bf16", 1)]
    if check.options.rehearse:
        order = [("fp32", 1), ("fp32", 2)]
    for name in names:
        check.step(f"Python, {name}", lambda: python_speeds(check, name, order))
    left_out = 0
    for at, (precision, batch) in enumerate(order):
        if at == min(6, len(order) - 1):  # compiling takes long: the half of the table that tells most is there
            for name in ("vit", "conv"):
                if check.step(f".pt2, {name}", lambda: exported(check, name)):
                    for few in (1, 8):
                        measure(check, name, "fp32", few, ".pt2")
        for name in names:
            if check.left() < 15:
                left_out += 1
            else:
                measure(check, name, precision, batch)
    if left_out:
        check.step("measuring", lambda: f"{left_out} of {len(order) * len(names)} left out: the time was over")
    failed = [s["step"] for s in check.steps if not s["ok"]]
    with open(f"{check.out}/table.md") as f:
        print("\n" + f.read())
    check.say(f"gpu_check: {len(check.steps) - len(failed)} of {len(check.steps)} steps went well; {check.out}/table.md, result.json"
              + (f"; failed: {', '.join(failed)}" if failed else ""))
    return bool(failed)


main()
