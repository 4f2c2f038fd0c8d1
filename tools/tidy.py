#!/usr/bin/env python3
"""clang-tidy over every source, and again only where something that it reads has changed.

A source costs half a minute. What passed is remembered in build/tidy by a hash of all that the verdict
depends on: the source, each header of the project that it includes, its compile command, .clang-tidy and
clang-tidy's own version. The table of error codes (.inc), which every source includes and which holds no
code, is not asked. Nothing is remembered of a source with a finding.

Tests are not walked by clang's analyzer, which takes six sevenths of their time: it seeks paths that nobody
takes, and each path of a test is taken, under each sanitizer.

Usage: tidy.py [--jobs N] [SOURCE ...]     all sources, or these
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMANDS = ROOT / "build" / "dev"
PASSED = ROOT / "build" / "tidy"
TIDY = "clang-tidy-19"
NO_ANALYZER = "--checks=-clang-analyzer-*"
LEFT_OUT = ("_bench.cc", "_fuzz.cc")  # what only the fuzz and bench builds compile


def commands():
    """Source -> its compile command, without where its output goes."""
    found = {}
    for entry in json.loads((COMMANDS / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        cut = words.index("-o")
        found[os.path.relpath(entry["file"], ROOT)] = words[:cut] + words[cut + 2 :]
    return found


def headers_of(command):
    """What a source is made of, without what the system's packages hold; None where it does not even preprocess."""
    ran = subprocess.run(["clang++-19", *command[1:], "-MM", "-Wno-everything"], cwd=COMMANDS, capture_output=True, text=True)
    return ran.stdout.replace("\\\n", " ").split()[1:] if ran.returncode == 0 else None


def options_of(source):
    return ["--quiet", *([NO_ANALYZER] if source.endswith("_test.cc") else [])]


def key_of(source, command, version):
    """The hash of all that the verdict depends on, or None where it cannot be known."""
    headers = headers_of(command)
    if headers is None:
        return None
    whole = hashlib.sha256(version + (ROOT / ".clang-tidy").read_bytes() + repr((command, options_of(source))).encode())
    for header in filter(lambda name: not name.endswith(".inc"), headers):
        whole.update(hashlib.sha256((COMMANDS / header).read_bytes()).digest())
    return whole.hexdigest()


def check(source, command, version):
    """Returns (source, "passed" | "remembered" | what clang-tidy found)."""
    key = key_of(source, command, version)
    if key and (PASSED / key).exists():
        return source, "remembered"
    ran = subprocess.run([TIDY, "-p", str(COMMANDS), *options_of(source), source], cwd=ROOT, capture_output=True, text=True)
    if ran.returncode != 0:
        return source, ran.stdout + ran.stderr
    if key:
        (PASSED / key).touch()
    return source, "passed"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("sources", nargs="*")
    options = parser.parse_args()
    PASSED.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], check=True, capture_output=True).stdout
    known = commands()
    tracked = subprocess.run(["git", "ls-files", "*.cc"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    sources = options.sources or [name for name in tracked if not name.endswith(LEFT_OUT)]
    if unknown := [name for name in sources if name not in known]:
        sys.exit(f"no preset compiles {', '.join(unknown)}")
    counts = {"passed": 0, "remembered": 0}
    failed = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(check, source, known[source], version) for source in sources]
        for number, run in enumerate(concurrent.futures.as_completed(runs), 1):
            source, verdict = run.result()
            if verdict in counts:
                counts[verdict] += 1
            else:
                failed.append(source)
                print(verdict, flush=True)
            if verdict != "remembered":
                print(f"[{number}/{len(sources)}] {source}", flush=True)
    print(f"clang-tidy: {counts['passed']} passed, {counts['remembered']} remembered, {len(failed)} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
