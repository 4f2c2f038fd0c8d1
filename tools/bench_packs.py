#!/usr/bin/env python3
"""What a pack of 200 contracts costs a wallet: opening it, and 1 000 swaps under two threads of readers."""
import json
import os
import pathlib
import subprocess
import sys

import bars

BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", "build/release"))
LOAD_MS_MAX = 5
READ_RATIO_MAX = 2  # the time that 999 of 1000 reads stay below, while packs are swapped, times quiet
GROWTH_MAX = 1.05


def main():
    ran = subprocess.run([str(BIN / "engine_abi_bench"), "--benchmark_format=json"], capture_output=True, check=True, text=True)
    found = {one["name"].split("/")[0]: one for one in json.loads(ran.stdout)["benchmarks"]}
    load, swaps = found["cold_load"], found["swaps"]
    print(f"a pack of 200 contracts, {load['bytes'] / 1e6:.1f} MB: opened and a call read in {load['cpu_time']:.2f} ms", flush=True)
    print(f"a read, 999 of 1000: {swaps['quiet_ns']:.0f} ns quiet, {swaps['busy_ns']:.0f} ns during 1 000 swaps", flush=True)
    bars.at_most("ms to open a pack of 200 contracts and read a call", load["cpu_time"], LOAD_MS_MAX)
    bars.at_most("reads that failed during 1 000 swaps", swaps["failed"], 0)
    bars.at_most("a read during swaps, 999 of 1000, times quiet", swaps["busy_ns"] / swaps["quiet_ns"], READ_RATIO_MAX)
    bars.at_most("memory after 1 000 swaps, times before", swaps["memory_growth"], GROWTH_MAX)
    sys.exit(bars.verdict())


if __name__ == "__main__":
    main()
