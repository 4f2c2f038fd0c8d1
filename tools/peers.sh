#!/bin/sh
# What other implementations make of the same inputs, installed by npm into build/peers: SLH-DSA beside
# @noble/post-quantum, canonical JSON beside tuf-js's encoder, and beside python-tuf's where Python has it; types,
# calls, returns, events, errors and malformed input of the EVM's ABI beside ethers and viem, random ones made on the
# spot; calls and messages of Solana beside Anchor, web3.js, spl-token and Codama's clients; modules, values, payloads
# and transactions of Move beside the libraries of Sui and Aptos, random too; calls of ERC-7730's registry shown by
# clear-signing; fee policies by their schema in ajv.
set -eu
bin=${AIRLOCK_BIN:-build/release}
packages="@noble/post-quantum@0.7.1 @tufjs/canonical-json@2.0.0 viem@2.57.20 ethers@6.17.0
  @coral-xyz/anchor@0.32.1 @solana/web3.js@1.98.4 @solana/spl-token@0.4.14
  @solana-program/token-2022@0.11.0 @solana-program/token@0.14.0 @solana-program/system@0.12.2
  @mysten/move-bytecode-template@0.4.1 @mysten/bcs@2.1.2 @mysten/sui@1.45.2 @aptos-labs/ts-sdk@6.3.1
  @ethereum-sourcify/clear-signing@0.2.2 ajv@8.17.1 js-yaml@4.1.0"
peers=$(pwd)/build/peers
command -v npm > /dev/null || { echo "skipped: peers (no npm)"; exit 0; }
mkdir -p "$peers"
for package in $packages; do
  [ -d "$peers/node_modules/${package%@*}" ] && continue
  npm install --prefix "$peers" --ignore-scripts --no-audit --no-fund --silent "$package" \
    > "$peers/install.log" 2>&1 || { echo "skipped: peers (npm cannot install: see $peers/install.log)"; exit 0; }
done
AIRLOCK_PEERS="$peers" "$bin/publish_keys_test" --gtest_filter='Peer.*'
AIRLOCK_PEERS="$peers" "$bin/engine_abi_solana_test" --gtest_filter='SolanaPeer.*'
AIRLOCK_PEERS="$peers" python3 tools/tuf_canonical.py
evm="$peers/corpus/abi/evm"
rm -rf "$evm" "$peers/evm.json"
# What `make fuzz` found with evm_call_fuzz, where it ran.
found=build/fuzz/corpus/evm_call_fuzz
[ -d "$found" ] || found=
AIRLOCK_PEERS="$peers" node tools/abi_evm_peer.mjs corpus "$evm" $found
AIRLOCK_CORPUS="$peers/corpus" "$bin/engine_abi_evm_test" --gtest_output="json:$peers/evm.json" \
  --gtest_filter='EvmCorpus.*RandomTypes*:EvmCorpus.*RealContracts:EvmCorpus.*Malformed*'
AIRLOCK_PEERS="$peers" node tools/abi_evm_peer.mjs counted "$peers/evm.json" "$evm"
mkdir -p "$peers/random/abi/move"
node tools/move_peer.mjs write "$peers" "$peers/random/abi/move"
AIRLOCK_BIN="$bin" python3 tools/corpus.py "$peers/random"
# Fee policies by their published schema: random ones that the reader accepts.
rm -rf "$peers/fee"
AIRLOCK_BIN="$bin" python3 tools/fee_oracle.py 400000 --write "$peers/fee"
for policy in "$peers"/fee/*.yaml; do "$bin/airlock" fee check "$policy" > "$peers/fee.log" 2>&1 || [ $? -eq 3 ] || { cat "$peers/fee.log"; exit 1; }; done
AIRLOCK_PEERS="$peers" node tools/fee_schema_peer.mjs examples/fee-policy/fees.yaml "$peers"/fee/*.yaml
# Calls shown by the best implementation of ERC-7730: as the registry's cases say, which our own tests ask of us too.
registry="${AIRLOCK_CORPUS:-../shared/corpus}/abi/erc7730"
[ ! -d "$registry/registry" ] || AIRLOCK_PEERS="$peers" node tools/clear_signing_peer.mjs "$registry" 0
