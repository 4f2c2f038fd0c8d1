#!/usr/bin/env python3
"""Hold every #include of the project against rooms.cmake.

Fails when a file includes a room that its own room does not list, when the map itself points
down the page, or when a source lies in no room. Usage: check_rooms.py [ROOT]
"""
import pathlib
import re
import sys

TOP = ("core", "host", "trust", "engine", "publish", "server", "device", "apps", "tests")


def read_map(root):
    """Returns {folder: set of folders it may include}, and the faults of the map itself."""
    rooms, faults = {}, []
    text = re.sub(r"#.*", "", (root / "rooms.cmake").read_text())
    for form, body in re.findall(r"\b(room|app)\(([^)]*)\)", text):
        words = body.split()
        folder = words[1] if form == "app" else words[0]
        allowed, listing = set(), False
        for word in words[1:]:
            if word.isupper():
                listing = word == "ROOMS"
            elif listing:
                allowed.add(word)
                if word not in rooms:
                    faults.append(f"rooms.cmake: {folder} lists {word}, which is not above it")
        rooms[folder] = allowed | {folder}
    return rooms, faults


def room_of(path, rooms):
    """The deepest room that holds a path, or None."""
    parts = path.split("/")
    for size in range(len(parts), 0, -1):
        if "/".join(parts[:size]) in rooms:
            return "/".join(parts[:size])
    return None


def check(root):
    rooms, faults = read_map(root)
    count = 0
    for top in TOP:
        for source in sorted((root / top).rglob("*")):
            if source.suffix not in (".h", ".cc"):
                continue
            count += 1
            name = source.relative_to(root).as_posix()
            room = room_of(name, rooms)
            if room is None:
                faults.append(f"{name}: lies in no room of rooms.cmake")
                continue
            test = name.endswith(("_test.cc", "_test.h", "_fuzz.cc", "_bench.cc"))
            for number, line in enumerate(source.read_text().splitlines(), 1):
                found = re.search(r'#\s*include\s*["<]([^">]+)[">]', line)
                if not found:
                    continue
                target = room_of(found[1], rooms)
                if "<" in found[0] and target is None and ".." not in found[1]:
                    continue  # the system's or a library's
                if ".." in found[1]:
                    faults.append(f"{name}:{number}: {found[1]} does not begin at the root of the project")
                    continue
                if target is None:
                    faults.append(f"{name}:{number}: {found[1]} is no path from the root of the project")
                elif target not in rooms[room] and not (test and target.startswith("tests/fakes")):
                    faults.append(f"{name}:{number}: {room} may not include {target} (see rooms.cmake)")
    return faults, count


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    faults, count = check(root)
    for fault in faults:
        print(fault)
    print(f"rooms: {count} files, {len(faults)} faults")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
