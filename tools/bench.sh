#!/bin/sh
# Every figure of speed, side by side with its peer in the same run.
set -eu
python3 tools/bench_install.py
python3 tools/bench_checkin.py
