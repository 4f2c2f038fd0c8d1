#!/usr/bin/env python3
"""Runs the public TUF conformance suite against airlock-tuf, with nothing excused.

Usage: run.py SUITE [pytest's own arguments]

SUITE is a checkout of github.com/theupdateframework/tuf-conformance. The suite makes its repositories
with python-tuf and securesystemslib, whose modules must be importable: installed, or checkouts of
theirs named in PYTHONPATH. AIRLOCK_BIN says where the programs are. Ends with 0 where every test
passed, 1 where one did not, 77 where something is missing that is not ours: it is named.

The client is called through a wrapper that ends it after a minute and keeps the suite's PYTHONPATH from
it. The suite would read a list of expected failures beside the client; beside the wrapper there is none.
"""
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

SKIPPED = 77
CALL_SECONDS_MAX = 60
BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", "build/release")).resolve()

# Older releases of `cryptography` lack two names that securesystemslib imports.
PLUGIN = """
import cryptography.hazmat.primitives.asymmetric.types as types
for new, old in (("PrivateKeyTypes", "PRIVATE_KEY_TYPES"), ("PublicKeyTypes", "PUBLIC_KEY_TYPES")):
    if not hasattr(types, new):
        setattr(types, new, getattr(types, old))
"""
WRAPPER = """#!/bin/sh
unset PYTHONPATH
preload=$LD_PRELOAD
unset LD_PRELOAD
exec timeout -k 5 {seconds} env ${{preload:+LD_PRELOAD="$preload"}} "{client}" "$@"
"""


def skip(why):
    print(f"skipped: the conformance suite ({why})")
    sys.exit(SKIPPED)


def check_what_is_needed(suite):
    if not (suite / "tuf_conformance").is_dir():
        skip(f"{suite} is no checkout of it; name one: make conformance SUITE=folder")
    for module in ("pytest", "cryptography", "requests", "tuf", "securesystemslib"):
        if importlib.util.find_spec(module) is None:
            skip(f"there is no Python module {module}")
    if shutil.which("faketime") is None:
        skip("the package faketime is not installed")


def tell(result):
    count, failed = 0, []
    for case in xml.etree.ElementTree.parse(result).iter("testcase"):
        count += 1
        if any(child.tag in ("failure", "error", "skipped") for child in case):
            failed.append(f"{case.get('classname')}::{case.get('name')}")
    for name in failed:
        print("FAILED", name)
    print(f"conformance: {count - len(failed)} of {count} passed")
    return 1 if failed or count == 0 else 0


def main():
    if len(sys.argv) < 2:
        skip("no checkout of it is named: make conformance SUITE=folder")
    suite = pathlib.Path(sys.argv[1]).resolve()
    check_what_is_needed(suite)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        (scratch / "older_cryptography.py").write_text(PLUGIN)
        wrapper = scratch / "client"
        wrapper.write_text(WRAPPER.format(seconds=CALL_SECONDS_MAX, client=BIN / "airlock-tuf"))
        wrapper.chmod(0o755)
        paths = [str(scratch), str(suite), os.environ.get("PYTHONPATH", "")]
        subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "older_cryptography", "-p", "no:cacheprovider",
                        "tuf_conformance", f"--entrypoint={wrapper}", f"--junitxml={scratch / 'result.xml'}",
                        *sys.argv[2:]], cwd=suite, check=False,
                       env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)),
                            "PYTHONDONTWRITEBYTECODE": "1"})
        if not (scratch / "result.xml").is_file():
            sys.exit("error: pytest did not run")
        sys.exit(tell(scratch / "result.xml"))


if __name__ == "__main__":
    main()
