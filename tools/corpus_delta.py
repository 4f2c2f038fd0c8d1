#!/usr/bin/env python3
"""Measure patches of a corpus of firmware beside other tools that make some: size, CPU time, peak memory. Hold ours against their bars.

    corpus_delta.py [FOLDER] [PAIR ...]     FOLDER or $AIRLOCK_CORPUS: one that holds firmware/MANIFEST.json, or that file itself
                                            PAIR: part of a pair's id; none: every pair

MANIFEST.json lists `images` (path, sha256, size, maybe packed_in: an archive that holds it) and `pairs` (id, old, new). Every patch,
of every tool, is applied and the result compared byte by byte. The size of ours is payload, facts and index; what proves them is
told beside it. The geometric mean is over bsdiff, of the pairs of microcontroller firmware: those that are neither a library nor a
kernel.

bsdiff, xdelta3 and zstd are needed. In the same run too, where their place is given, else said to be left out:
    AIRLOCK_HDIFFPATCH  folder with hdiffz and hpatchz
    AIRLOCK_HPATCHLITE  folder with hdiffi and hpatchi
    AIRLOCK_DETOOLS     checkout of detools: the package for the Python that runs this, its applier built in c/
    AIRLOCK_ZUCCHINI    program: -gen OLD NEW PATCH, -apply OLD PATCH NEW; xz goes over its patch

Bars: the geometric means, once all of the 21 pairs of microcontrollers ran; sizes of four pairs, of the profile large; no pair of
firmware above its ceiling, and the rewrite of nearly everything no larger than 1.02 times the image by xz (large); what the differ
takes for images of about 1.7 MB; the memory of the applier. That is peak_bytes: the decoder and its painted stack, measured by
publish_diff_test on each patch; where that was not built, the memory that patches state, and a line says so.

Programs from $AIRLOCK_BIN (build/release). Exit status: 0 all well, 1 a patch of ours that failed or a bar that was missed, 2 set-up.
"""
import filecmp
import hashlib
import json
import lzma
import math
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import bars

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = 64 << 10
NOT_FIRMWARE = ("linux-", "libcrypto-")
COMMAND_SECONDS_MAX = 900
MEMORY_TEST = "BlockDecoder.NeedsNoMoreMemoryThanItStatesForTheGivenPatches"

# ---- bars, by profile where there is one
PROFILES = ("large", "small")
FIRMWARE_PAIRS = 21
GEOMEAN_MAX = {"large": 0.75, "small": 0.85}
MEMORY_MAX = {"large": 48 << 10, "small": 16 << 10}
SIZES_MAX = {"libcrypto-armhf:3.0.17-1~deb12u2..3.0.20-1~deb12u2": 108_720, "trezor-t2b1-bootloader:2023-10-02..2023-11-02": 6_064,
             "libcrypto-arm64:3.0.20-1~deb12u2..3.0.22-1~deb12u2": 127_056, "linux-rpi-armv6:6.1.170-3..6.1.176-1": 619_184}
DIFFER_IMAGES = range(1_500_000, 1_900_000)
DIFFER_SECONDS_MAX, DIFFER_TIMES_MAX = 10, 20
REWRITE_MAX = 1.02

# ---- peers: (make, apply), each a line of words
NEEDED = {"bsdiff": ("bsdiff {old} {new} {patch}", "bspatch {old} {out} {patch}"),
          "xdelta3": ("xdelta3 -e -9 -S lzma -f -s {old} {new} {patch}", "xdelta3 -d -f -s {old} {patch} {out}"),
          "zstd": ("zstd -q -f --ultra -22 --long=27 --patch-from={old} {new} -o {patch}",
                   "zstd -q -f -d --long=27 --patch-from={old} {patch} -o {out}")}
HDIFFPATCH = {"default-lzma2": ("-c-lzma2-9-8m", "-s-64k"), "SD256k-lzma": ("-SD-256k -c-lzma-9-8m", "-s-64k"),
              "SD64k-lzma-d64k": ("-SD-64k -c-lzma-9-64k", "-s-64k"), "SD4k-lzma-d16k": ("-SD-4k -c-lzma-9-16k", "-s-4k")}
