#!/usr/bin/env python3
"""What native fee plugins cost: quotes in a confined process and in the wallet's, how late the baseline answers for those that
hang, 1 000 swaps under two threads."""
import json
import os
import pathlib
import subprocess
import sys

import bars

BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", "build/release"))
LATE_MS_MAX = 50
GROWTH_MAX = 2 << 20


def main():
    ran = subprocess.run([str(BIN / "engine_fee_plugin_bench"), "--benchmark_format=json", "--benchmark_min_time=0.5"],
                         capture_output=True, check=True, text=True)
    found = {one["name"].split("/iterations")[0].removesuffix("/real_time"): one for one in json.loads(ran.stdout)["benchmarks"]}
    print(f"a quote: {found['quote_in_child']['real_time']:.1f} us in a confined process, {found['quote_in_process']['cpu_time']:.0f} ns in the "
          f"wallet's; a process is ready after {found['start_in_child']['real_time']:.2f} ms", flush=True)
    for case in ("spins", "locks", "blocks", "forks"):
        one = found[f"hangs/{case}"]
        bars.at_most(f"ms after the budget, the worst of 100 plugins where one {case}", one["late_ms"], LATE_MS_MAX)
        bars.at_most(f"answers of a plugin that {case}", one["answered"], 0)
    for where in ("child", "process"):
        one = found[f"swaps_in_{where}"]
        print(f"1 000 swaps in the {where}: {one['real_time'] / 1e3:.1f} s under {one['quotes']:.0f} quotes", flush=True)
        bars.at_most(f"quotes that failed, in the {where}", one["failed"], 0)
        bars.at_most(f"quotes of no one plugin, in the {where}", one["torn"], 0)
        bars.at_most(f"plugins that were not unloaded, in the {where}", one["draining"], 0)
        bars.at_most(f"bytes of memory more, in the {where}", one["growth_bytes"], GROWTH_MAX)
    sys.exit(bars.verdict())


if __name__ == "__main__":
    main()
