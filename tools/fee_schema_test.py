#!/usr/bin/env python3
"""Holds the schema of fee policies in step with their reader: at each place where a mapping stands, the reader is given a
key that nobody knows, and the keys that it then says it knows must be those of docs/formats/fee-policy.schema.json. The example
must be accepted by the schema's own required members too.

Usage: fee_schema_test.py      the program from $AIRLOCK_BIN (build/release)
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", "build/release"))
SCHEMA = json.loads((ROOT / "docs" / "formats" / "fee-policy.schema.json").read_text())
KEY = "unheard-of: 1"
HEAD = "airlock_fee_policy: 1\nversion: 1.0.0\nrounding: down\n"
RULE = "rules:\n  - {name: a, fee: {fixed: 1}, pay: x}\n"

STRATEGY = "$defs/strategy"
# Where an unknown key is put, and the object of the schema that speaks of that place.
PLACES = {
    "": KEY + "\n",
    "$defs/rule": "rules: [{%s}]\n" % KEY,
    "$defs/when": "rules: [{name: a, when: {%s}}]\n" % KEY,
    "$defs/when/properties/amount": "rules: [{name: a, when: {amount: {%s}}}]\n" % KEY,
    "$defs/when/properties/congestion": "rules: [{name: a, when: {congestion: {%s}}}]\n" % KEY,
    "$defs/when/properties/time": "rules: [{name: a, when: {time: {%s}}}]\n" % KEY,
    "$defs/when/properties/daily": "rules: [{name: a, when: {daily: {%s}}}]\n" % KEY,
    STRATEGY: "rules: [{name: a, fee: {%s}}]\n" % KEY,
    f"{STRATEGY}/properties/tiers": "rules: [{name: a, fee: {tiers: {%s}}}]\n" % KEY,
    f"{STRATEGY}/properties/tiers/properties/of/items": "rules: [{name: a, fee: {tiers: {mode: whole, of: [{%s}]}}}]\n" % KEY,
    f"{STRATEGY}/properties/eip1559": "rules: [{name: a, fee: {eip1559: {%s}}}]\n" % KEY,
    f"{STRATEGY}/properties/solana": "rules: [{name: a, fee: {solana: {%s}}}]\n" % KEY,
    f"{STRATEGY}/properties/minimum": "rules: [{name: a, fee: {minimum: {%s}}}]\n" % KEY,
    f"{STRATEGY}/properties/maximum": "rules: [{name: a, fee: {maximum: {%s}}}]\n" % KEY,
    f"{STRATEGY}/properties/first_match/items": "rules: [{name: a, fee: {first_match: [{%s}]}}]\n" % KEY,
    "$defs/golden": RULE + "golden: [{%s}]\n" % KEY,
    "$defs/golden/properties/given": RULE + "golden: [{name: b, given: {%s}}]\n" % KEY,
}


def at(pointer):
    found = SCHEMA
    for part in filter(None, pointer.split("/")):
        found = found[part]
    return found


def objects(node, path=""):
    """Every object of the schema that lists its properties."""
    if isinstance(node, dict):
        if "properties" in node:
            yield path
        for name, inner in node.items():
            yield from objects(inner, f"{path}/{name}" if path else name)
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from objects(inner, f"{path}/{number}")


def refusal(text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        return subprocess.run([BIN / "airlock", "fee", "check", file.name], capture_output=True, text=True).stderr


def main():
    faults = []
    for pointer, body in PLACES.items():
        said = re.search(r"known are ([a-z0-9_, ]+)", refusal(HEAD + body))
        if said is None:
            faults.append(f"{pointer}: the reader does not say what it knows: {refusal(HEAD + body).strip()}")
            continue
        reader, schema = set(said[1].split(", ")), set(at(pointer)["properties"])
        if reader != schema:
            faults.append(f"{pointer or 'the document'}: the reader alone knows {sorted(reader - schema)}, the schema alone {sorted(schema - reader)}")
    # What a golden case expects has two forms in the schema, and one list in the reader.
    said = re.search(r"known are ([a-z0-9_, ]+)", refusal(HEAD + RULE + "golden: [{name: b, given: {amount: 1}, expect: {%s}}]\n" % KEY))
    forms = at("$defs/golden/properties/expect")["oneOf"]
    if said is None or set(said[1].split(", ")) != {name for form in forms for name in form["properties"]}:
        faults.append("$defs/golden/properties/expect: reader and schema differ")
    unseen = [path for path in objects(SCHEMA) if path not in PLACES and "/expect/oneOf/" not in path]
    faults += [f"{path}: no place of a document stands for it here" for path in unseen]
    for fault in faults:
        print(fault)
    print(f"schema of fee policies: {len(PLACES) + 1} places, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
