#!/usr/bin/env python3
"""clang-tidy over every source, and again only where something that it reads has changed.

A source costs half a minute. What passed is remembered in build/tidy by a hash of all that the verdict
depends on: the source, each header of the project that it includes, its compile command, .clang-tidy and
clang-tidy's own version. The table of error codes (.inc), which every source includes and which holds no
code, is not asked. Nothing is remembered of a source with a finding.

Tests are not walked by clang's analyzer, which takes six sevenths of their time: it seeks paths that nobody
takes, and each path of a test is taken, under each sanitizer.

What only a bare build compiles is read with the headers of that build's compiler, which clang does not find by itself;
where there is no such compiler, they are told as skipped.

Usage: tidy.py [--jobs N] [SOURCE ...]     all sources, or these
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMANDS = ROOT / "build" / "dev"
BARE_COMMANDS = ROOT / "build" / "cortex-m"
BARE_COMPILER = "arm-none-eabi-g++"
GCC_ONLY = ("-fcallgraph-info", "-fconserve-stack", "-fno-inline-functions-called-once", "-fno-guess-branch-probability", "-fno-partial-inlining",
            "-fno-tree-tail-merge", "-fno-caller-saves", "-fno-schedule-insns2", "--param=")  # of that compiler's options
PASSED = ROOT / "build" / "tidy"
TIDY = "clang-tidy-19"
NO_ANALYZER = "--checks=-clang-analyzer-*"
# A constant expression is taken for a start at run time as soon as -fno-threadsafe-statics is there; and where hardware is
# met, an address is a number.
BARE_CHECKS = "--checks=-bugprone-dynamic-static-initializers,-performance-no-int-to-ptr"
LEFT_OUT = ("_bench.cc", "_fuzz.cc")  # what only the fuzz and bench builds compile
EXAMPLES = "examples/"  # programs of others: a journey compiles them


class Compiled(NamedTuple):
    """How a source is compiled, without where its output goes, and what clang-tidy is told of it."""

    words: list
    folder: pathlib.Path  # where it is compiled
    options: list
    database: pathlib.Path  # of compile commands, for clang


def for_clang(folder):
    """A folder with the compile commands of another one, less what clang does not know."""
    entries = json.loads((folder / "compile_commands.json").read_text())
    for entry in entries:
        entry["command"] = shlex.join(word for word in shlex.split(entry["command"]) if not word.startswith(GCC_ONLY))
    made = PASSED / folder.name
    made.mkdir(parents=True, exist_ok=True)
    (made / "compile_commands.json").write_text(json.dumps(entries))
    return made


def commands(folder):
    """Source -> the words of its compile command."""
    found = {}
    for entry in json.loads((folder / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        cut = words.index("-o")
        found[os.path.relpath(entry["file"], ROOT)] = words[:cut] + words[cut + 2 :]
    return found


def of_host():
    database = for_clang(COMMANDS)
    return {
        source: Compiled(words, COMMANDS, [NO_ANALYZER] if source.endswith("_test.cc") else [], database)
        for source, words in commands(COMMANDS).items()
    }


def of_bare():
    """With the headers of the compiler, for clang; empty where that is not installed."""
    if shutil.which(BARE_COMPILER) is None:
        return {}
    subprocess.run(["cmake", "--preset", "cortex-m", "-Wno-dev"], cwd=ROOT, check=True, capture_output=True)
    database = for_clang(BARE_COMMANDS)
    found = commands(database)
    machine = [word for word in next(iter(found.values())) if word.startswith("-m")]
    told = subprocess.run([BARE_COMPILER, *machine, "-E", "-x", "c++", os.devnull, "-v"], capture_output=True, text=True, check=True)
    folders = told.stderr.split("search starts here:")[-1].split("End of search list.")[0].split()
    more = ["--target=arm-none-eabi", *(word for folder in folders for word in ("-isystem", folder))]
    options = [BARE_CHECKS, *(f"--extra-arg={word}" for word in more)]
    return {source: Compiled([*words, *more], BARE_COMMANDS, options, database) for source, words in found.items()}


def headers_of(compiled):
    """What a source is made of, without what the system's packages hold; None where it does not even preprocess."""
    ran = subprocess.run(["clang++-19", *compiled.words[1:], "-MM", "-Wno-everything"], cwd=compiled.folder, capture_output=True, text=True)
    return ran.stdout.replace("\\\n", " ").split()[1:] if ran.returncode == 0 else None


def key_of(compiled, version):
    """The hash of all that the verdict depends on, or None where it cannot be known."""
    headers = headers_of(compiled)
    if headers is None:
        return None
    asked = repr((compiled.words, compiled.options))
    whole = hashlib.sha256(version + (ROOT / ".clang-tidy").read_bytes() + asked.encode())
    for header in filter(lambda name: not name.endswith(".inc"), headers):
        whole.update(hashlib.sha256((compiled.folder / header).read_bytes()).digest())
    return whole.hexdigest()


def check(source, compiled, version):
    """Returns (source, "passed" | "remembered" | what clang-tidy found)."""
    key = key_of(compiled, version)
    if key and (PASSED / key).exists():
        return source, "remembered"
    ran = subprocess.run([TIDY, "--quiet", "-p", str(compiled.database), *compiled.options, source], cwd=ROOT, capture_output=True, text=True)
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
    bare = of_bare()
    known = bare | of_host()
    tracked = subprocess.run(["git", "ls-files", "*.cc"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    sources = options.sources or [name for name in tracked if not name.endswith(LEFT_OUT) and not name.startswith(EXAMPLES)]
    if not bare:
        print(f"skipped: what only a bare build compiles ({BARE_COMPILER} is not installed)")
        sources = [name for name in sources if name in known]
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
