#!/usr/bin/env python3
"""What a quote costs beside the same rule written by hand, in the same run; reading a policy; 1 000 swaps under two threads."""
import json
import os
import pathlib
import subprocess
import sys

import bars

BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", "build/release"))
RATIO_MAX = 2
SCALING_MIN = 1.8
SWAP_US_MAX = 10  # the time that 999 of 1000 quotes stay below while policies are swapped
GROWTH_MAX = 2 << 20
REPETITIONS = 20


def run(*options):
    ran = subprocess.run([str(BIN / "engine_fee_bench"), "--benchmark_format=json", *options], capture_output=True, check=True, text=True)
    return json.loads(ran.stdout)["benchmarks"]


def main():
    # Of several short runs in turn the quickest of each: the machine's other work falls upon both alike.
    quickest, allocations = {}, 0
    for one in run("--benchmark_filter=by_", f"--benchmark_repetitions={REPETITIONS}", "--benchmark_min_time=0.05",
                   "--benchmark_enable_random_interleaving=true"):
        if one["run_type"] != "iteration":
            continue
        name = one["name"]
        quickest[name] = min(one["cpu_time"], quickest.get(name, one["cpu_time"]))
        allocations = max(allocations, one.get("allocations", 0))
    rest = {one["name"].split("/")[0]: one for one in run("--benchmark_filter=read_policy|swaps")}
    for rule in ("percentage", "tiers"):
        print(f"{rule}: {quickest[rule + '_by_hand']:.1f} ns by hand, {quickest[rule + '_by_policy']:.1f} ns by a policy, "
              f"{quickest[rule + '_by_engine/threads:1']:.1f} ns with the swap's pointer and the wallet's limits", flush=True)
        bars.at_most(f"a quote of {rule}, times the same rule by hand", quickest[rule + "_by_policy"] / quickest[rule + "_by_hand"], RATIO_MAX)
    bars.at_most("heap allocations of a quote", allocations, 0)
    bars.at_least("quotes of two threads, times one", 2 * quickest["percentage_by_engine/threads:1"] / quickest["percentage_by_engine/threads:2"],
                  SCALING_MIN)
    read, swaps = rest["read_policy"], rest["swaps"]
    print(f"a policy of 100 rules of 8 tiers, {read['bytes'] / 1e3:.1f} KB: read in {read['cpu_time']:.2f} ms", flush=True)
    bars.at_most("us of a quote during swaps, 999 of 1000", swaps["p999_ns"] / 1e3, SWAP_US_MAX)
    bars.at_most("quotes that failed during 1 000 swaps", swaps["failed"], 0)
    bars.at_most("quotes of no one policy during 1 000 swaps", swaps["torn"], 0)
    bars.at_most("bytes of memory more after 1 000 swaps", swaps["growth_bytes"], GROWTH_MAX)
    sys.exit(bars.verdict())


if __name__ == "__main__":
    main()
