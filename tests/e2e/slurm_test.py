#!/usr/bin/env python3
"""A job in parts on a real Slurm of this machine's own (scripts/slurm/local-cluster.sh): whatever is killed, lost,
preempted, repeated or cancelled, the merged folder has the bytes of a single process.

  DEPTHMILL_SLURM=1 tests/e2e/slurm_test.py build/release/bin/depthmill [NAME...]

Skipped (exit code 77) without DEPTHMILL_SLURM, root or the packages of 'scripts/setup.sh --slurm': it takes minutes."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CLUSTER = ROOT / "scripts/slurm/local-cluster.sh"
SUBMIT = ROOT / "scripts/slurm/submit.sh"
DERIVED_WHEN = {"journal", "timing.csv"}  # tell when something was done, and by whom


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def call(*words, check=True, **options):
    done = subprocess.run([str(w) for w in words], text=True, capture_output=True, **options)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def folder_bytes(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file() and p.name not in DERIVED_WHEN}


def wait_for(what, condition, seconds=300):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise RuntimeError(f"waited {seconds} s in vain for {what}")


class Trial:
    """A job's run folder in a place of its own, beside the one that a single process made."""

    def __init__(self, program, place, raw):
        self.program, self.place, self.raw = program, place, raw
        self.job = ["run", "--stages", "extract,fill", "--raw", raw, "--out", "o", "--quiet"]

    def whole(self):
        place = self.place / "whole"
        place.mkdir()
        call(self.program, *self.job, "--threads", "2", cwd=place)
        return place / "o"

    def begin(self, name):
        self.here = self.place / name
        self.here.mkdir()
        self.out = self.here / "o"

    def submit(self, shards, *options):
        said = call(SUBMIT, "--shards", shards, "--cpus", 2, "--mem", "900M", "--depthmill", self.program, *options, "--",
                    *self.job, cwd=self.here).stdout
        print("  " + said.strip(), flush=True)
        return said.split("parts: ")[1].split(";")[0]

    def part(self, k, n):
        return self.out / f"shards/{k}-of-{n}"

    def wait_for_frame(self, k, n):
        journal = self.part(k, n) / "journal"
        wait_for(f"a frame of part {k}", lambda: journal.exists() and b"\tframe\t" in journal.read_bytes())

    def processes(self, k, n):
        """Of the program, at work on part k."""
        said = call("pgrep", "-f", f"^{self.program} .*--out o .*--shard", check=False).stdout.split()
        found = []
        for pid in said:
            try:
                environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                where = os.readlink(f"/proc/{pid}/cwd")
            except OSError:
                continue
            if f"SLURM_ARRAY_TASK_ID={k}".encode() in environment and where == str(self.here):
                found.append(int(pid))
        return found

    def wait_for_merge(self, seconds=400):
        def merged():
            # A merge that has given the parts another name is still clearing them away.
            left = [self.out / name for name in ("shards", ".shards.over")]
            return (self.out / "manifest.csv").exists() and not any(one.exists() for one in left)
        try:
            wait_for("the merge", merged, seconds)
        except RuntimeError:
            for log in sorted((self.here / "o.logs").glob("*")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}")
            print(call("squeue", check=False).stdout, call("sinfo", check=False).stdout)
            raise


def array_of_4(t):
    t.submit(4)


def array_of_16(t):
    t.submit(16)


def a_task_is_killed(t):
    t.submit(4)
    t.wait_for_frame(2, 4)
    wait_for("its process", lambda: t.processes(2, 4) or (t.part(2, 4) / "config.ini").exists())
    for pid in t.processes(2, 4):
        os.kill(pid, 9)


def a_node_goes_down(t):
    t.submit(4)
    t.wait_for_frame(1, 4)
    call("scontrol", "update", "nodename=n1", "state=down", "reason=test")
    time.sleep(3)
    call("scontrol", "update", "nodename=n1", "state=resume", check=False)  # it may have come back by itself


