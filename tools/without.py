#!/usr/bin/env python3
"""Take a check out, and see its test fail.

"What can never happen" (ARCHITECTURE.md) names a test for each line. This program proves that the
tests would notice: for each entry of tools/without.json it copies the project, replaces the check
by nothing, builds the test binary and runs the named tests, which must fail. An entry whose text is
no longer in the source is an error, so that the list cannot rot.

Usage: without.py [NAME ...]     runs all entries, or the named ones; `make without`
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRATCH = ROOT / "build" / "without"
PRESET = "dev"


def sync():
    """Brings the scratch copy to the state of the project, keeping its build folder."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split("\n")
    for name in filter(None, files):
        source, copy = ROOT / name, SCRATCH / name
        if not source.is_file():
            continue
        data = source.read_bytes()
        if not copy.is_file() or copy.read_bytes() != data:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data)
            shutil.copymode(source, copy)


def build(targets):
    if not (SCRATCH / "build" / PRESET / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", PRESET], cwd=SCRATCH, check=True, capture_output=True)
    return subprocess.run(["cmake", "--build", "--preset", PRESET, "--target", *targets], cwd=SCRATCH,
                          capture_output=True, text=True)


def run_tests(entry):
    environment = {**os.environ, "AIRLOCK_CORPUS": os.environ.get("AIRLOCK_CORPUS", str(ROOT / "../shared/corpus"))}
    return subprocess.run(["ctest", "--preset", PRESET, "-R", entry["tests"], "--no-tests=error"], cwd=SCRATCH,
                          capture_output=True, text=True, env=environment)


def try_without(entry):
    """Returns what is wrong with the entry, or None where its tests fail as they should."""
    for change in entry["changes"]:
        path = SCRATCH / change["file"]
        text = path.read_text()
        if text.count(change["take"]) != 1:
            return f"{change['file']}: the check stands there {text.count(change['take'])} times, not once"
        path.write_text(text.replace(change["take"], change["put"]))
    built = build(entry["targets"])
    if built.returncode != 0:
        return "the project without the check does not build:\n" + built.stdout[-2000:]
    if run_tests(entry).returncode == 0:
        return "the tests pass WITHOUT the check"
    return None


def main():
    entries = json.loads((ROOT / "tools" / "without.json").read_text())
    chosen = [e for e in entries if not sys.argv[1:] or e["name"] in sys.argv[1:]]
    failures = 0
    for entry in chosen:
        sync()
        fault = try_without(entry)
        failures += fault is not None
        print(f"{'FAULT' if fault else 'ok   '} {entry['name']}: {fault or 'its test fails without it'}", flush=True)
    print(f"without: {len(chosen) - failures} passed, {failures} failed")
    return 1 if failures or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
