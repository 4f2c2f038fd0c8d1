#!/usr/bin/env python3
"""Hold every #include of the project against rooms.cmake.

Fails when a file includes a room or a library that its own room does not list, when a freestanding
room includes what is not freestanding, when a library of one unit is seen by a second, when a room
lists a library and includes nothing of it, when the map itself points down the page, or when a
source lies in no room. Usage: check_rooms.py [ROOT]
"""
import dataclasses
import os
import pathlib
import re
import sys

OTHERS = ("build", "examples")  # what is made, and programs of others
SUFFIXES = (".h", ".hpp", ".cc", ".inc")
TESTS = ("_test.cc", "_test.h", "_fuzz.cc", "_bench.cc")


@dataclasses.dataclass
class Entry:
    """One line of the map: a library, a room or an app."""
    form: str
    name: str
    lists: dict
    flags: set

    def has(self, word):
        return self.lists.get(word, [])

    @property
    def on_host(self):
        return "HOST" in self.flags or self.form == "app" and "BARE" not in self.flags


def read_map(root):
    """Returns the libraries and rooms by name, and the faults of the map itself."""
    libraries, rooms, faults = {}, {}, []
    text = re.sub(r"#.*", "", (root / "rooms.cmake").read_text())
    for form, body in re.findall(r"\b(library|room|app)\(([^)]*)\)", text):
        name, *words = body.split()[form == "app":]
        entry, listing = Entry(form, name, {}, set()), None
        for word in words:
            if word in ("HOST", "ONE_UNIT", "MODULE", "BUSY_TESTS", "CONFINED", "BARE"):
                entry.flags.add(word)
            elif word in ("ROOMS", "LIBS", "BACKEND_LIBS", "FUZZ_LIBS", "HEADERS"):
                listing = entry.lists.setdefault(word, [])
            else:
                listing.append(word)
        for above in entry.has("ROOMS"):
            if above not in rooms:
                faults.append(f"rooms.cmake: {name} lists {above}, which is not above it")
        for library in (*entry.has("LIBS"), *entry.has("BACKEND_LIBS"), *entry.has("FUZZ_LIBS")):
            if library not in libraries:
                faults.append(f"rooms.cmake: {name} lists {library}, which is no library")
        (libraries if form == "library" else rooms)[name] = entry
    return libraries, rooms, faults


def room_of(path, rooms):
    """The deepest room that holds a path, or None."""
    parts = path.split("/")
    for size in range(len(parts), 0, -1):
        if "/".join(parts[:size]) in rooms:
            return "/".join(parts[:size])
    return None


def library_of(header, libraries):
    """The library that a header belongs to, by its longest match, or None."""
    known = [(len(head), library.name) for library in libraries.values() for head in library.has("HEADERS")
             if header == head or head.endswith("/") and header.startswith(head)]
    return max(known)[1] if known else None


class Check:
    def __init__(self, root):
        self.root, self.count = root, 0
        self.libraries, self.rooms, self.faults = read_map(root)
        self.includes = {}  # file -> what it includes: files of the project, or names of libraries
        self.used = set()  # (room, library)

    def run(self):
        for top in sorted(folder for folder in self.root.iterdir() if folder.is_dir() and folder.name not in OTHERS):
            for source in sorted(top.rglob("*") if not top.name.startswith(".") else ()):
                if source.suffix in SUFFIXES:
                    self.count += 1
                    self.check_file(source.relative_to(self.root).as_posix(), source.read_text())
        self.check_units()
        self.check_lists()
        return self.faults, self.count

    def check_file(self, name, text):
        room = room_of(name, self.rooms)
        if room is None:
            self.faults.append(f"{name}: lies in no room of rooms.cmake")
            return
        reached = self.includes[name] = set()
        for number, line in enumerate(text.splitlines(), 1):
            found = re.search(r'#\s*include\s*(["<])([^">]+)[">]', line)
            if not found:
                continue
            kind, header = found.groups()
            outside = kind == "<" and room_of(header, self.rooms) is None and ".." not in header
            reached.add(library_of(header, self.libraries) if outside else header)
            judge = self.judge_library if outside else self.judge_room
            if fault := judge(name, self.rooms[room], header):
                self.faults.append(f"{name}:{number}: {fault}")

    def judge_room(self, name, room, header):
        # A header that others install beside its own kind knows no root of ours.
        if name.endswith(".hpp") and ".." in header:
            header = os.path.normpath(os.path.join(os.path.dirname(name), header))
        target = room_of(header, self.rooms)
        if ".." in header:
            return f"{header} does not begin at the root of the project"
        if target is None:
            return f"{header} is no path from the root of the project"
        if target in (room.name, *room.has("ROOMS")):
            return None
        if name.endswith(TESTS) and target.startswith("tests/fakes"):
            return None
        return f"{room.name} may not include {target} (see rooms.cmake)"

    def judge_library(self, name, room, header):
        library = library_of(header, self.libraries)
        self.used.add((room.name, library))
        if name.endswith(TESTS):
            return None
        backend = room.has("BACKEND_LIBS") if name.endswith(("_host.cc", "_library.cc")) else []
        on_host = room.on_host or bool(backend)
        if library in ("freestanding", *room.has("LIBS"), *backend):
            return None
        if library is not None and "HOST" in self.libraries[library].flags:
            return None if on_host else f"{room.name} is freestanding and may not include <{header}>"
        if library is not None:
            return f"{room.name} may not include <{header}>: it does not list {library} (see rooms.cmake)"
        if re.search(r"[./]", header):
            return f"<{header}> belongs to no library of rooms.cmake"
        return None if on_host else f"{room.name} is freestanding and may not include <{header}>"

    def reach(self, name, seen):
        """Everything that a file includes, directly or through headers of the project."""
        for header in self.includes.get(name, ()):
            if header not in seen:
                seen.add(header)
                self.reach(header, seen)
        return seen

    def check_units(self):
        units = [name for name in self.includes if name.endswith(".cc") and not name.endswith(TESTS)]
        for library in self.libraries.values():
            if "ONE_UNIT" in library.flags:
                seeing = [unit for unit in units if library.name in self.reach(unit, set())]
                if len(seeing) > 1:
                    self.faults.append(f"{library.name} is for one unit, and seen by {', '.join(seeing)}")

    def check_lists(self):
        for room in self.rooms.values():
            for library in (*room.has("LIBS"), *room.has("BACKEND_LIBS")):
                if (room.name, library) not in self.used:
                    self.faults.append(f"rooms.cmake: {room.name} lists {library} and includes nothing of it")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    faults, count = Check(root).run()
    for fault in faults:
        print(fault)
    print(f"rooms: {count} files, {len(faults)} faults")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
