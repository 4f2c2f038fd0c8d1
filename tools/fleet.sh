#!/bin/sh
# A whole fleet, twice by one seed and both at once, which must come to the same; then 5 000 updates over TLS from real servers.
set -eu
updates=$1
bin=${AIRLOCK_BIN:-build/release}
running=
for time in first second; do
  "$bin/airlock" fleet simulate --devices 10000 --updates "$updates" --seed 7 --json --svg "build/fleet-$time.svg" > "build/fleet-$time.json" &
  running="$running $!"
done
for one in $running; do wait "$one"; done
cmp build/fleet-first.json build/fleet-second.json
cmp build/fleet-first.svg build/fleet-second.svg
cat build/fleet-first.json
AIRLOCK_BIN="$bin" AIRLOCK_FLEET_REAL_UPDATES=5000 PYTHONPATH=tests/journeys python3 tests/journeys/fleet.py -k over_tls
