#!/bin/sh
# Compiles all of core/ for Cortex-M4, holds it against what it promises, and prints each room's size.
set -eu
tools/fetch_source.sh || echo "skipped: libsecp256k1 on bare metal (its source was not to be had)"
cmake --preset cortex-m -Wno-dev > /dev/null
cmake --build --preset cortex-m -j "$(nproc)" > build/cortex-m.log 2>&1 || { cat build/cortex-m.log; exit 1; }
python3 tools/check_freestanding.py build/cortex-m/libcore_*.a
echo "stack of airlock-mcu, the deepest path:"
python3 tools/stack_usage.py build/cortex-m --max
echo "flash and static RAM of airlock-mcu, by its link map:"
python3 tools/map_size.py build/cortex-m/airlock-mcu.map --max
echo "core/ for Cortex-M4 (-Os), without a crypto library:"
total=0
for library in build/cortex-m/libcore_*.a; do
  text=$(arm-none-eabi-size -t "$library" | awk 'END { print $1 + $2 }')
  room=$(basename "$library" .a | sed 's/^libcore_/core\//')
  printf '  %-14s %7d bytes\n' "$room" "$text"
  total=$((total + text))
done
printf '  %-14s %7d bytes (everything; what a program does not call, the linker drops)\n' total "$total"
