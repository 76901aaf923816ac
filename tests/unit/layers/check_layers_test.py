#!/usr/bin/env python3
"""scripts/check_layers.py on small trees made here: what must be an offence is one, and what must not is none."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "scripts" / "check_layers.py"
CLEAN = {
    "colorization/levin.h": '#include "image.h"\n',
    "colorization/image.h": "",
    "metrics/errors.h": "",
    "stages/base/frame.h": "#include <opencv2/core.hpp>\n",
    "stages/io/png.cpp": '#include <isa-l/igzip_lib.h>\n#include "stages/base/frame.h"\n',
    "stages/networks/sd_convtrans/training/train.cpp": '#include "stages/scoring/score.h"\n',
    "stages/scoring/score.h": '#include "metrics/errors.h"\n',
    "pipeline/commands/run.cpp": '#include <boost/any.hpp>\n#include "stages/scoring/score.h"\n',
}


class CheckLayers(unittest.TestCase):
    def run_on(self, extra):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**CLEAN, **extra}.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            result = subprocess.run([sys.executable, SCRIPT, "--root", root], capture_output=True, text=True, check=False)
        return result.returncode, result.stdout

    def offends(self, extra, *words):
        code, text = self.run_on(extra)
        self.assertEqual(code, 1, text)
        self.assertEqual(len(text.splitlines()), 1, text)
        for word in words:
            self.assertIn(word, text)

    def test_a_clean_tree_passes(self):
        self.assertEqual(self.run_on({})[0], 0)

    def test_a_new_room_without_a_row_fails(self):
        self.offends({"stages/journal/journal.h": ""}, "stages/journal/journal.h", "lies in no room")

    def test_a_file_in_the_hall_fails(self):
        self.offends({"stages/helper.h": ""}, "stages/helper.h", "lies in no room")

    def test_arrows_do_not_turn_back(self):
        self.offends({"stages/base/stage.h": '#include "stages/io/png.h"\n'}, "stages/base/stage.h:1", "must not include")

    def test_a_stage_does_not_include_another(self):
        self.offends({"stages/fill/fill.cpp": '#include "stages/extract/extract.h"\n'}, "stages/fill must not include")

    def test_a_library_includes_nothing_of_the_program(self):
        self.offends({"metrics/align.cpp": '#include "stages/base/frame.h"\n'}, "metrics must not include")
        self.offends({"colorization/fill.cpp": '#include "metrics/errors.h"\n'}, "colorization must not include")

    def test_nobody_includes_the_program(self):
        self.offends({"stages/scoring/totals.cpp": '#include "pipeline/threads.h"\n'}, "stages/scoring must not include")

    def test_third_parties_stay_where_they_belong(self):
        for room, header in (("metrics", "opencv2/core.hpp"), ("stages/fill", "hdf5.h"), ("stages/base", "torch/script.h"),
                             ("stages/report", "tbb/task.h"), ("stages/io", "boost/any.hpp"), ("pipeline", "matio.h")):
            self.offends({f"{room}/odd.cpp": f"#include <{header}>\n"}, f"{room}/odd.cpp:1", header, "belongs to")

    def test_headers_form_no_circle(self):
        self.offends({"metrics/a.h": '#include "metrics/b.h"\n', "metrics/b.h": '#include "metrics/a.h"\n'}, "circle")

    def test_a_header_that_is_nowhere_fails(self):
        self.offends({"metrics/c.cpp": '#include "gone.h"\n'}, "metrics/c.cpp:1", "neither named from the root")

    def test_a_file_with_a_rooms_name_in_front_is_not_in_it(self):
        self.offends({"stages/iodine/x.h": ""}, "lies in no room")


class Table(unittest.TestCase):
    def test_contributing_has_the_table(self):
        table = subprocess.run([sys.executable, SCRIPT, "--table"], capture_output=True, text=True, check=True).stdout
        self.assertIn(table.strip(), (SCRIPT.parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8"),
                      "CONTRIBUTING.md: put in what scripts/check_layers.py --table prints")


if __name__ == "__main__":
    unittest.main()
