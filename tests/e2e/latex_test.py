#!/usr/bin/env python3
"""Tables for a paper, compiled: pdflatex takes them as they are, and none is wider than a column of two.

  tests/e2e/latex_test.py build/dev/bin/depthmill

Exit code 77 where there is no pdflatex (Debian: texlive-latex-recommended)."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PAPER = r"""\documentclass[twocolumn]{article}
\usepackage[T1]{fontenc}
\usepackage{booktabs,graphicx}
\newsavebox{\measured}
\let\asbefore\resizebox
\renewcommand{\resizebox}[3]{\sbox{\measured}{#3}\typeout{WIDTH \the\wd\measured\space OF \the\linewidth}\asbefore{#1}{#2}{\usebox{\measured}}}
\begin{document}
\input{tables.tex}
\end{document}
"""


def main(program):
    if not shutil.which("pdflatex"):
        print("skipped: there is no pdflatex (Debian: texlive-latex-recommended)")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        def run(*arguments):
            subprocess.run([program, *arguments, "--quiet"], check=True, cwd=folder)

        run("sample", "--out", "raw", "--scenes", "2", "--frames", "2", "--seed", "3")
        run("extract", "--raw", "raw", "--out", "run")
        for method in ("levin", "cross-bilateral", "none"):
            run("fill", "--in", "run", "--method", method, "--out", method)
            run("evaluate", "--pred", method, "--pred-plane", "depth", "--gt", "raw/truth", "--protocol",
                "eigen,marigold,zoedepth,fastdepth", "--depth-ranges", "0,2,4,10", "--out", f"{method}/scores")
        runs = ",".join(f"{method}/scores=The {method} fill at 100% of A_B & C" for method in
                        ("levin", "cross-bilateral", "none"))
        for number, more in enumerate(([], ["--columns", "abs_rel,rmse,d1", "--percent", "--digits", "2", "--sort", "rmse"],
                                       ["--intervals"], ["--intervals", "--by", "scene,type,depth"],
                                       ["--join", "eigen,marigold", "--stars", f"The levin fill at 100% of A_B & C"])):
            out = pathlib.Path(folder) / f"report{number}"
            run("report", "--metrics", runs, "--format", "latex", "--pictures", "0", "--out", str(out), *more)
            (out / "paper.tex").write_text(PAPER)
            for _ in range(2):
                made = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"], cwd=out,
                                      capture_output=True, text=True, errors="replace")
                assert made.returncode == 0, made.stdout[-3000:]
            log = (out / "paper.log").read_text(errors="replace")
            wide = re.findall(r"^Overfull .*", log, re.M)
            assert not wide, f"{more}: {wide}"
            tables = (out / "tables.tex").read_text()
            # What is made as narrow as a column can still be read.
            widths = re.findall(r"WIDTH ([\d.]+)pt OF ([\d.]+)pt", log)
            assert widths and all(float(own) < 1.75 * float(column) for own, column in widths), f"{more}: {widths}"
            if "--join" in more:
                assert r"Method & Alignment" in tables and "scale and shift" in tables and "Holm" in tables
                assert tables.count(r"\begin{table}") == 3, more
            elif "--by" in more:
                made = tables.count(r"\begin{table}")
                assert "by scene" in tables and "by true depth" in tables and made >= 9, made
            else:
                assert tables.count(r"\begin{table}") == 4, more
            if more and more[0] == "--columns":
                rows = [line for line in tables.splitlines() if "The " in line and "&" in line]
                assert all(line.count(" & ") == 4 for line in rows[:9]), rows  # three metrics and the images; fastdepth has no rmse
                best = [float(re.sub(r"[^0-9.]", "", row.split(" & ")[2])) for row in rows[:3]]
                assert best == sorted(best), f"sorted by rmse: {best}"
                assert r"$\delta_1$ (\%)" in tables
            print(f"{' '.join(more) or 'as they are'}: compiled, no box too wide")
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
