#!/usr/bin/env python3
"""The package door beside the signatures that it cannot do without, in one benchmark program.

core_package_bench proves an envelope (one of one and two of three, the bar's case; then each of them by three
algorithms), and verifies the same signatures by the libraries alone. Rounds of both alternate, and the smallest
processor time of each is compared: what another process took away is in neither.
"""
import json
import os
import pathlib
import subprocess
import sys

import bars

BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", "build/release"))
PAIRS = (("package door, 1 of 1 and 2 of 3", "Prove/1", "RawVerifications/1"),
         ("package door, the same by all three algorithms", "ProveHybrid", "RawVerificationsHybrid"))
ROUNDS = 15
RATIO_MAX = 1.1


def times():
    names = "|".join(f"{name}$" for _, *pair in PAIRS for name in pair)
    ran = subprocess.run([str(BIN / "core_package_bench"), f"--benchmark_filter=^({names})", "--benchmark_format=json",
                          f"--benchmark_repetitions={ROUNDS}", "--benchmark_enable_random_interleaving=true",
                          "--benchmark_min_time=0.05"], capture_output=True, check=True, text=True)
    smallest = {}
    for one in json.loads(ran.stdout)["benchmarks"]:
        if one["run_type"] != "iteration":
            continue
        if one.get("error_occurred"):
            sys.exit(f"error: {one['name']}: {one['error_message']}")
        name = one["run_name"]
        smallest[name] = min(one["cpu_time"], smallest.get(name, one["cpu_time"]))
    return smallest


def main():
    found = times()
    for what, ours, theirs in PAIRS:
        print(f"{what}: {found[ours] / 1000:.1f} µs; the libraries alone: {found[theirs] / 1000:.1f} µs", flush=True)
        bars.at_most(f"{what}, beside the raw verifications", found[ours] / found[theirs], RATIO_MAX)
    sys.exit(bars.verdict())


if __name__ == "__main__":
    main()
