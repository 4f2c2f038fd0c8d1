#!/usr/bin/env python3
"""Change core/slot and core/update in one place after the other, and see a test fail.

A mutant is a source with one comparison negated (== != < > <= >=), one ! taken away, one condition of an if negated that has no operator in
it, or with one storing call left out: Status() stands in its place.
Storing calls are those of an area (erase, write, sync) and of what is made of them (STORING below), wherever they stand: in
AIRLOCK_TRY, behind return, in a condition, over several lines. What is changed is one place of a .cc file. What is not: functions
that stand in headers, as Exchange::is_pending does, && and ||, bare words in ?: or return, loops' bounds by other means, arithmetic, and
checks that store nothing.

A mutant is killed where it fails the room's unit tests, or else the power-cut sweep. What survives is listed; a survivor that
cannot be told from the original stands in tools/mutants.json with the reason why. A form that does not compile is no mutant.

Needs a release build (make build). Ends with 0 where at least 95 of 100 are killed and each survivor has a reason, with 2 on a wrong line.
"""
import argparse
import json
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
SCRATCH = ROOT / "build" / "mutate"
ROOMS = ("core/slot", "core/update")
UNIT_SECONDS_MAX = 60  # of a processor: a machine that waits is no loop
SWEEP_SECONDS_MAX = 600
KILLED_PERCENT_MIN = 95
TOLD_SECONDS = 60

NEGATED = {" == ": " != ", " != ": " == ", " < ": " >= ", " > ": " <= ", " <= ": " > ", " >= ": " < "}
STORING = ("erase", "write", "sync", "store", "settle", "write_copy", "copy_record", "write_page", "write_checked", "begin_pages", "begin",
           "mark_step", "do_step", "copy_unit", "finish", "bring", "format", "count_trial_boot", "note_proven", "fall_back_to_kept")
CALL = re.compile(rf"(?P<before>[\w>&*]*)\s*(?P<call>(?<![\w.>:])(?:\*?[\w\]\[]+(?:\.|->|::))*(?:{'|'.join(STORING)})\()")


def code_of(line):
    """The line without what a comment or a text holds, at the same places."""
    line = re.sub(r'"(?:[^"\\]|\\.)*"', lambda text: " " * len(text[0]), line)
    return re.sub(r"//.*", lambda text: " " * len(text[0]), line)


def mutants_of_line(line):
    """Every other form of this line, and what was done to it."""
    code = code_of(line)
    if code.lstrip().startswith(("#", "static_assert", "template", "friend")):
        return
    for sign, negated in NEGATED.items():
        at = code.find(sign)
        while at >= 0:
            yield f"{sign.strip()} becomes {negated.strip()}", line[:at] + negated + line[at + len(sign):]
            at = code.find(sign, at + 1)
    for found in re.finditer(r"(?<=[(\s])!(?=[\w(])", code):
        yield "a condition is negated", line[:found.start()] + line[found.end():]
    plain = re.fullmatch(r"(\s*(?:\} else )?if \()([^=<>!&|]*?)(\)(?: \{| return.*;| continue;)?)", code.rstrip())
    if plain and plain[2].strip():
        start, end = plain.span(2)
        yield "a condition is negated", f"{line[:start]}!({line[start:end]}){line[end:]}"


def end_of_call(code, at):
    """Where the parenthesis closes that opens before `at`."""
    depth = 1
    while depth and at < len(code):
        depth += {"(": 1, ")": -1}.get(code[at], 0)
        at += 1
    return at


def dropped_calls(text):
    """(where it begins, the source without it) of each storing call."""
    code = "\n".join(map(code_of, text.split("\n")))
    for found in CALL.finditer(code):
        if re.fullmatch(r"\w+[>&*]*", found["before"]) and found["before"] != "return":
            continue  # a type stands there: this is a declaration
        yield found.start("call"), text[:found.start("call")] + "Status()" + text[end_of_call(code, found.end("call")):]


def mutants_of(path):
    text = path.read_text()
    lines = text.split("\n")

    def mutant(number, what, source):
        return {"file": path.relative_to(ROOT).as_posix(), "line": number + 1, "text": lines[number].strip(), "what": what, "source": source}
    for number, line in enumerate(lines):
        for what, changed in mutants_of_line(line):
            yield mutant(number, what, "\n".join([*lines[:number], changed, *lines[number + 1:]]))
    for at, source in dropped_calls(text):
        yield mutant(text.count("\n", 0, at), "an operation is dropped", source)


def sources():
    for room in ROOMS:
        for path in sorted((ROOT / room).glob("*.cc")):
            if not path.stem.endswith(("_test", "_fuzz", "_bench")):
                yield path


def compile_command(file):
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if entry["file"] == str(ROOT / file):
            return shlex.split(entry["command"])
    sys.exit(f"{file} is not in the release build")


def link_command(target):
    commands = subprocess.run(["ninja", "-t", "commands", target], cwd=BUILD, check=True, capture_output=True,
                              text=True).stdout.strip().split("\n")
    command = next(line for line in reversed(commands) if f" -o {target} " in line)
    return command.split("&&")[1].strip() if "&&" in command else command


