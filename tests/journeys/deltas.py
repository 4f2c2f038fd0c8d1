"""Patches without a release around them: airlock delta make, apply, inspect."""
import resource
import xml.etree.ElementTree

from stage import *


class Deltas(Stage):
    def setUp(self):
        super().setUp()
        self.old = firmware(200_000, 1)
        self.new = firmware(200_000, 2, base=self.old)
        self.write("old.bin", self.old)
        self.write("new.bin", self.new)

    def write(self, name, content):
        (self.dir / name).write_bytes(content)

    def make(self, *arguments):
        return json.loads(self.airlock("delta", "make", "new.bin", "--out", "update.delta", "--json", *arguments))["made"]

    def test_a_patch_makes_the_image_that_it_was_made_of_in_either_memory(self):
        for profile in ("small", "large"):
            (made,) = self.make("--base", "old.bin", "--profile", profile)
            self.assertEqual(made["image"], len(self.new))
            self.assertLess(made["size"], len(self.new) // 4)
            self.airlock("delta", "apply", "update.delta", "--base", "old.bin", "--out", f"{profile}.bin")
            self.assertEqual((self.dir / f"{profile}.bin").read_bytes(), self.new)

    def test_a_full_image_needs_no_base(self):
        self.make()
        self.airlock("delta", "apply", "update.delta", "--out", "out.bin")
        self.assertEqual((self.dir / "out.bin").read_bytes(), self.new)

    def test_each_of_several_bases_has_a_patch_of_its_own(self):
        older = firmware(200_000, 3, base=self.old)
        self.write("older.bin", older)
        made = self.make("--base", "old.bin", "--base", "older.bin")
        self.assertEqual([one["file"] for one in made], ["update.delta.1", "update.delta.2"])
        for number, base in enumerate(("old.bin", "older.bin"), 1):
            self.airlock("delta", "apply", f"update.delta.{number}", "--base", base, "--out", "out.bin")
            self.assertEqual((self.dir / "out.bin").read_bytes(), self.new)

    def test_a_patch_is_refused_on_another_base_and_without_one(self):
        self.make("--base", "old.bin")
        self.refuses("base_mismatch", self.airlock, "delta", "apply", "update.delta", "--base", "new.bin", "--out", "out.bin")
        self.refuses("usage", self.airlock, "delta", "apply", "update.delta", "--out", "out.bin")
        self.assertFalse((self.dir / "out.bin").exists())

    def test_a_base_takes_no_memory_of_its_own(self):
        if is_sanitized("airlock"):
            self.skipTest("a sanitizer takes memory of its own")
        base = random.Random(1).randbytes(32 << 20)
        self.write("old.bin", base)
        self.write("new.bin", base[:100_000] + b"x" * 50)
        self.make("--base", "old.bin")
        command = [BIN / "airlock", "delta", "apply", "update.delta", "--base", "old.bin", "--out", "out.bin"]
        subprocess.run(command, check=True, capture_output=True, cwd=self.dir,
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (24 << 20, 24 << 20)))
        self.assertEqual((self.dir / "out.bin").read_bytes(), base[:100_000] + b"x" * 50)

    def test_inspect_tells_and_draws_where_every_byte_went(self):
        (made,) = self.make("--base", "old.bin")
        seen = json.loads(self.airlock("delta", "inspect", "update.delta", "--base", "old.bin", "--json", "--svg", "update.svg"))
        blocks = -(-len(self.new) // 65536)
        self.assertEqual(len(seen["blocks"]), blocks)
        payload = seen["index"] + seen["facts"] + seen["proofs"] + sum(block["stored"] for block in seen["blocks"])
        self.assertEqual(payload, made["size"] - 127 - 32 * blocks)
        drawing = xml.etree.ElementTree.parse(self.dir / "update.svg").getroot()
        self.assertEqual(drawing.tag, "{http://www.w3.org/2000/svg}svg")
        text = self.airlock("delta", "inspect", "update.delta", "--base", "old.bin")
        self.assertIn("plain", text)
        self.assertEqual(sum(line.startswith("    ") and line[4].isdigit() for line in text.splitlines()), blocks)


main()
