#!/bin/sh
# Every figure of speed: the parts alone, then the programs side by side with their peers in the same
# run. Ends with 1 where a bar is missed.
set -eu
bin=${AIRLOCK_BIN:-build/release}
for bench in $(cat "$bin/benches.txt"); do "$bin/$bench" --benchmark_min_time=0.5; done
missed=0
python3 tools/bench_prove.py || missed=1
python3 tools/bench_applier.py || missed=1
python3 tools/bench_install.py || missed=1
python3 tools/bench_tuf.py || missed=1
python3 tools/bench_checkin.py || missed=1
python3 tools/bench_packs.py || missed=1
python3 tools/bench_fee.py || missed=1
python3 tools/bench_fee_plugins.py || missed=1
python3 tools/bench_abi.py || missed=1
python3 tools/bench_solana.py || missed=1
python3 tools/bench_move.py || missed=1
python3 tools/bench_clear.py || missed=1
exit "$missed"
