#!/usr/bin/env python3
"""Carries out a Dockerfile or an Apptainer definition in a folder that is the image's root, by chroot.

usage: run_recipe.py RECIPE ROOT [--arg NAME=VALUE]... --then COMMAND

ROOT must hold what FROM names (debian:bookworm-slim). COMMAND is run as the image would run one: in its environment,
through a shell. What these two recipes use is understood, and anything else is an error.
"""
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys

BASE = "debian:bookworm-slim"
PLAIN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Image:
    def __init__(self, recipe, root):
        self.folder, self.root = os.path.dirname(os.path.abspath(recipe)), root
        self.environment, self.workdir = {"PATH": PLAIN_PATH, "HOME": "/root"}, "/"

    def copy(self, pattern, to):
        files = glob.glob(os.path.join(self.folder, pattern))
        if not files:
            sys.exit(f"run_recipe: nothing is called {pattern} beside the recipe")
        for file in files:
            shutil.copy(file, self.root + to)

    def run(self, command, extra=None):
        print(f"run_recipe: {command.strip()}", flush=True)
        subprocess.run(["chroot", self.root, "/usr/bin/env", "-i", *[f"{k}={v}" for k, v in
                        {**self.environment, **(extra or {})}.items()], "/bin/sh", "-ec",
                        f"mkdir -p {self.workdir}; cd {self.workdir}; {command}"], check=True)


def docker(text, image, arguments):
    known = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        if not word or word.startswith("#"):
            continue
        if word == "FROM":
            if rest != BASE:
                sys.exit(f"run_recipe: there is no {rest} here, only {BASE}")
        elif word == "ARG":
            name, _, value = rest.partition("=")
            known[name] = arguments.get(name, value)
        elif word == "COPY":
            image.copy(*rest.split())
        elif word == "RUN":
            image.run(rest, known)
        elif word == "ENV":
            name, _, value = rest.partition("=")
            image.environment[name] = value
        elif word == "WORKDIR":
            image.workdir = rest
        elif word not in ("ENTRYPOINT", "CMD"):
            sys.exit(f"run_recipe: {word} is not understood")


def apptainer(text, image, arguments):
    head, *sections = re.split(r"^%(\w+)[ \t]*\n", text, flags=re.M)
    if f"From: {BASE}" not in head:
        sys.exit(f"run_recipe: only {BASE} is here")
    sections = dict(zip(sections[::2], sections[1::2]))
    for line in sections.pop("files").split("\n"):
        if line.strip():
            image.copy(*line.split())
    post = sections.pop("post")
    if "TORCH" in arguments:
        post = re.sub(r'"torch==[^"]*"', shlex.quote(arguments["TORCH"]), post)
    image.run(post)
    for line in sections.pop("environment").splitlines():
        if line.strip():
            name, value = line.strip().removeprefix("export ").split("=", 1)
            image.environment[name] = value
    image.run(sections.pop("test"))
    sections.pop("runscript")
    if sections:
        sys.exit(f"run_recipe: %{next(iter(sections))} is not understood")


def main():
    recipe, root, *rest = sys.argv[1:]
    arguments, then = {}, ""
    while rest:
        option, value = rest.pop(0), rest.pop(0)
        if option == "--arg":
            name, _, what = value.partition("=")
            arguments[name] = what
        elif option == "--then":
            then = value
    image = Image(recipe, root)
    text = open(recipe).read()
    (docker if os.path.basename(recipe) == "Dockerfile" else apptainer)(text, image, arguments)
    image.run(then)


main()
