#!/usr/bin/env python3
"""The man pages as mandoc reads them, and the completion as an interactive bash uses it.

usage: manual_test.py DEPTHMILL_PROGRAM SHARE_FOLDER

Exit code 77 (skipped) where mandoc or bash is missing.
"""
import glob
import os
import pty
import select
import shutil
import subprocess
import sys
import time

PATIENCE = 120  # seconds until a shell that says nothing is given up


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def check_pages(program, share):
    pages = sorted(glob.glob(f"{share}/man/man1/*.1"))
    check(len(pages) > 15, f"{len(pages)} pages in {share}/man/man1")
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], capture_output=True, text=True)
    check(lint.returncode == 0 and not lint.stdout, f"mandoc warns:\n{lint.stdout}{lint.stderr}")
    # What a reader sees of one page holds every flag that --help names.
    text = subprocess.run(["mandoc", "-T", "utf8", f"{share}/man/man1/depthmill-evaluate.1"], capture_output=True, text=True,
                          check=True).stdout
    plain = "".join(text[i] for i in range(len(text)) if text[i] != "\b" and text[i + 1 : i + 2] != "\b")
    help_text = subprocess.run([program, "evaluate", "--help"], capture_output=True, text=True, check=True).stdout
    flags = {word for line in help_text.splitlines() if line.startswith("  --") for word in line.split()[:1]}
    check(len(flags) > 20, f"flags of --help: {flags}")
    for flag in flags:
        check(flag in plain, f"{flag} is not in the page as it is read")
    check("depthmill evaluate --pred" in plain, "an example cannot be copied from the page")


class Shell:
    """An interactive bash on a terminal of its own, with the completion loaded."""

    def __init__(self, program, share):
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.environ.update(PS1="$ ", TERM="dumb", INPUTRC="/dev/null", COLUMNS="500",
                              PATH=os.path.dirname(program) + ":" + os.environ["PATH"])
            os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
        self.type(f"stty cols 500; source {share}/bash-completion/completions/depthmill; echo rea''dy\n")
        self.wait_for("ready\r\n")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def wait_for(self, text):
        seen, end = "", time.monotonic() + PATIENCE
        while text not in seen.replace("\a", ""):
            check(time.monotonic() < end, f"the shell never shows {text!r}, but {seen!r}")
            if select.select([self.terminal], [], [], 1)[0]:
                seen += os.read(self.terminal, 65536).decode(errors="replace")
        return seen

    def completes(self, line, to):
        self.type(line + "\t")
        self.wait_for(to)
        self.type("\x15")  # the line is taken away


def check_completion(program, share):
    shell = Shell(program, share)
    shell.completes("depthmill eval", "depthmill evaluate ")
    shell.completes("depthmill baseline m", "depthmill baseline mean ")
    shell.completes("depthmill fill --keep", "depthmill fill --keep-known ")
    shell.completes("depthmill evaluate --protocol eigen,lai", "depthmill evaluate --protocol eigen,laina ")
    shell.completes("depthmill fill --depth-format=np", "depthmill fill --depth-format=npy ")
    shell.completes(f"depthmill fill --in {share}/ma", f"depthmill fill --in {share}/man/")
    shell.type("exit\n")


def main():
    program, share = map(os.path.abspath, sys.argv[1:3])
    for tool in ("mandoc", "bash"):
        if not shutil.which(tool):
            print(f"skipped: there is no {tool} (scripts/setup.sh installs it)")
            sys.exit(77)
    check_pages(program, share)
    check_completion(program, share)
    print("man pages and completion: all well")


main()
