#!/bin/sh
# SLH-DSA held against another implementation: npm's @noble/post-quantum, installed into build/peers.
set -eu
bin=${AIRLOCK_BIN:-build/release}
version=0.7.1
peers=$(pwd)/build/peers
command -v npm > /dev/null || { echo "skipped: peers (no npm)"; exit 0; }
mkdir -p "$peers"
if [ ! -d "$peers/node_modules/@noble/post-quantum" ]; then
  npm install --prefix "$peers" --ignore-scripts --no-audit --no-fund --silent "@noble/post-quantum@$version" \
    > "$peers/install.log" 2>&1 || { echo "skipped: peers (npm cannot install: see $peers/install.log)"; exit 0; }
fi
AIRLOCK_PEERS="$peers" "$bin/publish_keys_test" --gtest_filter='Peer.*'
