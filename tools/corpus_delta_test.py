#!/usr/bin/env python3
"""See tools/corpus_delta.py hold its bars, on pairs that are invented, and leave out the peers that are not there."""
import contextlib
import io
import pathlib
import tempfile
import unittest
import unittest.mock

import bars
import corpus_delta

XZ = 60_000
BSDIFF = 20_000
T2B1 = "trezor-t2b1-bootloader:2023-10-02..2023-11-02"


def row(size, memory=0, make_s=1.0, make_kb=1000):
    return {"size": size, "proofs": 0, "make_s": make_s, "make_kb": make_kb, "apply_s": 0.1, "apply_kb": 1000, "memory": memory}


def pair(name="wallet:1..2", large=10_000, small=12_000, bsdiff=BSDIFF, image_size=200_000, whole=XZ, memory=(40_000, 16_000), **ours):
    return corpus_delta.Measured(name, image_size, whole, {"bsdiff": row(bsdiff), "large": row(large, memory[0], **ours),
                                                           "small": row(small, memory[1], **ours)})


class Bars(unittest.TestCase):
    def held(self, pairs):
        """-> (exit status, the lines that were printed)"""
        with unittest.mock.patch.object(bars, "_missed", []), contextlib.redirect_stdout(io.StringIO()) as said:
            corpus_delta.hold(pairs)
            return bars.verdict(), said.getvalue().splitlines()

    def missed(self, *pairs):
        """What was missed; and the exit status says so."""
        status, lines = self.held(pairs)
        missed = [line for line in lines if line.endswith(": MISSED")]
        self.assertEqual(status, 1 if missed else 0)
        return missed

    def assert_misses(self, told, *pairs):
        (line,) = self.missed(*pairs)
        self.assertIn(told, line)

    def corpus(self, count=corpus_delta.FIRMWARE_PAIRS, **of_each):
        return [pair(f"wallet:{number}..{number + 1}", **of_each) for number in range(count)]

    def test_are_met_by_patches_that_are_small_enough(self):
        self.assertEqual(self.missed(*self.corpus()), [])

    def test_end_with_the_line_of_each_profile(self):
        _, lines = self.held(self.corpus(large=10_000, small=15_000, memory=(47_000, 15_900)) + [pair(memory=(47_500, 15_000))])
        self.assertRegex(lines[-2], r"^large: geomean=0\.5000 peak_bytes=47500 pairs=22$")
        self.assertRegex(lines[-1], r"^small: geomean=0\.7\d+ peak_bytes=15900 pairs=22$")

    def test_hold_the_geometric_means_once_all_microcontrollers_ran(self):
        self.assertEqual(self.missed(*self.corpus(large=14_990, small=16_990)), [])
        self.assert_misses("large: geometric mean", *self.corpus(large=15_100))
        self.assert_misses("small: geometric mean", *self.corpus(small=17_100))
        _, lines = self.held(self.corpus(count=20, large=19_000))
        self.assertIn("bar: large: geometric mean over bsdiff: left out: 20 of 21 pairs of microcontrollers ran", lines)

    def test_count_no_library_and_no_kernel_as_firmware(self):
        self.assertEqual(self.missed(*self.corpus(), pair("libcrypto-x:1..2", large=19_000), pair("linux-x:1..2", large=19_000)), [])

    def test_hold_four_sizes_where_their_pairs_ran(self):
        for name, most in corpus_delta.SIZES_MAX.items():
            self.assertEqual(self.missed(pair(name, large=most, bsdiff=10 * most, whole=10**7)), [])
            self.assert_misses(f"large: bytes of {name}", pair(name, large=most + 1, bsdiff=10 * most, whole=10**7))
        _, lines = self.held([pair()])
        self.assertIn(f"bar: large: bytes of {T2B1}: left out: it did not run", lines)

    def test_hold_each_pair_against_its_ceiling(self):
        most = int(1.05 * BSDIFF) + 16 * 4  # of an image of four blocks
        self.assertEqual(self.missed(pair(large=most, small=most)), [])
        self.assert_misses("small: the ceiling of wallet:1..2", pair(small=most + 1))
        self.assert_misses("small: the ceiling of wallet:1..2", pair(small=most + 1, whole=BSDIFF, bsdiff=BSDIFF))

    def test_tell_of_a_rewrite_and_hold_it_against_the_compressed_image(self):
        def rewrite(size):
            return pair(large=size, small=61_000, bsdiff=70_000)
        _, lines = self.held([rewrite(61_200)])
        self.assertIn("small: wallet:1..2 is a rewrite: 61000 bytes are 1.017 of the image by xz", lines)
        self.assertEqual(self.missed(rewrite(61_200)), [])
        self.assert_misses("large: the rewrite wallet:1..2", rewrite(61_300))

    def test_hold_what_the_differ_takes_for_images_of_nearly_two_megabytes(self):
        def made(size, **of):
            return pair(image_size=size, **of)
        self.assertEqual(self.missed(made(1_700_000, make_s=10.0, make_kb=33_000)), [])
        self.assertEqual(len(self.missed(made(1_700_000, make_s=10.1))), 2)
        self.assertEqual(len(self.missed(made(1_700_000, make_kb=34_000))), 2)
        self.assertEqual(self.missed(made(4_500_000, make_s=99.0, make_kb=10**6)), [])

    def test_hold_the_memory_that_was_measured(self):
        self.assert_misses("large: bytes of memory", pair(memory=(49_153, 16_384)))
        self.assert_misses("small: bytes of memory", pair(memory=(49_152, 16_385)))


