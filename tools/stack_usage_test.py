#!/usr/bin/env python3
"""See tools/stack_usage.py find the deepest path of small programs for a Cortex-M4, and refuse what has none."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMPILER = "arm-none-eabi-g++"
FLAGS = ("-mcpu=cortex-m4", "-mthumb", "-std=c++23", "-Os", "-ffreestanding", "-fno-exceptions", "-fno-rtti",
         "-fcallgraph-info=su", "-nostartfiles", "-nostdlib", "-Wl,-e,root")


@unittest.skipIf(shutil.which(COMPILER) is None, f"not installed: {COMPILER} (tools/install_packages.sh bare)")
class StackUsage(unittest.TestCase):
    def judge(self, text, *args, forget=False, beside=None):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "planted.cc").write_text(f"#define KEEP(size) volatile char kept[size]; kept[0] = 1\n{text}")
            subprocess.run([COMPILER, *FLAGS, "planted.cc", "-c", "-o", "planted.o"], cwd=folder, check=True,
                           capture_output=True)
            subprocess.run([COMPILER, *FLAGS, "planted.o", "-o", "planted.elf"], cwd=folder, check=True)
            if forget:
                (folder / "planted.ci").unlink()
            if beside:
                self.plant_library(folder, *beside)
            ran = subprocess.run([sys.executable, ROOT / "tools/stack_usage.py", folder, "--program", "planted", "--root", "root",
                                  *args], capture_output=True, text=True)
            return ran.returncode, ran.stdout + ran.stderr

    def plant_library(self, folder, name, text, is_linked):
        """An archive whose functions are named as those of the program, and the map that says whether it was taken."""
        objects = folder / f"CMakeFiles/{name}.dir"
        objects.mkdir(parents=True)
        (objects / "other.cc").write_text(text)
        subprocess.run([COMPILER, *FLAGS, "other.cc", "-c", "-o", "other.o"], cwd=objects, check=True)
        (folder / f"lib{name}.a").touch()
        (folder / "planted.map").write_text(f"lib{name}.a(other.o)" if is_linked else "")

    DEEP = """
        [[gnu::noinline]] void shallow() { KEEP(2000); }
        [[gnu::noinline]] void below() { KEEP(1000); }
        [[gnu::noinline]] void deep() { KEEP(1500); below(); }
        extern "C" void root() { shallow(); deep(); }"""

    def test_adds_up_the_deepest_path_and_no_other(self):
        status, said = self.judge(self.DEEP, "--max", "2600")
        self.assertEqual(status, 0, said)
        self.assertNotIn("shallow", said)
        self.assertGreaterEqual(int(said.split()[-4]), 2500)

    def test_fails_above_the_bound(self):
        status, said = self.judge(self.DEEP, "--max", "2500")
        self.assertEqual(status, 1)
        self.assertIn("above 2500 bytes", said)

    def test_refuses_a_program_of_which_it_knows_nothing(self):
        status, said = self.judge(self.DEEP, "--max", "2600", forget=True)
        self.assertEqual(status, 1, said)
        self.assertIn("nothing is known of ", said)

    def test_leaves_out_a_library_of_which_the_program_took_nothing(self):
        other = "extern void below(); [[gnu::noinline]] void deep() { volatile char kept[9000]; kept[0] = 1; below(); }"
        for is_linked in (False, True):
            status, said = self.judge(self.DEEP, "--max", "2600", beside=("other", other, is_linked))
            self.assertEqual(status, 1 if is_linked else 0, said)

    def test_follows_a_call_through_a_table_of_virtual_functions(self):
        status, said = self.judge("""
            struct Face { virtual void act() = 0; };
            struct Small final : Face { void act() override { KEEP(100); } };
            struct Large final : Face { void act() override { KEEP(3000); } };
            extern "C" void __cxa_pure_virtual() {}
            Small small; Large large; Face* volatile faces[] = {&small, &large};
            extern "C" void root(int which) { faces[which]->act(); }""", "--max", "2999")
        self.assertEqual(status, 1, said)
        self.assertIn("above 2999 bytes", said)

    def test_refuses_recursion_and_a_frame_without_a_bound(self):
        status, said = self.judge("""
            [[gnu::noinline]] int again(int n) { KEEP(64); return n == 0 ? kept[0] : again(n - 1) + kept[0]; }
            extern "C" int root(int n) { return again(n); }""")
        self.assertEqual(status, 1, said)
        self.assertIn("recursion: ", said)
        status, said = self.judge("""
            extern "C" void root(int n) { auto* p = static_cast<volatile char*>(__builtin_alloca(n)); p[0] = 1; }""")
        self.assertEqual(status, 1, said)
        self.assertIn("frames without a bound: root", said)


if __name__ == "__main__":
    unittest.main()
