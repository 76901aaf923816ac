#!/usr/bin/env python3
"""Do the tests notice? Makes the small mistakes of scripts/mutants.toml one at a time in a checkout of the last commit
(build/mutants), builds the one test program that ought to notice, and runs it.

  scripts/mutants.py               all of them; takes about half a minute each
  scripts/mutants.py REGEX         those whose file or description matches
  scripts/mutants.py --from 71     those from the 71st on, where a run was cut off
  scripts/mutants.py --list        the table, checked: every place is there once
  scripts/mutants.py --limit 0.05  share of survivors that is tolerated (the default)

A mutant is caught when the program fails, hangs or crashes. Exit code: 0; 1 where more survive than tolerated; 2 where
the table does not fit the code, or a mutant does not compile: those prove nothing and are to be mended."""
import argparse
import pathlib
import re
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "scripts" / "mutants.toml"
TREE = ROOT / "build" / "mutants"
BUILD = TREE / "build" / "dev"
TIMEOUT = 600  # seconds a test program; one that needs longer hangs


def run(*command, **options):
    return subprocess.run([str(word) for word in command], text=True, capture_output=True, **options)


def read_table(root):
    """The mutants of the table that fit the code below root, and a sentence for each that does not."""
    mutants, offences = [], []
    for mutant in tomllib.loads(TABLE.read_text())["mutant"]:
        if mutant.keys() != {"file", "what", "old", "new", "test"}:
            offences.append(f"{mutant.get('what', mutant)}: keys are file, what, old, new, test")
            continue
        file = root / mutant["file"]
        places = file.read_text().count(mutant["old"]) if file.exists() else 0
        if places != 1:
            offences.append(f"{mutant['file']}: {mutant['what']}: `{mutant['old']}` is there {places} times")
        elif mutant["old"] == mutant["new"]:
            offences.append(f"{mutant['file']}: {mutant['what']}: changes nothing")
        else:
            mutants.append(mutant)
    return mutants, offences


def check_out():
    """TREE as the last commit has it, configured; what was built there before is kept."""
    head = run("git", "-C", ROOT, "rev-parse", "HEAD").stdout.strip()
    if not (TREE / ".git").exists():
        TREE.parent.mkdir(exist_ok=True)
        run("git", "-C", ROOT, "worktree", "prune", check=True)
        run("git", "-C", ROOT, "worktree", "add", "--detach", TREE, head, check=True)
    run("git", "-C", TREE, "checkout", "--force", "--detach", head, check=True)
    # What a mistake leaves unused is no reason not to try it.
    configured = run("cmake", "--preset", "dev", "-DDEPTHMILL_WERROR=OFF", cwd=TREE)
    if configured.returncode != 0:
        sys.exit(configured.stdout + configured.stderr)


def build(target, jobs):
    return run("cmake", "--build", BUILD, "--target", target, "-j", jobs)


def program(target):
    found = [p for p in BUILD.glob(f"tests/**/{target}") if p.is_file()]
    return found[0] if found else None


def verdict(mutant, jobs):
    """caught, survived, or broken, and what there is to say."""
    file = TREE / mutant["file"]
    original = file.read_text()
    target, _, tests = mutant["test"].partition(" ")
    file.write_text(original.replace(mutant["old"], mutant["new"]))
    try:
        built = build(target, jobs)
        if built.returncode != 0:
            errors = [line for line in built.stdout.splitlines() if "error" in line]
            return "broken", errors[0] if errors else f"no target {target}"
        try:
            ran = run(program(target), "--gtest_brief=1", f"--gtest_filter={tests or '*'}", timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return "caught", "hangs"
        if ran.returncode == 0:
            return "survived", ""
        failed = re.findall(r"^\[  FAILED  \] (\S+)", ran.stdout, re.M)
        return "caught", failed[0].rstrip(",") if failed else f"exit code {ran.returncode}"
    finally:
        file.write_text(original)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="?", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--limit", type=float, default=0.05)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()

    if not args.list:
        check_out()
    mutants, offences = read_table(ROOT if args.list else TREE)
    for offence in offences:
        print(f"does not fit: {offence}")
    chosen = [m for m in mutants if re.search(args.only, m["file"] + " " + m["what"])]
    if args.list:
        for m in chosen:
            print(f"{m['file']}: {m['what']} ({m['test']})")
        return 2 if offences else 0

    # Without any mutant the tests pass, or nothing that follows means anything.
    for target, _, tests in sorted({m["test"].partition(" ") for m in chosen}):
        built = build(target, args.jobs)
        if built.returncode != 0:
            sys.exit(f"{target} does not build\n{built.stdout}")
        ran = run(program(target), "--gtest_brief=1", f"--gtest_filter={tests or '*'}")
        if ran.returncode != 0 or " 0 tests from" in ran.stdout:
            sys.exit(f"{target} {tests} fails, or is no test, as the code is\n{ran.stdout[-2000:]}")

    count = {"caught": 0, "survived": 0, "broken": 0}
    for number, m in list(enumerate(chosen, 1))[args.first - 1:]:
        begin = time.monotonic()
        result, note = verdict(m, args.jobs)
        count[result] += 1
        print(f"[{number}/{len(chosen)}] {result:8} {m['file']}: {m['what']}" + (f" ({note})" if note else "") +
              f" {time.monotonic() - begin:.0f} s", flush=True)
    tried = count["caught"] + count["survived"]
    share = count["survived"] / tried if tried else 0
    print(f"{count['caught']} of {tried} caught, {count['survived']} survived ({100 * share:.1f} %)"
          + (f", {count['broken']} broken" if count["broken"] else ""))
    if offences or count["broken"]:
        return 2
    return 1 if share > args.limit else 0


if __name__ == "__main__":
    sys.exit(main())