class Peers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def place(self, *names):
        for name in names:
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text("")
        return str(self.folder)

    def test_are_told_to_be_left_out_where_no_place_is_given(self):
        found, left_out = corpus_delta.given_peers({})
        self.assertEqual(found, {})
        self.assertEqual(list(left_out), ["HDiffPatch", "HPatchLite", "detools", "Zucchini"])
        self.assertEqual(left_out["HPatchLite"], "AIRLOCK_HPATCHLITE is not set")

    def test_are_told_to_be_left_out_where_a_place_lacks_a_program(self):
        found, left_out = corpus_delta.given_peers({"AIRLOCK_HDIFFPATCH": self.place("hdiffz"), "AIRLOCK_ZUCCHINI": "/no/where"})
        self.assertEqual(found, {})
        self.assertIn("hpatchz: not there", left_out["HDiffPatch"])
        self.assertEqual(left_out["Zucchini"], "/no/where: not there")

    def test_each_have_a_command_that_makes_and_one_that_applies(self):
        folder = self.place("hdiffz", "hpatchz", "hdiffi", "hpatchi", "detools/__init__.py", "c/detools", "zucchini")
        found, left_out = corpus_delta.given_peers({
            "AIRLOCK_HDIFFPATCH": folder, "AIRLOCK_HPATCHLITE": folder, "AIRLOCK_DETOOLS": folder, "AIRLOCK_ZUCCHINI": f"{folder}/zucchini"})
        self.assertEqual(left_out, {})
        self.assertEqual({name.split("-")[0] for name in found}, {"hdiff", "hpatchlite", "detools", "zucchini+xz"})
        for make, apply in found.values():
            for name in ("{old}", "{new}", "{patch}"):
                self.assertIn(name, make)
            for name in ("{old}", "{patch}", "{out}"):
                self.assertIn(name, apply)

    def bench(self):
        """One that knows no tool yet, and needs none of ours."""
        bench = corpus_delta.Bench.__new__(corpus_delta.Bench)
        bench.work, bench.left_out = self.folder, {}
        return bench

    def test_are_left_out_that_fail_or_make_another_image(self):
        bench = self.bench()
        copies = "cp {new} {patch}", "cp {patch} {out}"
        self.assertTrue(bench.tries("copies", copies))
        self.assertFalse(bench.tries("fails", ("sh -c 'echo it lacks a library >&2; exit 3'", copies[1])))
        self.assertFalse(bench.tries("keeps the old one", ("cp {new} {patch}", "cp {old} {out}")))
        self.assertFalse(bench.tries("makes nothing", ("cp {new} {patch}", "true")))
        self.assertEqual(bench.left_out, {"fails": "sh: it lacks a library", "keeps the old one": "what it made is not try.new",
                                          "makes nothing": "what it made is not try.new"})


if __name__ == "__main__":
    unittest.main()
