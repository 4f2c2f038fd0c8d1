#!/bin/sh
# Runs every fuzz target for a number of seconds, one on each processor, and prints one line each.
# Usage: fuzz.sh SECONDS [TARGET...]
# FUZZ_SEED (0: another one each time) fixes what is tried first, so that a finding is everybody's.
# Each begins with what the programs of $AIRLOCK_BIN write (tools/fuzz_seeds.py). A finding stays in
# build/fuzz/findings/TARGET; the corpus grows in build/fuzz/corpus/TARGET.
set -eu
seeds=build/fuzz/seeds

# fuzz.sh --one SECONDS TARGET
if [ "$1" = --one ]; then
  seconds=$2 target=$3
  corpus=build/fuzz/corpus/$target
  findings=build/fuzz/findings/$target/
  log=build/fuzz/$target.log
  mkdir -p "$corpus" "$findings"
  if [ ! -d "$seeds/$target" ]; then echo "$target: tools/fuzz_seeds.py makes no seeds for it"; exit 1; fi
  if build/fuzz/"$target" -max_total_time="$seconds" -timeout=10 -seed="${FUZZ_SEED:-0}" -rss_limit_mb=1024 \
      -artifact_prefix="$findings" "$corpus" "$seeds/$target" > "$log" 2>&1; then
    echo "$target: clean, $(awk '/^Done/ { print $2 " executions in " $5 " s" }' "$log")"
    exit
  fi
  echo "$target: FOUND something, see $findings and $log"
  tail -20 "$log"
  exit 1
fi

seconds=$1
shift
cmake --preset fuzz -Wno-dev > build/fuzz-configure.log 2>&1 || { cat build/fuzz-configure.log; exit 1; }
cmake --build --preset fuzz -j "$(nproc)" --target fuzzers > build/fuzz-build.log 2>&1 || { tail -40 build/fuzz-build.log; exit 1; }
python3 tools/fuzz_seeds.py "$seeds"
targets=${*:-$(cat build/fuzz/fuzzers.txt)}
told=build/fuzz/told.log
# xargs itself fails where one does: the count tells which.
printf '%s\n' $targets | xargs -P "$(nproc)" -I{} "$0" --one "$seconds" {} | tee "$told" || true
passed=$(grep -c ': clean, ' "$told" || true)
asked=$(printf '%s\n' $targets | wc -l)
echo "fuzz: $passed passed, $((asked - passed)) failed"
[ "$passed" -eq "$asked" ]
