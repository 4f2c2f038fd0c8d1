#!/usr/bin/env python3
"""Holds the recorded vectors of canonical JSON (trust/tuf/canonical_vectors.txt) against the encoders of other
TUF implementations; the tests of trust/tuf hold ours against the same vectors.

Usage: tuf_canonical.py [--write]     --write makes the file anew, by securesystemslib
Peers, each left out with a word where it is absent:
  securesystemslib        importable by this Python, or a checkout named in TUF_PYTHONPATH (python-tuf uses it)
  @tufjs/canonical-json   in node_modules of the folder that AIRLOCK_PEERS names (tuf-js uses it)
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE = ROOT / "trust" / "tuf" / "canonical_vectors.txt"
HEAD = """# Canonical JSON (OLPC), as TUF hashes and signs it. A line is a JSON text, a tab, and its canonical form in hexadecimal.
# Made by securesystemslib {version} (tools/tuf_canonical.py --write); trust/tuf/canonical_test.cc holds ours against it.
"""
EXACT = 2**53  # beyond it JavaScript counts in steps

# Texts of one line each. Those of JavaScript's order are named, since it differs where a character is beyond U+FFFF.
TEXTS = [
    "null", "true", "false", '""', "[]", "{}", "0", "-1", "9007199254740992", "-9007199254740992",
    "9223372036854775807", "-9223372036854775808", "18446744073709551615",
    ' { "b" : [ 1 , -2 , [ ] , { } ] , "a" : { "Z" : null , "a" : true , "_" : false } } ',
    r'"\" \\ \/ \b \f \n \r \t"',
    '"' + "".join(f"\\u{i:04x}" for i in range(1, 32)) + '"',
    r'"\u007f \u0080 \u00a0 \u00ad \u200b \u2028 \u2029 \ufeff \ufffd \uffff"',
    r'"\u0041\u00e9\u0065\u0301"', '"A\u00e9e\u0301"',
    r'"\ud83d\ude00\ud800\udc00\udbff\udfff"', '"\U0001f600"',
    r'{"b":1,"a":2,"B":3,"A":4,"_":5,"~":6," ":7,"":8,"aa":9,"a0":10,"a ":11}',
    r'{"a\"":1,"a\\":2,"a#":3,"a!":4,"a[":5,"a]":6}',
    r'{"\n":1,"\t":2," ":3,"!":4,"\u001f":5,"\u007f":6,"\u0080":7}',
    r'{"e\u0301":1,"\u00e9":2,"e":3,"f":4,"z":5}',
    r'{"\u00ff":1,"\u0100":2,"\u07ff":3,"\u0800":4,"\ud7ff":5,"\ue000":6,"\uffff":7}',
    r'{"\ud800\udc00":1,"\ue000":2,"\uffff":3,"\udbff\udfff":4,"z":5}',
    r'{"keytype":"ecdsa","scheme":"ecdsa-sha2-nistp256","keyval":{"public":"-----BEGIN PUBLIC KEY-----\nMFkw\n-----END'
    r' PUBLIC KEY-----\n"}}',
    r'{"signatures":[],"signed":{"_type":"targets","targets":{"a/b":{"length":1,"hashes":{"sha256":"00"},"custom":{}}}}}',
    "[" * 20 + "]" * 20,
    '{"a":' * 20 + "{}" + "}" * 20,
]
NODE = """
const {canonicalize} = require('@tufjs/canonical-json');
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(texts.map((text) => Buffer.from(canonicalize(JSON.parse(text)), 'utf8').toString('hex'))));
"""


def encoder():
    """securesystemslib's, and its version; None where it is absent."""
    sys.path[:0] = filter(None, os.environ.get("TUF_PYTHONPATH", "").split(os.pathsep))
    try:
        import securesystemslib
        import securesystemslib.formats
    except ImportError:
        return None
    return lambda text: securesystemslib.formats.encode_canonical(json.loads(text)).encode().hex(), securesystemslib.__version__


def recorded():
    lines = FILE.read_text().split("\n")
    return dict(line.rsplit("\t", 1) for line in lines if line and not line.startswith("#"))


def differing(ours, theirs):
    for text, form in ours.items():
        if text in theirs and theirs[text] != form:
            yield f"{text}\n  recorded {form}\n  peer     {theirs[text]}"


def is_of_another_order(text):
    """Whether JavaScript sorts otherwise: it compares the halves of a surrogate pair."""
    names = list(json.loads(text)) if text.lstrip().startswith("{") else []
    return sorted(names) != sorted(names, key=lambda name: name.encode("utf-16-be"))


def is_exact(text):
    value = json.loads(text)
    return not isinstance(value, int) or isinstance(value, bool) or abs(value) <= EXACT


def of_node(texts):
    """{text: canonical form} by tuf-js's encoder; None where it is absent."""
    folder = pathlib.Path(os.environ.get("AIRLOCK_PEERS", ROOT / "build" / "peers"))
    if shutil.which("node") is None or not (folder / "node_modules/@tufjs/canonical-json").is_dir():
        return None
    ran = subprocess.run(["node", "-e", NODE], cwd=folder, input=json.dumps(texts), check=True, capture_output=True, text=True)
    return dict(zip(texts, json.loads(ran.stdout), strict=True))


def main():
    python = encoder()
    if "--write" in sys.argv:
        if python is None:
            sys.exit("error: not_found: securesystemslib: name a checkout of it in TUF_PYTHONPATH")
        encode, version = python
        FILE.write_text(HEAD.format(version=version) + "".join(f"{text}\t{encode(text)}\n" for text in TEXTS))
    ours, faults, peers = recorded(), [], []
    if python:
        encode, version = python
        faults += differing(ours, {text: encode(text) for text in ours})
        peers.append(f"securesystemslib {version}")
    alike = [text for text in ours if is_exact(text) and not is_of_another_order(text)]
    if (theirs := of_node(alike)) is not None:
        faults += differing(ours, theirs)
        peers.append("@tufjs/canonical-json")
    for fault in faults:
        print(f"DIFFERS {fault}")
    print(f"canonical JSON: {len(ours)} vectors, {len(faults)} differ from {' and '.join(peers) or 'nobody: no peer is installed'}")
    return 1 if faults or not ours else 0


if __name__ == "__main__":
    sys.exit(main())
