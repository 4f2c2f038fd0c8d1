#!/usr/bin/env python3
"""Real patches applied by core/delta and by HPatchLite (tinyuz, 1 KiB), all in memory and in one run: CPU time, least of some rounds.

    bench_applier.py [FOLDER [PAIR ...]]    FOLDER or $AIRLOCK_HPATCHLITE: HPatchLite's sources, after its own `make`, with tinyuz and
                                            HDiffPatch where it keeps them; PAIR: part of a pair's id; none: every pair of firmware

Nothing of HPatchLite is part of Airlock: without a folder nothing is measured. Needs the corpus (AIRLOCK_CORPUS), a C compiler, and
the benchmarks (make bench builds them). The rounds of the two take turns, so that a busy machine is busy for both. What core/delta
computes beside, one SHA-256 of each piece and each block, is counted; reading base and image whole, which a device does once, is not.
"""
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import bars
import corpus_delta

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN") or ROOT / "build/release")
TIMES_MAX = 2
TURNS = 5
ROUNDS = 10  # of the peer, each turn
SECONDS = 0.05  # of ours, each turn
WHAT = "CPU time of applying patches of firmware, times HPatchLite"


def build_peer(folder, work):
    """-> the peer, or None where the folder is not HPatchLite's."""
    lite = folder / "HDiffPatch/libHDiffPatch/HPatchLite"
    tinyuz = folder / "tinyuz/decompress"
    sources = [lite / "hpatch_lite.c", tinyuz / "tuz_dec.c"]
    if not all(path.is_file() for path in [*sources, folder / "hdiffi"]):
        return None
    peer = work / "peer"
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-DNDEBUG", "-D_IS_USED_SHARE_hpatch_lite_types=1", "-I", lite, "-I", tinyuz,
                    ROOT / "tools/hpatchlite_peer.c", *sources, "-o", peer], check=True)
    return peer


class Pair:
    def __init__(self, pair, corpus, hpatchlite, work):
        self.id, self.name = pair["id"], "".join(c if c.isalnum() else "_" for c in pair["id"])
        self.old, self.new = corpus.path_of(pair["old"]), corpus.path_of(pair["new"])
        self.folder, self.diff = work / self.name, work / f"{self.name}.hpatchlite"
        self.folder.mkdir()
        shutil.copy(self.old, self.folder / f"{self.name}.base")
        subprocess.run([BIN / "airlock", "delta", "make", self.new, "--base", self.old, "--out", self.folder / f"{self.name}.delta"],
                       check=True, capture_output=True)
        subprocess.run([hpatchlite / "hdiffi", "-f", "-c-tuz-1k", self.old, self.new, self.diff], check=True, capture_output=True)

    def ours(self):
        ran = subprocess.run([BIN / "publish_diff_bench", "--benchmark_filter=^Apply/", "--benchmark_format=json",
                              f"--benchmark_min_time={SECONDS}"], check=True, capture_output=True,
                             env={**os.environ, "AIRLOCK_APPLY_PAIRS": str(self.folder)})
        found = json.loads(ran.stdout)["benchmarks"][0]
        if found.get("error_occurred"):
            sys.exit(f"{self.id}: {found['error_message']}")
        return found["cpu_time"]

    def theirs(self, peer):
        ran = subprocess.run([peer, self.old, self.diff, self.new, str(ROUNDS)], check=True, capture_output=True, text=True)
        return float(ran.stdout)

    def measure(self, peer):
        turns = [(self.ours(), self.theirs(peer)) for _ in range(TURNS)]
        return tuple(min(column) for column in zip(*turns))


def report(pairs, corpus, hpatchlite, peer, work):
    ratios = []
    print("pair", "ours_ms", "hpatchlite_ms", "times", sep="\t")
    for pair in pairs:
        ours, theirs = Pair(pair, corpus, hpatchlite, work).measure(peer)
        ratios.append(ours / theirs)
        print(pair["id"], f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.1f}", sep="\t", flush=True)
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    print(f"applier: geomean={mean:.2f} pairs={len(ratios)}")
    bars.at_most(WHAT, mean, TIMES_MAX)


def main(arguments):
    given = arguments[0] if arguments else os.environ.get("AIRLOCK_HPATCHLITE")
    if not given:
        bars.left_out(WHAT, "no sources of HPatchLite (AIRLOCK_HPATCHLITE names their folder)")
        return 0
    hpatchlite = pathlib.Path(given).resolve()
    folder = pathlib.Path(os.environ.get("AIRLOCK_CORPUS") or ROOT.parent / "shared/corpus")
    if not (folder / "firmware/MANIFEST.json").is_file():
        bars.left_out(WHAT, "no corpus firmware")
        return 0
    with tempfile.TemporaryDirectory(prefix="bench_applier.") as work:
        work = pathlib.Path(work)
        peer = build_peer(hpatchlite, work)
        if peer is None:
            bars.left_out(WHAT, f"{hpatchlite} has no hpatch_lite.c, tuz_dec.c or hdiffi (make them there)")
            return 0
        corpus = corpus_delta.Corpus(folder, work)
        pairs = [pair for pair in corpus.pairs if not pair["id"].startswith(corpus_delta.NOT_FIRMWARE)
                 and (not arguments[1:] or any(part in pair["id"] for part in arguments[1:]))]
        if not pairs:
            sys.exit("no such pair")
        report(pairs, corpus, hpatchlite, peer, work)
    return bars.verdict()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
