#!/bin/sh
# Runs every fuzz target for a number of seconds and prints one line each. Usage: fuzz.sh SECONDS [TARGET...]
# FUZZ_SEED (0: another one each time) fixes what is tried first, so that a finding is everybody's.
# Each begins with what the programs of $AIRLOCK_BIN write (tools/fuzz_seeds.py). A finding stays in
# build/fuzz/findings/TARGET; the corpus grows in build/fuzz/corpus/TARGET.
set -eu
seconds=$1
shift
cmake --preset fuzz -Wno-dev > build/fuzz-configure.log 2>&1 || { cat build/fuzz-configure.log; exit 1; }
cmake --build --preset fuzz -j "$(nproc)" --target fuzzers > build/fuzz-build.log 2>&1 || { tail -40 build/fuzz-build.log; exit 1; }
seeds=build/fuzz/seeds
python3 tools/fuzz_seeds.py "$seeds"
targets=${*:-$(cat build/fuzz/fuzzers.txt)}
failed=0
passed=0
for target in $targets; do
  corpus=build/fuzz/corpus/$target
  findings=build/fuzz/findings/$target/
  mkdir -p "$corpus" "$findings"
  if [ ! -d "$seeds/$target" ]; then echo "$target: tools/fuzz_seeds.py makes no seeds for it"; failed=$((failed + 1)); continue; fi
  if build/fuzz/"$target" -max_total_time="$seconds" -timeout=10 -seed="${FUZZ_SEED:-0}" -rss_limit_mb=1024 -artifact_prefix="$findings" \
      "$corpus" "$seeds/$target" > "build/fuzz/$target.log" 2>&1; then
    passed=$((passed + 1))
    echo "$target: clean, $(awk '/^Done/ { print $2 " executions in " $5 " s" }' "build/fuzz/$target.log")"
  else
    failed=$((failed + 1))
    echo "$target: FOUND something, see $findings and build/fuzz/$target.log"
    tail -20 "build/fuzz/$target.log"
  fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
