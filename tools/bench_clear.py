#!/usr/bin/env python3
"""The calls of ERC-7730's registry, formatted by us and by @ethereum-sourcify/clear-signing in one run.

Both have everything in memory, and count their own CPU time. Needs the corpus (AIRLOCK_CORPUS) and npm.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import bars

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN") or ROOT / "build/release")
PEERS = ROOT / "build/peers"
PACKAGE = "@ethereum-sourcify/clear-signing"
VERSION = "0.2.2"
TIMES_MIN = 30
SECONDS = 3
WHAT = f"calls shown clearly, times {PACKAGE} {VERSION}"


def installed():
    if (PEERS / "node_modules" / PACKAGE).is_dir():
        return True
    if shutil.which("npm") is None:
        return False
    PEERS.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(["npm", "install", "--prefix", PEERS, "--ignore-scripts", "--no-audit", "--no-fund", "--silent",
                           f"{PACKAGE}@{VERSION}"], capture_output=True)
    return made.returncode == 0


def ours(environment):
    run = subprocess.run([BIN / "engine_abi_clear_bench", "--benchmark_format=json", f"--benchmark_min_time={SECONDS}"],
                         capture_output=True, check=True, env=environment, cwd=ROOT)
    return json.loads(run.stdout)["benchmarks"][0]["items_per_second"]


def main():
    corpus = pathlib.Path(os.environ.get("AIRLOCK_CORPUS") or ROOT.parent / "shared/corpus").resolve()
    folder = corpus / "abi/erc7730"
    if not (folder / "registry").is_dir():
        bars.left_out(WHAT, "no corpus abi/erc7730")
        return 0
    if not installed():
        bars.left_out(WHAT, "npm cannot install the peer")
        return 0
    environment = {**os.environ, "AIRLOCK_CORPUS": str(corpus), "AIRLOCK_PEERS": str(PEERS)}
    peer = json.loads(subprocess.run(["node", "--single-threaded", ROOT / "tools/clear_signing_peer.mjs", folder, str(SECONDS)],
                                     capture_output=True, check=True, env=environment).stdout)
    own = ours(environment)
    print(f"peer: {peer['per_second']:.0f} calls/s, {peer['equal']} of {peer['cases']} as expected; ours: {own:.0f} calls/s")
    bars.at_least(WHAT, own / peer["per_second"], TIMES_MIN)
    return bars.verdict()


sys.exit(main())
