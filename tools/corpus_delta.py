#!/usr/bin/env python3
"""Measure patches of a corpus of firmware beside bsdiff, xdelta3 and zstd: size, CPU time, peak memory.

    corpus_delta.py [FOLDER] [PAIR ...]     FOLDER or $AIRLOCK_CORPUS: one that holds firmware/MANIFEST.json, or that file itself
                                            PAIR: part of a pair's id; none: every pair

MANIFEST.json lists `images` (path, sha256, size, maybe packed_in: an archive that holds it) and `pairs` (id, old, new). Every patch
is applied and the result compared byte by byte. The size of ours is payload, facts and index; what proves them is told beside it.
The geometric mean is over bsdiff, of the pairs of microcontroller firmware: those that are neither a library nor a kernel.
Programs from $AIRLOCK_BIN (build/release). Exit status: 0 all well, 1 a patch that failed or that is above its ceiling, 2 set-up.
"""
import filecmp
import hashlib
import json
import lzma
import math
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = 64 << 10
NOT_FIRMWARE = ("linux-", "libcrypto-")
PROFILES = ("large", "small")
COMMAND_SECONDS_MAX = 900
PEERS = {"bsdiff": ("bsdiff {old} {new} {patch}", "bspatch {old} {out} {patch}"),
         "xdelta3": ("xdelta3 -e -9 -S lzma -f -s {old} {new} {patch}", "xdelta3 -d -f -s {old} {patch} {out}"),
         "zstd": ("zstd -q -f --ultra -22 --long=27 --patch-from={old} {new} -o {patch}",
                  "zstd -q -f -d --long=27 --patch-from={old} {patch} -o {out}")}


def stop(message):
    print(f"corpus_delta: {message}", file=sys.stderr)
    sys.exit(2)


def run(words, work):
    """-> (CPU seconds, peak RSS in KB); a command that fails ends everything."""
    report = work / "time"
    done = subprocess.run(["/usr/bin/time", "-q", "-o", report, "-f", "%U %S %M", *map(str, words)], capture_output=True,
                          timeout=COMMAND_SECONDS_MAX)
    if done.returncode:
        stop(f"{' '.join(map(str, words))}: {done.stderr.decode('utf8', 'replace').strip()[-200:]}")
    user, system, peak = report.read_text().split()[-3:]
    return float(user) + float(system), int(peak)


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

    def __init__(self, work):
        self.work = work
        self.airlock = pathlib.Path(os.environ.get("AIRLOCK_BIN", ROOT / "build" / "release")) / "airlock"
        if not self.airlock.is_file():
            stop(f"{self.airlock} is not there (make build)")

    def peer(self, name, old, new):
        fill = {"old": old, "new": new, "patch": self.work / "patch", "out": self.work / "out"}
        words = [[word.format(**fill) for word in shlex.split(command)] for command in PEERS[name]]
        made, applied = run(words[0], self.work), run(words[1], self.work)
        self.compare(name, new)
        return self.row((self.work / "patch").stat().st_size, 0, made, applied)

    def ours(self, profile, old, new):
        patch, out = self.work / "patch", self.work / "out"
        made = run([self.airlock, "delta", "make", new, "--base", old, "--out", patch, "--profile", profile, "--workers", 1], self.work)
        applied = run([self.airlock, "delta", "apply", patch, "--base", old, "--out", out], self.work)
        self.compare(profile, new)
        seen = json.loads(subprocess.run([self.airlock, "delta", "inspect", patch, "--base", old, "--json"], check=True,
                                         capture_output=True).stdout)
        size = seen["index"] + seen["facts"] + sum(block["stored"] for block in seen["blocks"])
        row = self.row(size, seen["proofs"], made, applied)
        row["memory"] = seen["memory"]
        return row

    def compare(self, name, new):
        if not filecmp.cmp(self.work / "out", new, shallow=False):
            stop(f"{name}: what it made is not {new}")

    @staticmethod
    def row(size, proofs, made, applied):
        return {"size": size, "proofs": proofs, "make_s": made[0], "make_kb": made[1], "apply_s": applied[0], "apply_kb": applied[1]}


def ceiling(old_row, new):
    """5 % above the better of bsdiff and the compressed image, and 16 bytes for each block."""
    whole = len(lzma.compress(new.read_bytes(), preset=9 | lzma.PRESET_EXTREME))
    blocks = -(-new.stat().st_size // BLOCK)
    return int(1.05 * min(old_row["size"], whole)) + 16 * blocks


def report(corpus, wanted, bench):
    ratios = {profile: [] for profile in PROFILES}
    memory = dict.fromkeys(PROFILES, 0)
    above = []
    print("pair", "tool", "bytes", "/bsdiff", "proofs", "make_s", "make_kb", "apply_s", "apply_kb", sep="\t")
    for pair in corpus.pairs:
        if wanted and not any(part in pair["id"] for part in wanted):
            continue
        old, new = corpus.path_of(pair["old"]), corpus.path_of(pair["new"])
        rows = {name: bench.peer(name, old, new) for name in PEERS}
        rows |= {profile: bench.ours(profile, old, new) for profile in PROFILES}
        most = ceiling(rows["bsdiff"], new)
        for name, row in rows.items():
            ratio = row["size"] / rows["bsdiff"]["size"]
            note = ""
            if name in PROFILES:
                memory[name] = max(memory[name], row["memory"])
                if not pair["id"].startswith(NOT_FIRMWARE):
                    ratios[name].append(ratio)
                if row["size"] > most:
                    note = f"above its ceiling of {most}"
                    above.append((pair["id"], name))
            print(pair["id"], name, row["size"], f"{ratio:.3f}", row["proofs"], f"{row['make_s']:.2f}", row["make_kb"],
                  f"{row['apply_s']:.2f}", row["apply_kb"], note, sep="\t", flush=True)
    for profile in PROFILES:
        if ratios[profile]:
            mean = math.exp(sum(map(math.log, ratios[profile])) / len(ratios[profile]))
            print(f"{profile}: geomean={mean:.4f} peak_bytes={memory[profile]} pairs={len(ratios[profile])}")
    for pair, profile in above:
        print(f"above its ceiling: {pair} ({profile})", file=sys.stderr)
    return 1 if above else 0


def main(arguments):
    folder = pathlib.Path(arguments[0]) if arguments else pathlib.Path(os.environ.get("AIRLOCK_CORPUS", ROOT.parent / "shared" / "corpus"))
    missing = [tool for tool in ("bsdiff", "xdelta3", "zstd") if not any((pathlib.Path(p) / tool).is_file() for p in os.environ["PATH"].split(":"))]
    if missing:
        stop(f"{' '.join(missing)}: not installed (tools/install_packages.sh bench)")
    with tempfile.TemporaryDirectory(prefix="corpus_delta.") as work:
        work = pathlib.Path(work)
        return report(Corpus(folder, work), arguments[1:], Bench(work))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
