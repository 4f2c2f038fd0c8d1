#!/usr/bin/env python3
"""Plant a bug that real projects had, and see the power-cut sweep find it.

Each entry of tools/faults.json is a fault: where it was met, and the text that it replaces. This program copies the
project, plants the fault, builds airlock-powercut there and runs it until the first harm. The sweep is at fault where it
finds none.

A fault that cannot be planted, since its text is gone or what is left does not compile, is none that was found: it has a
status of its own, and a line on standard error that begins with `cannot be planted`.
"""
import argparse
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import without

SCRATCH = without.ROOT / "build" / "faults"
PROGRAM = "airlock-powercut"
SWEEP_SECONDS_MAX = 600  # of a processor
MISSED, FOUND, WRONG_LINE, UNPLANTED = 0, 1, 2, 3
STATUSES = """ends with
  NAME      1 where the sweep found harm, 0 where it found none, 3 where the fault cannot be planted
  --all     0 where all were found, 1 where one was missed or cannot be planted
  --check   0 where all can be planted, 1 where one cannot
  2 on a wrong line"""


class Unplanted(Exception):
    """The fault is not there to be found; says why."""


def read_faults():
    return json.loads((without.ROOT / "tools" / "faults.json").read_text())


def planted_texts(fault, root):
    """What each file of the fault becomes, by its name."""
    texts = {}
    for change in fault["changes"]:
        file = change["file"]
        text = texts.get(file) or (root / file).read_text()
        count = text.count(change["take"])
        if count != 1:
            raise Unplanted(f"{file}: the text stands there {count} times, not once")
        texts[file] = text.replace(change["take"], change["put"])
    return texts


def commands_of(build):
    """How each source is compiled in a build folder."""
    try:
        entries = json.loads((build / "compile_commands.json").read_text())
    except FileNotFoundError:
        raise Unplanted(f"{build} is no build folder: make build, or name one with --build") from None
    return {entry["file"]: shlex.split(entry["command"]) for entry in entries}


def touched_sources(texts):
    """The sources that a fault changes: themselves, or those beside a header that include it."""
    for file in texts:
        if not file.endswith(".h"):
            yield file
            continue
        for source in sorted((without.ROOT / file).parent.glob("*.cc")):
            if f'"{file}"' in source.read_text() and not source.stem.endswith(("_test", "_fuzz", "_bench")):
                yield source.relative_to(without.ROOT).as_posix()


def check_compiles(texts, commands):
    """Compiles what a fault changes with the warnings of the build, which are errors. No optimizer runs, and no object is
    made; to look at the syntax alone would not find a function that nobody calls any more."""
    with tempfile.TemporaryDirectory() as folder:
        for file, text in texts.items():
            planted = pathlib.Path(folder, file)
            planted.parent.mkdir(parents=True, exist_ok=True)
            planted.write_text(text)
        for source in touched_sources(texts):
            original = str(without.ROOT / source)
            if original not in commands:
                raise Unplanted(f"{source} is not in the build")
            words = list(commands[original])
            del words[words.index("-o"):words.index("-o") + 2]
            words[words.index(original)] = str(pathlib.Path(folder, source)) if source in texts else original
            words[words.index("-c")] = "-S"
            command = [*words, "-iquote", folder, "-O0", "-U_FORTIFY_SOURCE", "-o", "/dev/null"]
            ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if ran.returncode != 0:
                raise Unplanted(f"{source} does not compile with it:\n{ran.stderr[-2000:]}")


def check(faults, build):
    try:
        commands = commands_of(build)
    except Unplanted as why:
        print(f"cannot be planted: {why}", file=sys.stderr)
        return 1
    bad = 0
    for fault in faults:
        try:
            check_compiles(planted_texts(fault, without.ROOT), commands)
        except Unplanted as why:
            bad += 1
            print(f"cannot be planted: {fault['name']}: {why}", file=sys.stderr)
    print(f"{len(faults) - bad} of {len(faults)} faults can be planted")
    return 1 if bad else 0


