#!/usr/bin/env python3
"""Publishes one release with the real programs and hands it to bench_checkin.sh, which measures
check-ins beside nginx. Usage: bench_checkin.py [ROUNDS] [SECONDS] (AIRLOCK_BIN says where the programs
are). Ends with 1 where the bar is missed."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/journeys"))

import bars  # noqa: E402
import stage  # noqa: E402


RATIO_MIN = 0.8


class Bench(stage.Stage):
    def runTest(self):
        self.make_vendor()
        package = self.make_release("1.0.0", stage.firmware(100_000, 1))
        self.publish(package)
        command = [ROOT / "tools/bench_checkin.sh", stage.BIN, self.dir / "repo", self.manifest_digest(package),
                   *sys.argv[1:]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as measuring:
            for line in measuring.stdout:
                print(line, end="", flush=True)
                if found := re.match(r"median ratio ([0-9.]+)", line):
                    bars.at_least("check-ins a second, times nginx", float(found[1]), RATIO_MIN)
        if measuring.returncode != 0:
            sys.exit("error: the check-ins could not be measured")


def main():
    bench = Bench()
    bench.setUp()
    try:
        bench.runTest()
    finally:
        bench.tearDown()
    sys.exit(bars.verdict())


if __name__ == "__main__":
    main()
