#!/usr/bin/env python3
"""See tools/map_size.py read a link map, and fail above a bound and where it would read nothing."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = """Discarded input sections
 .text.gone     0x00000000    0x90000 libcore_slot.a(store.cc.obj)
Linker script and memory map

"""


class MapSize(unittest.TestCase):
    def judge(self, *rows, options=("--max",)):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "planted.map")
            file.write_text(HEAD + "\n".join(rows) + "\n")
            ran = subprocess.run([sys.executable, ROOT / "tools/map_size.py", file, *options], capture_output=True, text=True)
            return ran.returncode, ran.stdout + ran.stderr

    CORE = (" .text.boot     0x00000100      0x200 libcore_slot.a(boot.cc.obj)",
            " .rodata._ZN7airlock4slot12_GLOBAL__N_16kTableE\n                0x00000300      0x100 libcore_slot.a(boot.cc.obj)",
            " .text.sha      0x00000500       0x80 libcore_crypto.a(sha256.cc.obj)")

    def test_adds_up_what_was_linked_room_by_room(self):
        status, said = self.judge(*self.CORE, " .bss.kept      0x20000000     0x1000 CMakeFiles/airlock-mcu.dir/main.cc.obj")
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"core/slot +768 bytes of flash")
        self.assertRegex(said, r"static RAM +4096 bytes")

    def test_names_each_object_of_a_room_where_it_is_asked_to(self):
        _, said = self.judge(*self.CORE, " .text.swap     0x00000600       0x10 libcore_slot.a(exchange.cc.obj)", options=("--objects",))
        self.assertRegex(said, r"core/slot +784 bytes of flash\n    boot +768\n    exchange +16\n")

    def test_fails_above_a_bound(self):
        for what, row in (("core without core/crypto", " .text.much     0x00001000    0x20000 libcore_delta.a(decode.cc.obj)"),
                          ("core/crypto", " .text.much     0x00001000    0x20000 libcore_crypto.a(p256.cc.obj)"),
                          ("static RAM", " .bss.much      0x20000000    0x20000 CMakeFiles/airlock-mcu.dir/main.cc.obj")):
            status, said = self.judge(*self.CORE, row)
            self.assertEqual(status, 1, said)
            self.assertIn(f"above its bound: {what}", said)

    def test_fails_where_the_map_has_nothing_of_ours(self):
        status, said = self.judge(" .text.other    0x00001000     0x2000 libother.a(x.o)")
        self.assertEqual(status, 1, said)
        self.assertIn("names no archive of core/", said)


if __name__ == "__main__":
    unittest.main()