def plant(fault):
    texts = planted_texts(fault, without.ROOT)
    without.SCRATCH = SCRATCH
    without.sync()
    for file, text in texts.items():
        (SCRATCH / file).write_text(text)


def build():
    folder = SCRATCH / "build" / "release"
    if not (folder / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", "release", "-Wno-dev"], cwd=SCRATCH, check=True, capture_output=True)
    built = subprocess.run(["cmake", "--build", "--preset", "release", "--target", PROGRAM], cwd=SCRATCH,
                           capture_output=True, text=True)
    if built.returncode != 0:
        raise Unplanted("the project does not build with it:\n" + built.stdout[-3000:])
    return folder / PROGRAM


def tell(words):
    print(words, file=sys.stderr, flush=True)


def sweep(fault):
    """Returns whether the sweep found it, and what that said."""
    tell(f"{fault['name']}: {fault['what']}; planting and building")
    plant(fault)
    program = build()
    tell(f"{fault['name']}: sweeping")
    ran = subprocess.run(["prlimit", f"--cpu={SWEEP_SECONDS_MAX}", program, "--share", "quick"], stdout=subprocess.PIPE, text=True)
    if ran.returncode == WRONG_LINE:
        raise Unplanted("the sweep does not understand its own line")
    # A sweep that an assertion or the limit ends noticed the fault too, and names no harm.
    return FOUND if ran.returncode else MISSED, ran.stdout


def first_harm(told):
    harm = re.search(r"^HARM (.*)$", told, re.M)
    return harm[1] if harm else "it stopped, or went on for ever"


def try_all(faults):
    missed = unplanted = 0
    for number, fault in enumerate(faults, 1):
        try:
            status, told = sweep(fault)
        except Unplanted as why:
            unplanted += 1
            tell(f"cannot be planted: {fault['name']}: {why}")
            print(f"[{number}/{len(faults)}] CANNOT BE PLANTED {fault['name']}", flush=True)
            continue
        missed += status == MISSED
        print(f"[{number}/{len(faults)}] {'MISSED' if status == MISSED else 'found '} {fault['name']}"
              f"{'' if status == MISSED else ': ' + first_harm(told)}", flush=True)
    print(f"faults={len(faults)} found={len(faults) - missed - unplanted} missed={missed} unplanted={unplanted}")
    return 1 if missed or unplanted else 0


def try_one(fault):
    try:
        status, told = sweep(fault)
    except Unplanted as why:
        tell(f"cannot be planted: {fault['name']}: {why}")
        return UNPLANTED
    print(told, end="")
    print(f"the sweep {'MISSED' if status == MISSED else 'found'} {fault['name']}")
    return status


def read_line(words):
    parser = argparse.ArgumentParser(prog="faults.py", description=__doc__, epilog=STATUSES, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="every fault, in a line")
    what.add_argument("--check", action="store_true", help="can each be planted: does its text stand in the source once, and does what is left compile?")
    what.add_argument("--all", action="store_true", help="plant all of them in turn, or those that are named")
    parser.add_argument("--build", type=pathlib.Path, default=without.ROOT / "build" / "release", metavar="FOLDER",
                        help="whose compiler and warnings --check takes (build/release)")
    parser.add_argument("names", nargs="*", metavar="NAME", help="the fault to plant")
    line = parser.parse_args(words)
    if not (line.list or line.check or line.all) and len(line.names) != 1:
        parser.error("name one fault, or --all with several; --list has their names")
    if (line.list or line.check) and line.names:
        parser.error("--list and --check are of all faults")
    return parser, line


def main(words):
    parser, line = read_line(words)
    faults = read_faults()
    unknown = [name for name in line.names if name not in {fault["name"] for fault in faults}]
    if unknown:
        parser.error(f"there is no fault {unknown[0]}; see --list")
    if line.list:
        for fault in faults:
            print(f"{fault['name']:34} {fault['what']} ({fault['met']})")
        return 0
    if line.check:
        return check(faults, line.build)
    chosen = [fault for fault in faults if not line.names or fault["name"] in line.names]
    return try_all(chosen) if line.all else try_one(chosen[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
