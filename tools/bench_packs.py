#!/usr/bin/env python3
"""What a pack of 200 contracts costs a wallet, opening it and 1 000 swaps under two threads of readers, and what the worst inputs do.

The bombs of the corpus are those in AIRLOCK_CORPUS; engine/abi/bomb_bench.cc makes others.
"""
import json
import os
import pathlib
import subprocess
import sys

import bars

ROOT = pathlib.Path(__file__).resolve().parent.parent
BOMBS = pathlib.Path(os.environ.get("AIRLOCK_CORPUS") or ROOT.parent / "shared/corpus").resolve() / "abi/evm/bombs.jsonl"
BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", "build/release"))
LOAD_MS_MAX = 5
READ_RATIO_MAX = 2  # the time that 999 of 1000 reads stay below, while packs are swapped, times quiet
GROWTH_MAX = 1.05
BOMB_MS_MAX = 50
BOMB_MB_MAX = 64


def measured(which, environment):
    ran = subprocess.run([str(BIN / "engine_abi_bench"), "--benchmark_format=json", f"--benchmark_filter={which}"],
                         capture_output=True, check=True, text=True, env=environment)
    return json.loads(ran.stdout)["benchmarks"]


def hold_bombs(bombs):
    """Each with its figures; the bars are held by the worst ones."""
    for one in bombs:
        print(f"{one['name'].split('/iterations')[0]}: {one['cpu_time']:.2f} ms, {one['peak_bytes'] / 1e6:.1f} MB", flush=True)
    bars.at_most(f"ms of processor time for the worst of {len(bombs)} bombs", max(one["cpu_time"] for one in bombs), BOMB_MS_MAX)
    bars.at_most(f"MB of memory for the worst of {len(bombs)} bombs", max(one["peak_bytes"] for one in bombs) / 1e6, BOMB_MB_MAX)


def main():
    environment = {**os.environ, "AIRLOCK_ABI_BOMBS": str(BOMBS)} if BOMBS.is_file() else os.environ
    if not BOMBS.is_file():
        bars.left_out("the bombs of the corpus", f"no {BOMBS.name} in AIRLOCK_CORPUS")
    hold_bombs(measured("^bomb/", environment))
    # In a process of their own: what the bombs gave back is no memory of a swap.
    found = {one["name"].split("/")[0]: one for one in measured("-^bomb/", environment)}
    load, swaps = found["cold_load"], found["swaps"]
    print(f"a pack of 200 contracts, {load['bytes'] / 1e6:.1f} MB: opened and a call read in {load['cpu_time']:.2f} ms", flush=True)
    print(f"a read, 999 of 1000: {swaps['quiet_ns']:.0f} ns quiet, {swaps['busy_ns']:.0f} ns during 1 000 swaps, by processor time;"
          f" {swaps['quiet_wall_ns']:.0f} and {swaps['busy_wall_ns']:.0f} ns by the clock", flush=True)
    bars.at_most("ms to open a pack of 200 contracts and read a call", load["cpu_time"], LOAD_MS_MAX)
    bars.at_most("reads that failed during 1 000 swaps", swaps["failed"], 0)
    bars.at_most("a read during swaps, 999 of 1000, times quiet", swaps["busy_ns"] / swaps["quiet_ns"], READ_RATIO_MAX)
    bars.at_most("memory after 1 000 swaps, times before", swaps["memory_growth"], GROWTH_MAX)
    sys.exit(bars.verdict())


if __name__ == "__main__":
    main()