def compiles(mutant):
    """Compiles the mutant to SCRATCH/mutant.o; a form that is no program is no mutant."""
    source = SCRATCH / "mutant.cc"
    source.write_text(mutant["source"])
    command = [word for word in compile_command(mutant["file"]) if word not in ("-Werror", "/usr/bin/ccache")]
    command = [word for word in command if not word.startswith("CCACHE_") and word not in ("env", "-E")]
    command = command[next(i for i, word in enumerate(command) if word.endswith("c++")):]
    command[command.index("-o") + 1] = str(SCRATCH / "mutant.o")
    command[command.index(str(ROOT / mutant["file"]))] = str(source)
    command += ["-O1", "-w", f"-I{(ROOT / mutant['file']).parent}"]
    return subprocess.run(command, cwd=BUILD, capture_output=True).returncode == 0


def passes(target, words, seconds_max):
    """Whether the program passes with the mutant in the place of its original."""
    program = SCRATCH / target
    link = link_command(target).replace(f" -o {target} ", f" {SCRATCH}/mutant.o -o {program} ")
    if subprocess.run(link, shell=True, cwd=BUILD, capture_output=True).returncode != 0:
        sys.exit(f"{target} does not link with a mutant")
    limit = ["prlimit", f"--cpu={seconds_max}"]
    return subprocess.run([*limit, program, *words], cwd=ROOT, capture_output=True).returncode == 0


def killer_of(mutant):
    """What notices the mutant, or None."""
    for target in ("core_slot_test", "core_update_test"):
        if not passes(target, (), UNIT_SECONDS_MAX):
            return target
    if not passes("airlock-powercut", ("--share", "quick"), SWEEP_SECONDS_MAX):
        return "airlock-powercut"
    return None


def reason_for(mutant, reasons):
    for reason in reasons:
        if all(reason[key] == mutant[key] for key in ("file", "text", "what")):
            return reason["why"]
    return None


def read_line(words):
    known = [path.relative_to(ROOT).as_posix() for path in sources()]
    parser = argparse.ArgumentParser(prog="mutate.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--list", action="store_true", help="the mutants, a line each, and nothing is built")
    parser.add_argument("files", nargs="*", metavar="FILE", help="of these files alone, such as core/slot/store.cc")
    line = parser.parse_args(words)
    for file in line.files:
        if file not in known:
            parser.error(f"{file} is not changed; these are: {', '.join(known)}")
    return line


class Progress:
    """How far it is, on standard error: redrawn on a terminal, else a line each minute."""

    def __init__(self, count):
        self.count, self.told = count, time.monotonic()

    def tell(self, number, mutant):
        is_terminal = sys.stderr.isatty()
        if not is_terminal and time.monotonic() - self.told < TOLD_SECONDS:
            return
        self.told = time.monotonic()
        place = f"{mutant['file']}:{mutant['line']}"
        print(f"\r[{number}/{self.count}] {place:40}" if is_terminal else f"[{number}/{self.count}] {place}",
              end="" if is_terminal else "\n", file=sys.stderr, flush=True)


def judge(mutants):
    """(how many each killer killed, survivors, survivors without a reason)."""
    reasons = json.loads((ROOT / "tools" / "mutants.json").read_text())
    SCRATCH.mkdir(parents=True, exist_ok=True)
    killed, survivors, unexplained = {}, 0, 0
    progress = Progress(len(mutants))
    for number, mutant in enumerate(mutants, 1):
        progress.tell(number, mutant)
        if not compiles(mutant):
            continue
        killer = killer_of(mutant)
        if killer:
            killed[killer] = killed.get(killer, 0) + 1
            continue
        survivors += 1
        why = reason_for(mutant, reasons)
        unexplained += why is None
        print(f"SURVIVED {mutant['file']}:{mutant['line']}: {mutant['what']}: {mutant['text']}\n"
              f"         {why or 'nobody knows why'}", flush=True)
    return killed, survivors, unexplained


def main(words):
    line = read_line(words)
    mutants = [mutant for path in sources() for mutant in mutants_of(path) if not line.files or mutant["file"] in line.files]
    if line.list:
        for mutant in mutants:
            print(f"{mutant['file']}:{mutant['line']}: {mutant['what']}: {mutant['text']}")
        return 0
    if not (BUILD / "compile_commands.json").exists():
        sys.exit(f"{BUILD} is no build: make build")
    killed, survivors, unexplained = judge(mutants)
    count = sum(killed.values()) + survivors
    by = ", ".join(f"{number} by {name}" for name, number in killed.items())
    percent = 100 * sum(killed.values()) / max(count, 1)
    print(f"mutants={count} killed={sum(killed.values())} ({percent:.1f} %: {by}) survived={survivors} "
          f"unexplained={unexplained}")
    return 0 if percent >= KILLED_PERCENT_MIN and unexplained == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
