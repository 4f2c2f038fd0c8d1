#!/usr/bin/env python3
"""engine/abi/evm beside viem and ethers from npm: the same calls, decoded in the same run, by processor time.

The calls are made on the spot by ethers (tools/abi_evm_peer.mjs). Ours looks its function up among all of them; viem
and ethers know one function each, which is faster for them.
"""
import json
import os
import pathlib
import subprocess
import sys

import bars

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", "build/release"))
PEERS = ROOT / "build" / "peers"
PACKAGES = {"viem": "2.57.20", "ethers": "6.17.0"}
ROUNDS = 9
DECODE_RATIO_MIN = 100  # of viem's time to ours
TEXT_RATIO_MIN = 10
WORD_NS_MAX = 20
WORDS_MIN = 8  # calldata of 256 bytes and more


def install():
    """Whether the packages are there, or why not."""
    missing = [f"{name}@{version}" for name, version in PACKAGES.items() if not (PEERS / "node_modules" / name).is_dir()]
    if not missing:
        return None
    PEERS.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(["npm", "install", "--prefix", str(PEERS), "--ignore-scripts", "--no-audit", "--no-fund", "--silent",
                        *missing], check=True, capture_output=True)
    except FileNotFoundError:
        return "no npm"
    except subprocess.CalledProcessError:
        return "npm cannot install " + " ".join(missing)
    return None


def peer(*args):
    ran = subprocess.run(["node", "--single-threaded", str(ROOT / "tools" / "abi_evm_peer.mjs"), *map(str, args)], check=True,
                         stdout=subprocess.PIPE, text=True, env={**os.environ, "AIRLOCK_PEERS": str(PEERS)})
    return ran.stdout


def ours(workloads):
    """{"decode/NAME": (smallest ns a call, words)}."""
    ran = subprocess.run([str(BIN / "engine_abi_evm_bench"), "--benchmark_format=json", f"--benchmark_repetitions={ROUNDS}",
                          "--benchmark_enable_random_interleaving=true", "--benchmark_min_time=0.05"],
                         check=True, capture_output=True, text=True,
                         env={**os.environ, "AIRLOCK_ABI_WORKLOADS": str(workloads)})
    found = {}
    for one in json.loads(ran.stdout)["benchmarks"]:
        if one["run_type"] != "iteration":
            continue
        if one.get("error_occurred"):
            sys.exit(f"error: {one['name']}: {one['error_message']}")
        name = one["run_name"]
        found[name] = min((one["cpu_time"], one["words"]), found.get(name, (one["cpu_time"], one["words"])))
    return found


def main():
    if why := install():
        bars.left_out("decoding calls of the EVM, beside viem", why)
        return
    workloads = PEERS / "abi_workloads.json"
    workloads.write_text(peer("workloads"))
    theirs, found = json.loads(peer("bench", workloads)), ours(workloads)
    for name, times in theirs.items():
        (decode, words), (text, _) = found[f"decode/{name}"], found[f"text/{name}"]
        print(f"{name} ({words:.0f} words): {decode:.0f} ns, {decode / words:.1f} a word; with text {text:.0f} ns; "
              f"viem {times['viem']:.0f} ns, ethers {times['ethers']:.0f} ns", flush=True)
        bars.at_least(f"{name}: decoding, beside viem", times["viem"] / decode, DECODE_RATIO_MIN)
        bars.at_least(f"{name}: decoding and text, beside viem", times["viem"] / text, TEXT_RATIO_MIN)
        if words >= WORDS_MIN:
            bars.at_most(f"{name}: ns a word", decode / words, WORD_NS_MAX)
    sys.exit(bars.verdict())


if __name__ == "__main__":
    main()
