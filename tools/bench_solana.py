#!/usr/bin/env python3
"""Instructions of Solana to values beside Anchor's coder from npm, on the same calls in the same run.

engine_abi_solana_bench decodes the corpus's calls of a program on a tape; tools/solana_peer.mjs has Anchor's
BorshInstructionCoder decode them, warm and with its layouts built. Both are processor time, medians of seven.
"""
import json
import os
import pathlib
import subprocess
import sys

import bars

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", "build/release"))
CORPUS = pathlib.Path(os.environ.get("AIRLOCK_CORPUS") or ROOT.parent / "shared" / "corpus") / "abi" / "solana"
PEERS = ROOT / "build" / "peers"
PACKAGES = ("@coral-xyz/anchor@0.32.1",)
PROGRAMS = ("whirlpool", "pump_amm")
RATIO_MIN = 50


def missing():
    """Why nothing can be measured here, or nothing."""
    if not CORPUS.is_dir():
        return "no corpus (abi/solana)"
    PEERS.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        if (PEERS / "node_modules" / package.rpartition("@")[0]).is_dir():
            continue
        command = ["npm", "install", "--prefix", str(PEERS), "--ignore-scripts", "--no-audit", "--no-fund", "--silent", package]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return f"npm cannot install {package}"
    return None


def ours():
    ran = subprocess.run([str(BIN / "engine_abi_solana_bench"), "--benchmark_filter=DecodeInstructions/", "--benchmark_format=json",
                          "--benchmark_repetitions=7", "--benchmark_min_time=0.1"], capture_output=True, check=True, text=True,
                         env={**os.environ, "AIRLOCK_CORPUS": str(CORPUS.parent.parent)})
    rates = {}
    for one in json.loads(ran.stdout)["benchmarks"]:
        if one.get("error_occurred"):
            sys.exit(f"error: {one['name']}: {one['error_message']}")
        if one.get("aggregate_name") == "median":
            rates[one["run_name"].rpartition("/")[2]] = one["items_per_second"]
    return rates


def theirs():
    files = [f"idl/{program}.new.json" for program in PROGRAMS]
    ran = subprocess.run(["node", "--single-threaded", "tools/solana_peer.mjs", "bench", str(CORPUS), str(PEERS), *files],
                         capture_output=True, check=True, text=True, cwd=ROOT)
    rates = dict(line.split() for line in ran.stdout.splitlines())
    return {program: float(rates[file]) for program, file in zip(PROGRAMS, files)}


def main():
    if why := missing():
        bars.left_out("instructions of Solana to values, beside Anchor", why)
        return
    mine, peer = ours(), theirs()
    for program in PROGRAMS:
        print(f"{program}: {mine[program]:,.0f} instructions a second; Anchor: {peer[program]:,.0f}", flush=True)
        bars.at_least(f"{program}, instructions to values beside Anchor", mine[program] / peer[program], RATIO_MIN)
    sys.exit(bars.verdict())


if __name__ == "__main__":
    main()
