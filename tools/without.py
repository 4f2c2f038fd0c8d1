#!/usr/bin/env python3
"""Take a check out, and see its test fail.

"What can never happen" (ARCHITECTURE.md) names a test for each line. This program proves that the
tests would notice: for each entry of tools/without.json it copies the project, replaces the check
by nothing, builds the test binary and runs the named tests, each of which must fail. Before that,
with everything in place, all of them must pass. An entry whose text is no longer in the source is an
error, so that the list cannot rot; tools/check_docs.py finds it without building anything.

A test is `room: Suite.Name`, or `journey: file.test_name` for one story played with the programs.

Usage: without.py [--list] [NAME ...]     all entries, or those of these names or groups
A group is the first word of a name: `without.py slot tuf`. `make without` runs all of them.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRATCH = ROOT / "build" / "without"
VENDOR = SCRATCH / "build" / "vendor"  # whose keys all stories share; each makes its releases anew
PRESET = "dev"
PROGRAMS = ("airlock", "airlock-server", "airlock-device", "airlock-tuf", "airlock-fleet")
STORY_SECONDS_MAX = 900


def sync():
    """Brings the scratch copy to the state of the project, keeping its build folder."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split("\n")
    for name in filter(None, files):
        source, copy = ROOT / name, SCRATCH / name
        if not source.is_file():
            copy.unlink(missing_ok=True)
            continue
        data = source.read_bytes()
        if not copy.is_file() or copy.read_bytes() != data:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data)
            shutil.copymode(source, copy)


def targets_of(entry):
    plays = any(test.startswith("journey: ") for test in entry["tests"])
    return {*entry["targets"], *(PROGRAMS if plays else ())}


def build(targets):
    if not (SCRATCH / "build" / PRESET / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", PRESET], cwd=SCRATCH, check=True, capture_output=True)
    return subprocess.run(["cmake", "--build", "--preset", PRESET, "--target", *sorted(targets)], cwd=SCRATCH,
                          capture_output=True, text=True)


def pattern_of(test):
    """ctest's name of a test, with or without an instance of its parameters."""
    room, name = test.split(": ", 1)
    return f"^{re.escape(room)}: ?([A-Za-z0-9_]+/)?{re.escape(name)}(/.*)?$"


def play_story(story):
    """Returns (passed, failed) of one story of a journey."""
    journey, name = story.split(".")
    ran = subprocess.run([sys.executable, f"tests/journeys/{journey}.py", "-k", f"*.{name}"], cwd=SCRATCH,
                         capture_output=True, text=True, timeout=STORY_SECONDS_MAX,
                         env={**os.environ, "AIRLOCK_BIN": f"build/{PRESET}", "AIRLOCK_JOURNEY_VENDOR": str(VENDOR),
                              "PYTHONDONTWRITEBYTECODE": "1"})
    if not re.search(r"^Ran 1 test ", ran.stderr, re.M) or re.search(r"^OK \(skipped", ran.stderr, re.M):
        return 0, 0
    return (1, 0) if ran.returncode == 0 else (0, 1)


def run_tests(tests):
    """Returns (passed, failed) of the tests of these names."""
    stories = [test.removeprefix("journey: ") for test in tests if test.startswith("journey: ")]
    units = [test for test in tests if not test.startswith("journey: ")]
    counts = [*map(play_story, stories), *([run_units(units)] if units else [])]
    return sum(passed for passed, _ in counts), sum(failed for _, failed in counts)


def run_units(tests):
    environment = {**os.environ, "AIRLOCK_CORPUS": os.environ.get("AIRLOCK_CORPUS", str(ROOT / "../shared/corpus"))}
    ran = subprocess.run(["ctest", "--preset", PRESET, "-R", "|".join(map(pattern_of, tests))], cwd=SCRATCH,
                         capture_output=True, text=True, env=environment)
    found = re.search(r"(\d+) tests failed out of (\d+)", ran.stdout)
    if not found:
        return 0, 0
    return int(found[2]) - int(found[1]), int(found[1])


def failing_before(entries):
    """Returns the tests that fail while every check is still in place."""
    built = build({target for entry in entries for target in targets_of(entry)})
    if built.returncode != 0:
        sys.exit("the project does not build:\n" + built.stdout[-2000:])
    tests = sorted({test for entry in entries for test in entry["tests"]})
    if any(test.startswith("journey: ") for test in tests):
        play_story("first_vendor.test_is_made_anew_for_each_run")
        shutil.rmtree(VENDOR / "releases")
    return {test for test in tests if run_tests([test])[1]} if run_tests(tests)[1] else set()


def try_without(entry):
    """Returns what is wrong with the entry, or None where its tests fail as they should."""
    for change in entry["changes"]:
        path = SCRATCH / change["file"]
        text = path.read_text()
        if text.count(change["take"]) != 1:
            return f"{change['file']}: the check stands there {text.count(change['take'])} times, not once"
        path.write_text(text.replace(change["take"], change["put"]))
    built = build(targets_of(entry))
    if built.returncode != 0:
        return "the project without the check does not build:\n" + built.stdout[-2000:]
    for test in entry["tests"]:
        passed, failed = run_tests([test])
        if not failed:
            return f"{test} passes WITHOUT the check" if passed else f"there is no test {test}"
    return None


def is_chosen(entry, words):
    return not words or any(entry["name"] == word or entry["name"].startswith(word + "-") for word in words)


def main():
    words = [word for word in sys.argv[1:] if word != "--list"]
    entries = json.loads((ROOT / "tools" / "without.json").read_text())
    chosen = [entry for entry in entries if is_chosen(entry, words)]
    if not chosen:
        sys.exit(__doc__.strip())
    if "--list" in sys.argv:
        for entry in chosen:
            print(f"{entry['name']}: {', '.join(entry['tests'])}")
        return 0
    sync()
    failing = failing_before(chosen)
    failures = 0
    for number, entry in enumerate(chosen, 1):
        sync()
        broken = failing.intersection(entry["tests"])
        fault = f"{broken.pop()} fails WITH the check" if broken else try_without(entry)
        failures += fault is not None
        print(f"[{number}/{len(chosen)}] {'FAULT' if fault else 'ok   '} {entry['name']}: "
              f"{fault or 'its test fails without it'}", flush=True)
    print(f"without: {len(chosen) - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
