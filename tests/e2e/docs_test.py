#!/usr/bin/env python3
"""Every command of the pages of jobs runs as it stands there.

  tests/e2e/docs_test.py build/dev/bin/depthmill

Exit code 77 where this program has no LibTorch, which one of the pages needs."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PAGES = ("preprocess", "infer", "tables")
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


def main(program):
    info = subprocess.run([program, "info"], capture_output=True, text=True, check=True).stdout
    without_torch = "loaded" not in info
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    for page in PAGES:
        if page == "infer" and without_torch:
            print(f"{page}: skipped, there is no LibTorch")
            continue
        text = (DOCS / f"{page}.md").read_text()
        blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
        commands = "".join(blocks)
        assert commands.count("depthmill ") >= 5, f"{page}: {len(blocks)} blocks"
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=folder, env=environment,
                                  capture_output=True, text=True)
            assert done.returncode == 0, f"{page}: exit code {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            # What the page names is there.
            for named in re.findall(r"`((?:runs|table|named|nyu_bts|scores)/[^`<>{}]*)`", text):
                assert (pathlib.Path(folder) / named).exists(), f"{page}: {named} is not there"
        print(f"{page}: {commands.count('depthmill ')} commands")
    return 77 if without_torch else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
