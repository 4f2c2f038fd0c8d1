#!/usr/bin/env python3
"""clang-tidy over every source, and again only where something that it reads has changed.

Four fifths of the time of a source go into what it includes, so that the sources of one room are looked at as one
text, as far as they compile so; where that has a finding, each is looked at by itself. What passed is remembered in build/tidy by a hash of all that the verdict
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
import tempfile
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMANDS = ROOT / "build" / "dev"
BARE_COMMANDS = ROOT / "build" / "cortex-m"
BARE_COMPILER = "arm-none-eabi-g++"
PASSED = ROOT / "build" / "tidy"
TIDY = "clang-tidy-19"
IN_ONE_TEXT_MAX = 12  # sources: what is looked at in one go takes memory
# Two sources of one text include the same on purpose; a source that does it by itself is found by twice().
NO_DUPLICATES = "-readability-duplicate-include"
NO_ANALYZER = "-clang-analyzer-*"
# A constant expression is taken for a start at run time as soon as -fno-threadsafe-statics is there; and where hardware is
# met, an address is a number.
BARE_CHECKS = "-bugprone-dynamic-static-initializers,-performance-no-int-to-ptr"
LEFT_OUT = ("_bench.cc", "_fuzz.cc")  # what only the fuzz and bench builds compile
EXAMPLES = "examples/"  # programs of others: a journey compiles them


class Compiled(NamedTuple):
    """How a source is compiled, without where its output goes, and what clang-tidy is told of it."""

    words: list
    folder: pathlib.Path  # of the compile commands
    checks: list  # that are taken out or put in


def commands(folder):
    """Source -> the words of its compile command."""
    found = {}
    for entry in json.loads((folder / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        cut = words.index("-o")
        found[os.path.relpath(entry["file"], ROOT)] = words[:cut] + words[cut + 2 :]
    return found


def of_host():
    return {
        source: Compiled(words, COMMANDS, [NO_ANALYZER] if source.endswith("_test.cc") else [])
        for source, words in commands(COMMANDS).items()
    }


def of_bare():
    """With the headers of the compiler, for clang; empty where that is not installed."""
    if shutil.which(BARE_COMPILER) is None:
        return {}
    subprocess.run(["cmake", "--preset", "cortex-m", "-Wno-dev"], cwd=ROOT, check=True, capture_output=True)
    found = commands(BARE_COMMANDS)
    machine = [word for word in next(iter(found.values())) if word.startswith("-m")]
    told = subprocess.run([BARE_COMPILER, *machine, "-E", "-x", "c++", os.devnull, "-v"], capture_output=True, text=True, check=True)
    folders = told.stderr.split("search starts here:")[-1].split("End of search list.")[0].split()
    more = ["--target=arm-none-eabi", *(word for folder in folders for word in ("-isystem", folder))]
    return {source: Compiled([*words, *more], BARE_COMMANDS, [BARE_CHECKS]) for source, words in found.items()}


def headers_of(compiled):
    """What a source is made of, without what the system's packages hold; None where it does not even preprocess."""
    ran = subprocess.run(["clang++-19", *compiled.words[1:], "-MM", "-Wno-everything"], cwd=compiled.folder, capture_output=True, text=True)
    return ran.stdout.replace("\\\n", " ").split()[1:] if ran.returncode == 0 else None


def key_of(compiled, version):
    """The hash of all that the verdict depends on, or None where it cannot be known."""
    headers = headers_of(compiled)
    if headers is None:
        return None
    asked = repr((compiled.words, compiled.checks))
    whole = hashlib.sha256(version + (ROOT / ".clang-tidy").read_bytes() + asked.encode())
    for header in filter(lambda name: not name.endswith(".inc"), headers):
        whole.update(hashlib.sha256((compiled.folder / header).read_bytes()).digest())
    return whole.hexdigest()


def twice(source):
    """What a source includes for a second time."""
    lines = [line for line in (ROOT / source).read_text().splitlines() if line.startswith("#include")]
    return sorted({line for line in lines if lines.count(line) > 1})


def run_tidy(text, compiled, more=()):
    """What clang-tidy says of a file that is compiled like a source, or "" where it finds nothing."""
    words = [word for word in compiled.words[1:] if not word.endswith(".cc")]
    checks = ",".join([*compiled.checks, *more])
    config = f"--config-file={ROOT / '.clang-tidy'}"
    ran = subprocess.run([TIDY, "--quiet", config, f"--checks={checks}", str(text), "--", *words],
                         cwd=compiled.folder, capture_output=True, text=True)
    return ran.stdout + ran.stderr if ran.returncode != 0 else ""


def compiles(text, compiled):
    words = [word for word in compiled.words[1:] if not word.endswith(".cc")]
    ran = subprocess.run(["clang++-19", *words, "-fsyntax-only", "-Wno-everything", str(text)], cwd=compiled.folder, capture_output=True)
    return ran.returncode == 0


def check_one(source, compiled):
    found = run_tidy(ROOT / source, compiled)
    return found + "".join(f"{source}: {line} stands there twice\n" for line in twice(source))


def check(sources, known, folder):
    """Yields (source, what was found in it, "" for nothing) of sources that are compiled alike."""
    compiled = known[sources[0]]
    if len(sources) > 1 and not any(map(twice, sources)):
        text = pathlib.Path(folder, sources[0].replace("/", "_"))
        text.write_text("\n".join((ROOT / source).read_text() for source in sources))
        if not compiles(text, compiled):  # two of them call different things by one name
            half = len(sources) // 2
            yield from check(sources[:half], known, folder)
            yield from check(sources[half:], known, folder)
            return
        if not run_tidy(text, compiled, [NO_DUPLICATES]):
            yield from ((source, "") for source in sources)
            return
    yield from ((source, check_one(source, known[source])) for source in sources)


def together(sources, known):
    """Lists of sources of one folder that are compiled alike."""
    alike = {}
    for source in sources:
        words = [word for word in known[source].words if not word.endswith(".cc")]
        alike.setdefault((os.path.dirname(source), repr(words), repr(known[source].checks)), []).append(source)
    for group in alike.values():
        yield from (group[at : at + IN_ONE_TEXT_MAX] for at in range(0, len(group), IN_ONE_TEXT_MAX))


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
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool, tempfile.TemporaryDirectory() as folder:
        keys = dict(zip(sources, pool.map(lambda source: key_of(known[source], version), sources)))
        left = [source for source in sources if not (keys[source] and (PASSED / keys[source]).exists())]
        print(f"clang-tidy: {len(sources) - len(left)} remembered, {len(left)} to look at", flush=True)
        runs = [pool.submit(lambda group: list(check(group, known, folder)), group) for group in together(left, known)]
        done, failed = 0, []
        for run in concurrent.futures.as_completed(runs):
            for source, found in run.result():
                done += 1
                print(f"[{done}/{len(left)}] {source}\n{found}", end="", flush=True)
                if found:
                    failed.append(source)
                elif keys[source]:
                    (PASSED / keys[source]).touch()
    print(f"clang-tidy: {done - len(failed)} passed, {len(sources) - len(left)} remembered, {len(failed)} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
