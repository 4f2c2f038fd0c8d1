#!/usr/bin/env python3
"""Change core/slot and core/update in one place after the other, and see a test fail.

A mutant is the source with one comparison or condition negated, or with one erase, write, sync or store dropped. It is
killed where it fails the room's unit tests, or else the power-cut sweep. What survives is listed; a survivor that cannot be
told from the original stands in tools/mutants.json with the reason why.

Needs a release build (make build). Ends with 0 where at least 95 of 100 are killed and each survivor has a reason.
Usage: mutate.py [--list] [FILE ...]    of these files only
"""
import json
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
SCRATCH = ROOT / "build" / "mutate"
ROOMS = ("core/slot", "core/update")
UNIT_SECONDS_MAX = 60  # of a processor: a machine that waits is no loop
SWEEP_SECONDS_MAX = 600
KILLED_PERCENT_MIN = 95

NEGATED = {" == ": " != ", " != ": " == ", " < ": " >= ", " > ": " <= ", " <= ": " > ", " >= ": " < "}
STORING = r"(?:erase|write|sync|store|settle|write_copy|write_page|begin_pages|mark_step|do_step|copy_unit|finish|bring)"
DROPPED = (
    (re.compile(rf"^\s*AIRLOCK_TRY\([\w.>*\[\]-]*\b{STORING}\(.*\)\);$"), lambda line: ""),
    (re.compile(rf"^\s*\(void\){STORING}\(.*\);$"), lambda line: ""),
    (re.compile(rf"^\s*return [\w.>-]*\b{STORING}\(.*\);$"),
     lambda line: re.sub(r"return .*;", "return {};", line)),
)


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
    for pattern, drop in DROPPED:
        if pattern.match(code.rstrip()):
            yield "an operation is dropped", drop(line)


def mutants_of(path):
    lines = path.read_text().split("\n")
    for number, line in enumerate(lines):
        for what, changed in mutants_of_line(line):
            yield {"file": path.relative_to(ROOT).as_posix(), "line": number + 1, "text": line.strip(), "what": what,
                   "source": "\n".join([*lines[:number], changed, *lines[number + 1:]])}


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


def main():
    names = [word for word in sys.argv[1:] if word != "--list"]
    mutants = [mutant for path in sources() for mutant in mutants_of(path)
               if not names or mutant["file"] in names]
    if "--list" in sys.argv:
        for mutant in mutants:
            print(f"{mutant['file']}:{mutant['line']}: {mutant['what']}: {mutant['text']}")
        return 0
    reasons = json.loads((ROOT / "tools" / "mutants.json").read_text())
    SCRATCH.mkdir(parents=True, exist_ok=True)
    killed, survivors, unexplained = {}, 0, 0
    for mutant in mutants:
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
    count = sum(killed.values()) + survivors
    by = ", ".join(f"{number} by {name}" for name, number in killed.items())
    percent = 100 * sum(killed.values()) / max(count, 1)
    print(f"mutants={count} killed={sum(killed.values())} ({percent:.1f} %: {by}) survived={survivors} "
          f"unexplained={unexplained}")
    return 0 if percent >= KILLED_PERCENT_MIN and unexplained == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
