#!/usr/bin/env python3
"""See tools/faults.py tell a fault that cannot be planted from one that was found, and refuse a wrong line before it plants anything."""
import contextlib
import io
import os
import pathlib
import subprocess
import sys
import unittest
from unittest import mock

import faults

BUILD = pathlib.Path(os.environ.get("AIRLOCK_BUILD", faults.without.ROOT / "build" / "release"))
FILE = "core/slot/frame.cc"
LINE = "}  // namespace airlock::slot\n"


def fault_that_puts(put, take=LINE, file=FILE):
    return {"name": "planted", "what": "a test's", "met": "here", "changes": [{"file": file, "take": take, "put": put}]}


class Faults(unittest.TestCase):
    def run_main(self, fault, *words):
        """The status and what was said on both outputs; nothing is copied, built or swept."""
        out, err = io.StringIO(), io.StringIO()
        with mock.patch.object(faults, "read_faults", lambda: [fault]), mock.patch.object(faults.without, "sync") as sync, \
             mock.patch.object(faults, "build") as build, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            build.side_effect = AssertionError("it was built")
            status = faults.main(list(words))
        self.copied = sync.called
        return status, out.getvalue(), err.getvalue()

    def test_a_fault_whose_text_is_gone_is_neither_found_nor_missed(self):
        gone = fault_that_puts("", take="no such text")
        status, out, err = self.run_main(gone, "planted")
        self.assertEqual(status, faults.UNPLANTED, out + err)
        self.assertIn(f"cannot be planted: planted: {FILE}: the text stands there 0 times", err)
        self.assertNotIn("found", out)
        self.assertFalse(self.copied)
        status, out, err = self.run_main(gone, "--all")
        self.assertEqual(status, 1)
        self.assertIn("faults=1 found=0 missed=0 unplanted=1", out)

    def test_a_fault_with_which_nothing_builds_is_neither_found_nor_missed(self):
        with mock.patch.object(faults, "sweep", side_effect=faults.Unplanted("the project does not build with it")):
            status, out, err = self.run_main(fault_that_puts(LINE), "planted")
        self.assertEqual(status, faults.UNPLANTED)
        self.assertIn("cannot be planted: planted: the project does not build", err)

    def test_the_check_compiles_what_is_planted_with_the_warnings_of_the_build(self):
        if not (BUILD / "compile_commands.json").exists():
            self.skipTest("no build")
        broken = {"no program": "int f( {\n" + LINE, "of an unknown name": "int f() { return nobody; }\n" + LINE,
                  "a function that nobody calls": "static int f() { return 0; }\n" + LINE}
        for what, put in broken.items():
            status, out, err = self.run_main(fault_that_puts(put), "--check", "--build", str(BUILD))
            self.assertEqual(status, 1, what)
            self.assertIn(f"cannot be planted: planted: {FILE} does not compile with it", err)
            self.assertIn("0 of 1 faults can be planted", out)
        status, out, err = self.run_main(fault_that_puts("int f();\n" + LINE), "--check", "--build", str(BUILD))
        self.assertEqual((status, out), (0, "1 of 1 faults can be planted\n"), err)

    def test_the_check_compiles_those_who_include_a_header(self):
        if not (BUILD / "compile_commands.json").exists():
            self.skipTest("no build")
        broken = fault_that_puts("}  // namespace airlock::bare\nint f( {\n", take="}  // namespace airlock::bare\n", file="core/bare/bare.h")
        status, _, err = self.run_main(broken, "--check", "--build", str(BUILD))
        self.assertEqual(status, 1, err)

    def test_the_check_fails_where_nothing_was_built(self):
        status, _, err = self.run_main(fault_that_puts(LINE), "--check", "--build", "/nowhere")
        self.assertEqual(status, 1)
        self.assertIn("make build", err)

    def test_a_wrong_line_plants_nothing(self):
        for words in ([], ["--al"], ["--plant"], ["nobody"], ["planted", "planted"], ["--check", "planted"]):
            ran = subprocess.run([sys.executable, faults.__file__, *words], capture_output=True, text=True, timeout=60)
            self.assertEqual(ran.returncode, faults.WRONG_LINE, words)
            self.assertEqual(ran.stdout, "")
        ran = subprocess.run([sys.executable, faults.__file__, "--help"], capture_output=True, text=True, timeout=60)
        self.assertEqual(ran.returncode, 0)
        self.assertIn("3 where the fault cannot be planted", ran.stdout)


if __name__ == "__main__":
    unittest.main()
