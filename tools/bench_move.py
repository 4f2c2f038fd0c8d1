#!/usr/bin/env python3
"""Loading compiled Move modules beside @mysten/move-bytecode-template, the same modules in one run.

engine_abi_move_bench reads every module of the corpus that the reference reads too, alone and to a type map; the reference
makes its objects of them in node, which is less than a type map. The smallest processor time of each is compared.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import bars

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", "build/release"))
PEERS = pathlib.Path(os.environ.get("AIRLOCK_PEERS", "build/peers")).resolve()
PEER = "@mysten/move-bytecode-template@0.4.1"
ROUNDS = 7
RATIO_MIN = 20
MAPS_RATIO_MIN = 6  # a type map is more than what the reference makes: names of types and keys of functions too
MEGABYTES_MIN = 130
WHAT = "Move modules read"


def ours():
    ran = subprocess.run([str(BIN / "engine_abi_move_bench"), "--benchmark_format=json", "--benchmark_min_time=0.1",
                          f"--benchmark_repetitions={ROUNDS}"], capture_output=True, check=True, text=True)
    best = {}
    for one in json.loads(ran.stdout)["benchmarks"]:
        if one.get("error_occurred"):
            return None
        if one["run_type"] == "iteration":
            best[one["run_name"]] = max(one["bytes_per_second"], best.get(one["run_name"], 0))
    return best


def theirs(folder):
    if shutil.which("npm") is None:
        return None
    if not (PEERS / "node_modules" / PEER.rpartition("@")[0]).is_dir():
        PEERS.mkdir(parents=True, exist_ok=True)
        if subprocess.run(["npm", "install", "--prefix", str(PEERS), "--ignore-scripts", "--no-audit", "--no-fund",
                           "--silent", PEER]).returncode != 0:
            return None
    ran = subprocess.run(["node", str(ROOT / "tools/move_peer.mjs"), "bench", str(PEERS), str(folder), str(ROUNDS)],
                         capture_output=True, check=True, text=True)
    found = json.loads(ran.stdout)
    return found["bytes"] / found["seconds"]


def main():
    corpus = os.environ.get("AIRLOCK_CORPUS") or ROOT.parent / "shared" / "corpus"
    folder = pathlib.Path(corpus) / "abi/move/mv"
    found = ours() if folder.is_dir() else None
    if found is None:
        bars.left_out(WHAT, f"no corpus at {folder}")
        sys.exit(bars.verdict())
    speed, loaded = found["ReadModules"], found["LoadModules"]
    print(f"{WHAT}: {speed / 1e6:.1f} MB/s; as type maps: {loaded / 1e6:.1f} MB/s", flush=True)
    bars.at_least(f"{WHAT}, MB/s", speed / 1e6, MEGABYTES_MIN)
    peer = theirs(folder)
    if peer is None:
        bars.left_out(f"{WHAT}, beside {PEER}", "npm cannot install it")
    else:
        print(f"{PEER}: {peer / 1e6:.2f} MB/s", flush=True)
        bars.at_least(f"{WHAT}, beside {PEER}", speed / peer, RATIO_MIN)
        bars.at_least(f"{WHAT} as type maps, beside {PEER}", loaded / peer, MAPS_RATIO_MIN)
    sys.exit(bars.verdict())


if __name__ == "__main__":
    main()