def a_task_is_preempted(t):
    t.submit(4)
    t.wait_for_frame(1, 4)
    call("sbatch", "--partition=urgent", "--exclusive", "--nodes=2", "--output=/dev/null", "--wrap", "sleep 2")


def a_task_runs_twice(t):
    t.submit(2)
    t.wait_for_frame(1, 2)
    second = call(t.program, *t.job, "--shard", "1/2", cwd=t.here, check=False)
    assert second.returncode in (0, 4), second.stderr  # it yields, unless the first is over


def cancelled_and_submitted_again(t):
    jobs = t.submit(4)
    t.wait_for_frame(1, 4)
    call("scancel", "--name=depthmill-merge")
    for job in jobs.split(":"):
        call("scancel", job)
    wait_for("the end of all jobs", lambda: not call("squeue", "-h").stdout.strip())
    t.submit(4)


def the_time_limit_is_reached(t):
    # Slurm counts in minutes and looks every half: the job has to take longer, and the notice comes within its first.
    more = t.place / "more"
    call(t.program, "sample", "--scenes", 4, "--frames", 80, "--seed", 6, "--quiet", "--out", more)
    t.job[t.job.index("--raw") + 1] = more
    whole = t.place / "more_whole"
    whole.mkdir()
    call(t.program, *t.job, "--threads", "2", cwd=whole)
    t.submit(1, "--time", 1, "--notice", 30)
    return folder_bytes(whole / "o")


TRIALS = [array_of_4, array_of_16, a_task_is_killed, a_node_goes_down, a_task_is_preempted, a_task_runs_twice,
          cancelled_and_submitted_again, the_time_limit_is_reached]


def main():
    if "DEPTHMILL_SLURM" not in os.environ:
        skip("DEPTHMILL_SLURM is not set; the test on a real Slurm takes minutes")
    if os.geteuid() != 0:
        skip("a Slurm of one's own needs root")
    for tool in ("munged", "slurmctld", "slurmd", "sbatch"):
        if not shutil.which(tool) and not shutil.which(tool, path="/usr/sbin"):
            skip(f"there is no {tool}: scripts/setup.sh --slurm")
    program = pathlib.Path(sys.argv[1]).resolve()
    place = pathlib.Path(tempfile.mkdtemp(prefix="depthmill.slurm."))
    place.chmod(0o755)  # munged wants its socket within everybody's reach
    cluster = place / "cluster"
    failed = []
    try:
        call(program, "sample", "--scenes", 4, "--frames", 14, "--seed", 4, "--quiet", "--out", place / "raw")
        trial = Trial(program, place, place / "raw")
        standard = folder_bytes(trial.whole())
        conf = call(CLUSTER, "start", cluster).stdout.strip().split("=", 1)[1]
        os.environ["SLURM_CONF"] = conf
        for one in TRIALS:
            if len(sys.argv) > 2 and one.__name__ not in sys.argv[2:]:
                continue
            print(f"{one.__name__}:", flush=True)
            begin = time.monotonic()
            trial.begin(one.__name__)
            try:
                expected = one(trial) or standard
                trial.wait_for_merge()
                got = folder_bytes(trial.out)
                wrong = sorted(n for n in expected.keys() | got.keys() if expected.get(n) != got.get(n))
                assert not wrong, f"differ: {wrong[:5]} ({len(wrong)})"
                again = call(program, "verify", trial.out)
                wait_for("an empty queue", lambda: not call("squeue", "-h").stdout.strip(), 60)
                restarts = len(list((trial.here / "o.logs").glob("*.[1-9]*.log")))
                print(f"  equal, {time.monotonic() - begin:.0f} s, {restarts} restarts; {again.stdout.strip()}", flush=True)
            except Exception as e:  # one that fails does not hide the others
                print(f"  FAILED: {e}", flush=True)
                failed.append(one.__name__)
                call("scancel", "-u", "root", check=False)
                time.sleep(5)
    finally:
        call(CLUSTER, "stop", cluster, check=False)
        if not failed:
            shutil.rmtree(place, ignore_errors=True)
    if failed:
        print(f"failed: {', '.join(failed)}; everything lies in {place}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
