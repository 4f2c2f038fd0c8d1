#!/usr/bin/env python3
"""Plant a bug that real projects had, and see the power-cut sweep find it.

Each entry of tools/faults.json is a fault: where it was met, and the text that it replaces. This program copies the
project, plants the fault, builds airlock-powercut there and runs it until the first harm. The sweep is at fault where it
finds none. An entry whose text no longer stands in the source is an error.

Usage: faults.py --list             every fault, in a line
       faults.py --check            does every text stand in the source exactly once?
       faults.py NAME               plant one, and end as the sweep does: 1 where it found harm, 0 where it found none
       faults.py --all [NAME ...]   plant each of them in turn; ends with 0 where all were found
"""
import json
import re
import subprocess
import sys

import without

SCRATCH = without.ROOT / "build" / "faults"
PROGRAM = "airlock-powercut"
SWEEP_SECONDS_MAX = 600  # of a processor


def read_faults():
    return json.loads((without.ROOT / "tools" / "faults.json").read_text())


def misplaced(fault, root):
    """What is wrong with the texts of a fault, in words."""
    for change in fault["changes"]:
        count = (root / change["file"]).read_text().count(change["take"])
        if count != 1:
            yield f"{fault['name']}: {change['file']}: the text stands there {count} times, not once"


def plant(fault):
    without.SCRATCH = SCRATCH
    without.sync()
    for problem in misplaced(fault, SCRATCH):
        sys.exit(problem)
    for change in fault["changes"]:
        path = SCRATCH / change["file"]
        path.write_text(path.read_text().replace(change["take"], change["put"]))


def build():
    folder = SCRATCH / "build" / "release"
    if not (folder / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", "release", "-Wno-dev"], cwd=SCRATCH, check=True, capture_output=True)
    built = subprocess.run(["cmake", "--build", "--preset", "release", "--target", PROGRAM], cwd=SCRATCH,
                           capture_output=True, text=True)
    if built.returncode != 0:
        raise SystemExit("the project with the fault does not build:\n" + built.stdout[-3000:])
    return folder / PROGRAM


def sweep(fault):
    """Returns how the sweep ended and what it said."""
    plant(fault)
    ran = subprocess.run(["prlimit", f"--cpu={SWEEP_SECONDS_MAX}", build(), "--share", "quick"], capture_output=True,
                         text=True)
    # A sweep that an assertion or the limit ends noticed the fault too, and names no harm.
    return ran.returncode, ran.stdout


def first_harm(told):
    harm = re.search(r"^HARM (.*)$", told, re.M)
    return harm[1] if harm else "it stopped, or went on for ever"


def try_all(faults):
    missed = 0
    for number, fault in enumerate(faults, 1):
        try:
            status, told = sweep(fault)
        except SystemExit as problem:
            status, told = 0, ""
            print(problem)
        missed += status == 0
        print(f"[{number}/{len(faults)}] {'MISSED' if status == 0 else 'found '} {fault['name']}"
              f"{'' if status == 0 else ': ' + first_harm(told)}", flush=True)
    print(f"faults={len(faults)} found={len(faults) - missed} missed={missed}")
    return 1 if missed else 0


def main():
    faults = read_faults()
    words = sys.argv[1:]
    if words == ["--list"]:
        for fault in faults:
            print(f"{fault['name']:34} {fault['what']} ({fault['met']})")
        return 0
    if words == ["--check"]:
        problems = [problem for fault in faults for problem in misplaced(fault, without.ROOT)]
        print("\n".join(problems) or f"{len(faults)} faults can be planted")
        return 1 if problems else 0
    names = [word for word in words if not word.startswith("--")]
    unknown = set(names) - {fault["name"] for fault in faults}
    if unknown or not words:
        sys.exit(f"there is no fault {unknown.pop()}; see faults.py --list" if unknown else __doc__.strip())
    chosen = [fault for fault in faults if not names or fault["name"] in names]
    if words[0] == "--all":
        return try_all(chosen)
    status, told = sweep(chosen[0])
    print(told, end="")
    print(f"the sweep {'MISSED' if status == 0 else 'found'} {chosen[0]['name']}")
    return status


if __name__ == "__main__":
    sys.exit(main())