SLOW = ("detools-", "hpatchlite-")
SLOW_IMAGE_MAX = 8 << 20


class Failed(Exception):
    """A tool did not make its patch, or not the image of it; the text says why."""


def stop(message):
    print(f"corpus_delta: {message}", file=sys.stderr)
    sys.exit(2)


def run(words, work):
    """-> (CPU seconds, peak RSS in KB)."""
    report = work / "time"
    try:
        done = subprocess.run(["/usr/bin/time", "-q", "-o", report, "-f", "%U %S %M", *map(str, words)], capture_output=True,
                              timeout=COMMAND_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        raise Failed(f"{words[0]}: still at work after {COMMAND_SECONDS_MAX} s") from None
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf8", "replace").strip().rpartition("\n")[2]
        raise Failed(f"{words[0]}: {said[-200:] or f'exit status {done.returncode}'}")
    user, system, peak = report.read_text().split()[-3:]
    return float(user) + float(system), int(peak)


def given_peers(environment):
    """-> ({peer: commands}, {peer: why it is left out}) of those that are not needed."""
    found, left_out = {}, {}

    def place(peer, variable, *files):
        given = environment.get(variable)
        if not given:
            left_out[peer] = f"{variable} is not set"
            return None
        path = pathlib.Path(given).resolve()
        missing = [str(path / file) for file in files if not (path / file).is_file()]
        if missing or not path.exists():
            left_out[peer] = f"{' '.join(missing) or path}: not there"
            return None
        return shlex.quote(str(path))

    if folder := place("HDiffPatch", "AIRLOCK_HDIFFPATCH", "hdiffz", "hpatchz"):
        for name, (how, memory) in HDIFFPATCH.items():
            found[f"hdiff-{name}"] = (f"{folder}/hdiffz -f -p-1 {how} {{old}} {{new}} {{patch}}",
                                      f"{folder}/hpatchz -f -p-1 {memory} {{old}} {{patch}} {{out}}")
    if folder := place("HPatchLite", "AIRLOCK_HPATCHLITE", "hdiffi", "hpatchi"):
        for window in ("1k", "32k"):
            found[f"hpatchlite-tuz-{window}"] = (f"{folder}/hdiffi -f -c-tuz-{window} {{old}} {{new}} {{patch}}",
                                                 f"{folder}/hpatchi -f -s-1k {{old}} {{patch}} {{out}}")
    if folder := place("detools", "AIRLOCK_DETOOLS", "detools/__init__.py", "c/detools"):
        for coder in ("lzma", "heatshrink"):
            found[f"detools-{coder}"] = (
                f"env PYTHONPATH={folder} {shlex.quote(sys.executable)} -m detools create_patch -c {coder} {{old}} {{new}} {{patch}}",
                f"{folder}/c/detools apply_patch {{old}} {{patch}} {{out}}")
    if program := place("Zucchini", "AIRLOCK_ZUCCHINI"):
        found["zucchini+xz"] = (
            f"""sh -c '"$0" -gen "$1" "$2" "$3.z" && xz -9e -c "$3.z" > "$3"' {program} {{old}} {{new}} {{patch}}""",
            f"""sh -c 'xz -dc "$2" > "$2.z" && "$0" -apply "$1" "$2.z" "$3"' {program} {{old}} {{patch}} {{out}}""")
    return found, left_out


class Corpus:
    """The pairs of a folder, each image whole in a file."""

    def __init__(self, folder, work):
        manifest = next((path for path in (folder / "firmware" / "MANIFEST.json", folder / "MANIFEST.json", folder) if path.is_file()), None)
        if manifest is None:
            stop(f"no MANIFEST.json in {folder} (name a folder, or set AIRLOCK_CORPUS)")
        self.root, self.work = manifest.parent, work
        listed = json.loads(manifest.read_text())
        self.images = {image["path"]: image for image in listed["images"]}
        self.pairs = listed["pairs"]
        self.unpacked = set()

    def path_of(self, name):
        image = self.images[name]
        path = self.root / name
        if "packed_in" in image:
            folder = self.work / "unpacked" / pathlib.Path(name).parent
            path = self.work / "unpacked" / name
            if image["packed_in"] not in self.unpacked:
                folder.mkdir(parents=True, exist_ok=True)
                subprocess.run(["tar", "-xf", self.root / image["packed_in"], "-C", folder], check=True)
                self.unpacked.add(image["packed_in"])
        if hashlib.sha256(path.read_bytes()).hexdigest() != image["sha256"]:
            stop(f"{name}: its SHA-256 is not the manifest's")
        return path


class Bench:
    """Measures one pair by one tool."""

    def __init__(self, work, environment=os.environ):
        self.work = work
        folder = pathlib.Path(environment.get("AIRLOCK_BIN", ROOT / "build" / "release"))
        self.airlock, self.memory_test = folder / "airlock", folder / "publish_diff_test"
        if not self.airlock.is_file():
            stop(f"{self.airlock} is not there (make build)")
        given, self.left_out = given_peers(environment)
        self.peers = NEEDED | {name: commands for name, commands in given.items() if self.tries(name, commands)}

    def tries(self, name, commands):
        """Whether a tool that was given makes a patch of a few bytes; what it lacks is told once, not at each pair."""
        old, new = self.work / "try.old", self.work / "try.new"
        bytes_of_old = random.Random(1).randbytes(8192)
        old.write_bytes(bytes_of_old)
        new.write_bytes(bytes_of_old[100:4000] + b"another" + bytes_of_old[4000:])
        try:
            self.peer(commands, old, new)
        except Failed as why:
            self.left_out[name] = str(why)
            return False
        return True

    def peer(self, commands, old, new):
        fill = {"old": old, "new": new, "patch": self.work / "patch", "out": self.work / "out"}
        words = [[word.format(**fill) for word in shlex.split(command)] for command in commands]
        for path in (fill["patch"], fill["out"]):
            path.unlink(missing_ok=True)
        made, applied = run(words[0], self.work), run(words[1], self.work)
        self.compare(new)
        return self.row((self.work / "patch").stat().st_size, 0, made, applied)

    def ours(self, profile, old, new):
        patch, out = self.work / "patch", self.work / "out"
        made = run([self.airlock, "delta", "make", new, "--base", old, "--out", patch, "--profile", profile, "--workers", 1], self.work)
        applied = run([self.airlock, "delta", "apply", patch, "--base", old, "--out", out], self.work)
        self.compare(new)
        ran = subprocess.run([self.airlock, "delta", "inspect", patch, "--base", old, "--json"], capture_output=True)
        if ran.returncode:
            raise Failed(f"airlock delta inspect: {ran.stderr.decode('utf8', 'replace').strip()[-200:]}")
        seen = json.loads(ran.stdout)
        size = seen["index"] + seen["facts"] + sum(block["stored"] for block in seen["blocks"])
        row = self.row(size, seen["proofs"], made, applied)
        row["memory"] = self.measured(patch, old) or seen["memory"]
        return row

    def measured(self, patch, old):
        """Decoder and stack of this patch, or None where nothing was built that measures them."""
        if not self.memory_test.is_file():
            return None
        folder = self.work / "measured"
        folder.mkdir(exist_ok=True)
        shutil.copy(patch, folder / "patch.delta")
        shutil.copy(old, folder / "patch.base")
        try:
            ran = subprocess.run([self.memory_test, f"--gtest_filter={MEMORY_TEST}"], capture_output=True, text=True,
                                 env={**os.environ, "AIRLOCK_APPLY_PAIRS": str(folder)}, timeout=COMMAND_SECONDS_MAX)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"{self.memory_test.name}: not done in {COMMAND_SECONDS_MAX} s") from late
        told = re.search(r"^memory patch (\d+)$", ran.stdout, re.M)
        if not told:
            raise Failed(f"{self.memory_test.name}: {ran.stdout.strip()[-200:]}")
        return int(told[1])

    def compare(self, new):
        if not (self.work / "out").is_file() or not filecmp.cmp(self.work / "out", new, shallow=False):
            raise Failed(f"what it made is not {new.name}")

    @staticmethod
    def row(size, proofs, made, applied):
        return {"size": size, "proofs": proofs, "make_s": made[0], "make_kb": made[1], "apply_s": applied[0], "apply_kb": applied[1]}


