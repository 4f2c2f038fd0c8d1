#!/usr/bin/env python3
"""Hold programs against host/verdicts: which of them remember what signature checks answered?

A program that remembers has the functions of that room in front of the backend of core/crypto. Fails where one of the
programs before --simulators has them, or one behind it has not. Usage: check_verdicts.py PROGRAM ... --simulators PROGRAM ...
"""
import pathlib
import subprocess
import sys

MARK = "__wrap__ZN7airlock6crypto7backend"


def remembers(program):
    ran = subprocess.run(["nm", program], capture_output=True, text=True)
    if ran.returncode != 0 or "airlock" not in ran.stdout:
        sys.exit(f"{program}: has no symbols to look at: {ran.stderr.strip()}")
    return MARK in ran.stdout


def main():
    border = sys.argv.index("--simulators")
    faults = [f"{program} remembers verdicts, and ships" for program in sys.argv[1:border] if remembers(program)]
    faults += [f"{program} remembers no verdicts" for program in sys.argv[border + 1:] if not remembers(program)]
    for fault in faults:
        print(fault)
    names = ", ".join(pathlib.Path(name).name for name in sys.argv[1:border])
    print(f"verdicts: {len(faults)} faults; every signature is checked by {names}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
