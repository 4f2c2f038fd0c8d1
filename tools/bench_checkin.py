#!/usr/bin/env python3
"""Publishes one release with the real programs and hands it to bench_checkin.sh, which measures
check-ins beside nginx. Usage: bench_checkin.py [ROUNDS] (AIRLOCK_BIN says where the programs are)"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/journeys"))

import stage  # noqa: E402


class Bench(stage.Stage):
    def runTest(self):
        self.make_vendor()
        package = self.make_release("1.0.0", stage.firmware(100_000, 1))
        self.publish(package)
        subprocess.run([ROOT / "tools/bench_checkin.sh", stage.BIN, self.dir / "repo", self.manifest_digest(package),
                        *sys.argv[1:]], check=True)


def main():
    bench = Bench()
    bench.setUp()
    try:
        bench.runTest()
    finally:
        bench.tearDown()


if __name__ == "__main__":
    main()
