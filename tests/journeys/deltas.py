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

    def test_what_is_made_replaces_a_file_and_nothing_else(self):
        os.mkfifo(self.dir / "pipe")
        (self.dir / "folder").mkdir()
        (self.dir / "link-to-pipe").symlink_to("pipe")
        self.make("--base", "old.bin")
        for place in ("pipe", "folder", "link-to-pipe"):
            self.refuses("not_a_file", self.airlock, "delta", "make", "new.bin", "--out", place)
            self.refuses("not_a_file", self.airlock, "delta", "apply", "update.delta", "--base", "old.bin", "--out", place)
            self.refuses("not_a_file", self.airlock, "delta", "inspect", "update.delta", "--base", "old.bin", "--svg", place)
        self.assertTrue((self.dir / "pipe").is_fifo())
        self.assertTrue((self.dir / "link-to-pipe").is_symlink())
        self.assertEqual([path.name for path in self.dir.glob("*.new-*")], [])

    def test_a_link_is_followed_to_the_file_that_is_made(self):
        self.write("kept.bin", b"old")
        (self.dir / "link").symlink_to("kept.bin")
        self.make()
        self.airlock("delta", "apply", "update.delta", "--out", "link")
        self.assertTrue((self.dir / "link").is_symlink())
        self.assertEqual((self.dir / "kept.bin").read_bytes(), self.new)

    def test_what_is_read_is_never_written_over(self):
        self.make("--base", "old.bin")
        (self.dir / "same.bin").symlink_to("old.bin")
        for out in ("new.bin", "old.bin", "same.bin", "./new.bin"):
            self.refuses("usage", self.airlock, "delta", "make", "new.bin", "--base", "old.bin", "--out", out)
        for out in ("update.delta", "old.bin"):
            self.refuses("usage", self.airlock, "delta", "apply", "update.delta", "--base", "old.bin", "--out", out)
        self.assertEqual((self.dir / "old.bin").read_bytes(), self.old)

    def test_threads_are_a_number_that_there_can_be(self):
        self.make("--base", "old.bin", "--workers", "3")
        apply = ("delta", "apply", "update.delta", "--base", "old.bin", "--out", "out.bin")
        self.airlock(*apply, "--workers", "1024")
        for wrong in ("-1", "0", "1025", "1000000", "1" + 23 * "0", "two", "1.5", "0x2"):
            refused = self.refuses("usage", self.airlock, *apply, "--workers", wrong)
            self.assertEqual(refused.status, 2)
            self.refuses("usage", self.make, "--base", "old.bin", "--workers", wrong)

    def test_a_patch_is_fitted_to_the_scratch_area_that_is_named(self):
        old = random.Random(5).randbytes(100_000)
        pieces = [old[at:at + 100] for at in range(0, len(old), 100)]
        random.Random(6).shuffle(pieces)
        self.write("old.bin", old)
        self.write("new.bin", b"".join(pieces))
        for named, bound in (((), 65536), (("--scratch", "1024"), 1024), (("--scratch", "160"), 160)):
            self.make("--base", "old.bin", *named)
            seen = json.loads(self.airlock("delta", "inspect", "update.delta", "--json"))
            self.assertLessEqual(160 + 12 * (seen["segments"] + seen["chain"]), bound)
            release = self.airlock("release", "--model", "m", "--version", "1.0.0", "--security-version", "1", "--json", *named,
                                   "--image", "mcu=new.bin", "--base", "mcu=old.bin", "--out", f"release-{bound}")
            patch = json.loads(release)["components"][0]["payloads"][1]
            self.assertLessEqual(patch["scratch_size"], bound)
            self.assertEqual(patch["scratch_size"] > 1024, not named)
        for wrong in ("159", "4294967296", "-1", "64K"):
            self.assertIn("from 160 to 4294967295", self.refuses("usage", self.make, "--scratch", wrong).text)

    def test_what_is_too_large_is_named_with_the_limit(self):
        for size in (1100 << 20, 3 << 30):
            with open(self.dir / "huge.bin", "wb") as huge:
                huge.truncate(size)
            for command in (("new.bin", "--base", "huge.bin"), ("huge.bin", "--base", "old.bin")):
                refused = self.refuses("oversized", self.airlock, "delta", "make", *command, "--out", "p.delta")
                self.assertIn("huge.bin is larger than an image may be, 1.0 GiB", refused.text)

    def test_help_shows_what_is_taken_and_says_what_the_words_of_inspect_mean(self):
        self.assertNotIn("...", self.airlock("delta", "make", "--help"))
        self.assertNotIn("airlock release", self.airlock("delta", "--help"))
        self.make("--base", "old.bin")
        seen = json.loads(self.airlock("delta", "inspect", "update.delta", "--base", "old.bin", "--json"))
        told = self.airlock("delta", "inspect", "--help")
        for word in {"index", "facts", "segments", "chain", "proofs", "scratch", *seen["blocks"][0]} - {"size", "stored", "coding", "isa"}:
            self.assertIn(word, told)

    def test_the_scratch_area_that_a_patch_needs_is_told(self):
        self.make("--base", "old.bin")
        seen = json.loads(self.airlock("delta", "inspect", "update.delta", "--json"))
        self.assertGreaterEqual(seen["scratch"], 160 + 12 * (seen["segments"] + seen["chain"]))
        self.assertIn(f"scratch {seen['scratch']}\n", self.airlock("delta", "inspect", "update.delta"))
        made = self.airlock("release", "--model", "m", "--version", "1.0.0", "--security-version", "1",
                            "--image", "mcu=new.bin", "--base", "mcu=old.bin", "--out", "release")
        for told in (made, self.airlock("inspect", "release")):
            self.assertIn(f"and a scratch area of {seen['scratch']} bytes", told)

    def test_an_image_that_is_only_stated_takes_no_memory(self):
        if is_sanitized("airlock"):
            self.skipTest("a sanitizer takes memory of its own")
        zeros = bytes(64 << 20)
        self.write("new.bin", zeros)
        self.make()
        sound = (self.dir / "update.delta").read_bytes()
        self.write("hostile.delta", sound[:-1] + bytes([sound[-1] ^ 1]))
        bounded = dict(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (24 << 20, 24 << 20)))
        self.refuses("digest_mismatch", self.airlock, "delta", "apply", "hostile.delta", "--out", "out.bin", **bounded)
        self.refuses("no_room", self.airlock, "delta", "inspect", "hostile.delta", **bounded)
        self.assertEqual([path.name for path in self.dir.glob("out.bin*")], [])
        self.airlock("delta", "apply", "update.delta", "--out", "out.bin", **bounded)
        self.assertEqual((self.dir / "out.bin").read_bytes(), zeros)

    def test_what_is_wrong_with_a_file_is_told_of_that_file(self):
        self.make("--base", "old.bin")
        whole = (self.dir / "update.delta").read_bytes()
        head = 127 + 32 * -(-len(self.new) // 65536)
        damaged = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:] for at in (20, head + 20, len(whole) - 1)]
        files = [("truncated", whole[:200]), ("truncated", whole[:-1]), ("trailing_bytes", whole + b"x"),
                 ("wrong_magic", b"nothing of the kind"), ("unsupported_version", b"ALD2" + whole[4:]),
                 ("out_of_range", whole[:87] + bytes(8) + whole[95:])]
        for code, content in files + [("digest_mismatch", content) for content in damaged]:
            self.write("bent.delta", content)
            for command in (("apply", "bent.delta", "--out", "out.bin"), ("inspect", "bent.delta")):
                refused = self.refuses(code, self.airlock, "delta", *command, "--base", "old.bin")
                self.assertIn("bent.delta", refused.text)
                for misleading in ("signed", "server", "storage"):
                    self.assertNotIn(misleading, refused.text)
        self.write("empty.bin", b"")
        for command in (("empty.bin", "--base", "old.bin"), ("new.bin", "--base", "empty.bin")):
            refused = self.refuses("out_of_range", self.airlock, "delta", "make", *command, "--out", "p.delta")
            self.assertIn("empty.bin is empty", refused.text)

    def test_nothing_is_made_before_every_base_was_looked_at(self):
        self.write("older.bin", firmware(200_000, 3, base=self.old))
        self.write("copy.bin", self.old)
        for bases, code in ((("old.bin", "none.bin"), "not_found"), (("old.bin", "older.bin", "old.bin"), "usage"),
                            (("old.bin", "copy.bin"), "usage")):
            named = [word for base in bases for word in ("--base", base)]
            self.refuses(code, self.make, *named)
            self.assertEqual([path.name for path in self.dir.glob("update.delta*")], [])

    def test_what_was_made_is_told_to_scripts(self):
        self.write("older.bin", firmware(200_000, 3, base=self.old))
        made = self.make("--base", "old.bin", "--base", "older.bin", "--profile", "small")
        for one, base in zip(made, ("old.bin", "older.bin"), strict=True):
            content = (self.dir / base).read_bytes()
            self.assertEqual(one["base"], {"file": base, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()})
            self.assertEqual(one["image_sha256"], hashlib.sha256(self.new).hexdigest())
            self.assertEqual((one["profile"], one["size"]), ("small", (self.dir / one["file"]).stat().st_size))
        self.assertIsNone(self.make()[0]["base"])

    def test_the_base_that_is_wanted_is_named(self):
        self.make("--base", "old.bin")
        digests = [hashlib.sha256(content).hexdigest() for content in (self.old, self.new)]
        for command in (("apply", "--out", "out.bin"), ("inspect",)):
            refused = self.refuses("base_mismatch", self.airlock, "delta", *command, "update.delta", "--base", "new.bin")
            for digest in digests:
                self.assertIn(digest, refused.text)
        self.assertIn(digests[0], self.refuses("usage", self.airlock, "delta", "apply", "update.delta", "--out", "o").text)

    def test_inspect_says_what_a_patch_is_for_without_its_base_too(self):
        self.make("--base", "old.bin", "--profile", "small")
        whole, outside = (json.loads(self.airlock("delta", "inspect", "update.delta", "--json", *base))
                          for base in (("--base", "old.bin"), ()))
        self.assertTrue(whole.pop("decoded"))
        self.assertFalse(outside.pop("decoded"))
        self.assertLessEqual(set(whole.pop("isas")), {"a32", "a64", "thumb", "x86-64"})
        self.assertEqual(outside["base"], {"size": len(self.old), "sha256": hashlib.sha256(self.old).hexdigest()})
        self.assertEqual(outside["image"], {"size": len(self.new), "sha256": hashlib.sha256(self.new).hexdigest()})
        self.assertEqual((outside["profile"], outside["type"]), ("small", "patch"))
        for seen in (whole, outside):
            seen["blocks"] = [(block["size"], block["stored"], block["coding"]) for block in seen["blocks"]]
        self.assertEqual(outside, whole)
        text = self.airlock("delta", "inspect", "update.delta")
        self.assertIn(hashlib.sha256(self.old).hexdigest(), text)

    def test_progress_is_told_in_bytes_of_the_image(self):
        for command in (("make", "new.bin", "--base", "old.bin", "--out", "update.delta"),
                        ("apply", "update.delta", "--base", "old.bin", "--out", "out.bin")):
            screen, status = self.talk("airlock", "delta", *command, answers=[])
            self.assertEqual(status, 0, screen)
            self.assertIn("100 %", screen)
            self.assertIn("195.3 KiB of 195.3 KiB", screen)
            self.assertEqual("comparing with old.bin" in screen, command[0] == "make")

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
