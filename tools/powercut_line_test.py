#!/usr/bin/env python3
"""See airlock-powercut do what its line says, in whatever order, and tell it to scripts."""
import json
import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("AIRLOCK_BUILD", ROOT / "build" / "release")) / "airlock-powercut"


class Line(unittest.TestCase):
    def run_program(self, *words, status=0):
        ran = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=600)
        self.assertEqual(ran.returncode, status, ran.stdout + ran.stderr)
        return ran

    def test_as_many_triples_are_drawn_as_are_asked_for_whatever_else_is_swept(self):
        for words in (("--triples", "40", "--share", "none"), ("--share", "none", "--triples", "40")):
            said = json.loads(self.run_program(*words, "--json").stdout)
            self.assertEqual((said["triples"], said["cuts"], said["bricks"], said["wrong"], said["unconsented"]), (40, 0, 0, 0, 0), words)
            self.assertEqual(said["harm"], [])
        self.assertEqual(json.loads(self.run_program("--share", "none", "--json").stdout)["triples"], 0)

    def test_people_get_a_line_of_the_same_figures_and_see_how_far_it_is(self):
        ran = self.run_program("--share", "none", "--triples", "40")
        self.assertIn("cuts=0 pairs=0 triples=40 bricks=0 wrong=0 unconsented=0\n", ran.stdout)
        self.assertIn("1 of 1 parts\n", ran.stderr)

    def test_help_explains_each_option_and_a_wrong_line_is_refused(self):
        said = self.run_program("--help").stdout
        for option in ("--share none", "--triples N  ", "--keep-going  ", "--seed N  ", "--jobs N  ", "--json  "):
            self.assertIn(f"\n  {option}", said)
        for words in (["--share", "most"], ["--triples"], ["--triples", "-1"], ["--jobs", "0"], ["--plenty"]):
            self.assertIn("usage: ", self.run_program(*words, status=2).stderr)


if __name__ == "__main__":
    unittest.main()