class Measured:
    """One pair: its image, whole and by xz, and what each tool took for it. `rows` has those tools that made it."""

    def __init__(self, name, image_size, whole, rows):
        self.id, self.image_size, self.whole, self.rows = name, image_size, whole, rows

    @property
    def is_firmware(self):
        return not self.id.startswith(NOT_FIRMWARE)

    @property
    def is_rewrite(self):
        """Nearly everything is new: the base is of no help to bsdiff."""
        return self.is_firmware and self.rows["bsdiff"]["size"] >= self.whole

    @property
    def ceiling(self):
        """5 % above the better of bsdiff and the compressed image, and 16 bytes for each block."""
        return int(1.05 * min(self.rows["bsdiff"]["size"], self.whole)) + 16 * -(-self.image_size // BLOCK)

    def ratio(self, tool):
        return self.rows[tool]["size"] / self.rows["bsdiff"]["size"]


def geomean(pairs, tool):
    """-> (geometric mean over bsdiff, of how many pairs of firmware)"""
    ratios = [pair.ratio(tool) for pair in pairs if pair.is_firmware and tool in pair.rows]
    return (math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None), len(ratios)


def hold_means(pairs):
    for profile, most in GEOMEAN_MAX.items():
        mean, count = geomean(pairs, profile)
        what = f"{profile}: geometric mean over bsdiff"
        if count >= FIRMWARE_PAIRS:
            bars.at_most(what, mean, most)
        else:
            bars.left_out(what, f"{count} of {FIRMWARE_PAIRS} pairs of microcontrollers ran")


def hold_sizes(pairs):
    ran = {pair.id: pair for pair in pairs}
    for name, most in SIZES_MAX.items():
        if name in ran and "large" in ran[name].rows:
            bars.at_most(f"large: bytes of {name}", ran[name].rows["large"]["size"], most)
        else:
            bars.left_out(f"large: bytes of {name}", "it did not run")


def hold_ceilings(pairs):
    if not any(pair.is_rewrite for pair in pairs):
        bars.left_out("large: a rewrite over the image by xz", "no pair that ran is one")
    for pair in pairs:
        for profile in PROFILES:
            if profile not in pair.rows:
                continue
            size = pair.rows[profile]["size"]
            if size > pair.ceiling:
                bars.at_most(f"{profile}: the ceiling of {pair.id}", size, pair.ceiling)
            if pair.is_rewrite:
                print(f"{profile}: {pair.id} is a rewrite: {size} bytes are {size / pair.whole:.3f} of the image by xz")
                if profile == "large":
                    bars.at_most(f"large: the rewrite {pair.id} over the image by xz", size / pair.whole, REWRITE_MAX)


def hold_differ(pairs):
    for pair in pairs:
        if pair.image_size not in DIFFER_IMAGES:
            continue
        for profile in PROFILES:
            if profile in pair.rows:
                row = pair.rows[profile]
                bars.at_most(f"{profile}: CPU seconds of making {pair.id}", row["make_s"], DIFFER_SECONDS_MAX)
                bars.at_most(f"{profile}: memory of making {pair.id}, times the image", row["make_kb"] * 1024 / pair.image_size,
                             DIFFER_TIMES_MAX)


def hold(pairs):
    """Holds what was measured against the bars, and ends with the line of each profile."""
    hold_means(pairs)
    hold_sizes(pairs)
    hold_ceilings(pairs)
    hold_differ(pairs)
    peaks = {profile: max((pair.rows[profile]["memory"] for pair in pairs if profile in pair.rows), default=0) for profile in PROFILES}
    for profile in PROFILES:
        bars.at_most(f"{profile}: bytes of memory of the applier", peaks[profile], MEMORY_MAX[profile])
    for tool in dict.fromkeys(tool for pair in pairs for tool in pair.rows if tool not in PROFILES):
        mean, count = geomean(pairs, tool)
        if mean:
            print(f"{tool}: geomean={mean:.4f} pairs={count}")
    for profile in PROFILES:
        mean, count = geomean(pairs, profile)
        if mean:
            print(f"{profile}: geomean={mean:.4f} peak_bytes={peaks[profile]} pairs={count}")


def measure(pair, corpus, bench):
    """-> (Measured, {profile: why a patch of ours failed})"""
    old, new = corpus.path_of(pair["old"]), corpus.path_of(pair["new"])
    rows, failed = {}, {}
    tools = {name: (lambda commands=commands: bench.peer(commands, old, new)) for name, commands in bench.peers.items()}
    tools |= {profile: (lambda profile=profile: bench.ours(profile, old, new)) for profile in PROFILES}
    for name, make in tools.items():
        if name.startswith(SLOW) and new.stat().st_size > SLOW_IMAGE_MAX:
            print(pair["id"], name, "-", "left out: too large an image for it to end soon", sep="\t", flush=True)
            continue
        try:
            rows[name] = make()
        except Failed as why:
            print(pair["id"], name, "-", f"failed: {why}", sep="\t", flush=True)
            if name in PROFILES:
                failed[name] = why
            elif name == "bsdiff":
                stop(f"bsdiff, which all others are measured by: {why}")
    whole = len(lzma.compress(new.read_bytes(), preset=9 | lzma.PRESET_EXTREME))
    return Measured(pair["id"], new.stat().st_size, whole, rows), failed


def show(pair):
    for name, row in pair.rows.items():
        note = f"above its ceiling of {pair.ceiling}" if name in PROFILES and row["size"] > pair.ceiling else ""
        print(pair.id, name, row["size"], f"{pair.ratio(name):.3f}", row["proofs"], f"{row['make_s']:.2f}", row["make_kb"],
              f"{row['apply_s']:.2f}", row["apply_kb"], note, sep="\t", flush=True)


def report(corpus, wanted, bench):
    for peer, why in bench.left_out.items():
        print(f"{peer}: left out: {why}")
    if not bench.memory_test.is_file():
        print(f"peak_bytes is what patches state, and was not measured: {bench.memory_test} is not there (make build)")
    print("pair", "tool", "bytes", "/bsdiff", "proofs", "make_s", "make_kb", "apply_s", "apply_kb", sep="\t")
    pairs, failures = [], []
    for pair in corpus.pairs:
        if wanted and not any(part in pair["id"] for part in wanted):
            continue
        measured, failed = measure(pair, corpus, bench)
        show(measured)
        pairs.append(measured)
        failures += [f"{profile}: {pair['id']}: {why}" for profile, why in failed.items()]
    if not pairs:
        stop(f"no pair is called {' or '.join(wanted)}")
    hold(pairs)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return 1 if failures else bars.verdict()


def main(arguments):
    folder = pathlib.Path(arguments[0]) if arguments else pathlib.Path(os.environ.get("AIRLOCK_CORPUS", ROOT.parent / "shared" / "corpus"))
    missing = [tool for tool in NEEDED if shutil.which(tool) is None]
    if missing:
        stop(f"{' '.join(missing)}: not installed (tools/install_packages.sh bench)")
    with tempfile.TemporaryDirectory(prefix="corpus_delta.") as work:
        work = pathlib.Path(work)
        return report(Corpus(folder, work), arguments[1:], Bench(work))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
