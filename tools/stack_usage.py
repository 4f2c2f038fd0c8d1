#!/usr/bin/env python3
"""The deepest stack that a program on bare metal can need, by what GCC knows of each function and of who calls whom.

    tools/stack_usage.py build/cortex-m [--program airlock-mcu] [--root airlock_reset] [--max [BYTES]] [--frames N]

It reads the .ci files beside the objects (-fcallgraph-info=su) and takes of them what the linked program holds. A call
through a table of virtual functions may reach whatever implements a function that is named at the place of the call; a
function of no known size (the C library's) counts as ASSUMED. Recursion is refused, as is a frame of a size that is known
only when it runs: either could be of any depth, and so could an object without such a file. Exits 1 where the deepest path
is above --max.
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
STACK_BYTES_MAX = 8 << 10
ASSUMED = 64  # bytes: memcpy and what divides 64 bits, as newlib has them
GIVEN = "what an algorithm of the library was given"
INDIRECT = "__indirect_call"
NODE = re.compile(r'node: \{ title: "([^"]*)" label: "([^"]*)"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"(?: label: "([^"]*)")?')
SIZE = re.compile(r"(\d+) bytes \(([a-z,]+)\)")
CALLED = re.compile(r"(?:\.|->)(\w+)\(")
# Calls that are never made: a reset of this machine does not return, so that no boot stands on what was before it.
NEVER = {("_ZN7airlock4bare5Agent5resetEv", "_ZN7airlock4bare5Agent8power_onEv")}
# What stands behind a reference in these files, where a name alone would lead from an implementation to itself.
BEHIND = {
    "core/link/": {"Uart"},  # a line, and never a payload
    "core/slot/exchange": {"FlashArea"},  # areas of the board, of which the exchange makes slots
    "apps/airlock-mcu/firmware.cc": set(),  # the firmware in the slot: not ours to count
    "core/slot/store.cc": {"FlashArea"},
    "core/slot/boot.cc": {"FlashArea", "ExchangedSlot"},
    "core/delta/scratch.cc": {"FlashArea"},
    "core/delta/keep.cc": {"FlashArea", "RemoteHost"},
    "core/package/quorum.cc": set(),  # nobody certifies in a bare program
    "core/bare/pair.cc": {"FlashArea"},
    "core/bare/staging.cc": {"FlashArea", "ExchangedSlot", "RemoteHost", "Wallet"},  # under its own Filled
}


def bare(title):
    """The symbol of a title, which names the file too where the function is the file's own."""
    return title.rsplit(":", 1)[-1]


class Graph:
    def __init__(self, folder, program):
        self.frames, self.names, self.calls, self.unbounded = {}, {}, {}, set()
        self.folder = folder
        linked = self.symbols(program)
        map_file = program.with_suffix(".map")
        self.archives = set(re.findall(r"\blib(\w+)\.a\(", map_file.read_text())) if map_file.exists() else None
        self.virtual = self.implementations(program)
        for file in sorted(folder.rglob("*.ci")):
            if not self.is_left_out(file):
                self.read(file.read_text(), linked)

    def is_left_out(self, file):
        """Of a library that the program takes nothing of; where no map tells, none is."""
        target = re.search(r"CMakeFiles/(\w+)\.dir/", str(file))
        made = target and (self.folder / f"lib{target[1]}.a").exists()
        return bool(made and self.archives is not None and target[1] not in self.archives)

    def symbols(self, program):
        lines = subprocess.run(["arm-none-eabi-nm", str(program)], check=True, capture_output=True, text=True).stdout
        return {line.split()[-1] for line in lines.splitlines()}

    def implementations(self, program):
        """The functions that virtual tables point at, by their plain names."""
        table = subprocess.run(["arm-none-eabi-nm", "-S", str(program)], check=True, capture_output=True, text=True).stdout
        rows = [line.split() for line in table.splitlines()]
        functions = {int(row[0], 16) & ~1: row[-1] for row in rows if len(row) == 4 and row[2] in "tTwW"}
        binary = program.read_bytes()
        found = {}
        for address, size, _, symbol in (row for row in rows if len(row) == 4 and row[-1].startswith("_ZTV")):
            for at in range(0, int(size, 16), 4):
                offset = file_offset(binary, int(address, 16) + at)
                function = functions.get(int.from_bytes(binary[offset:offset + 4], "little") & ~1)
                if function:
                    found.setdefault(plain_name(function), set()).add(function)
        return found

    def read(self, text, linked):
        for title, label in NODE.findall(text):
            symbol = bare(title)
            size = SIZE.search(label)
            if not size or symbol not in linked:
                continue
            self.frames[symbol] = max(self.frames.get(symbol, 0), int(size[1]))
            self.names[symbol] = label.split("\\n")[0]
            if size[2] not in ("static", "dynamic,bounded"):
                self.unbounded.add(symbol)
        for source, target, place in EDGE.findall(text):
            targets = self.behind(place) if target == INDIRECT else [bare(target)]
            made = {callee for callee in targets if (bare(source), callee) not in NEVER}
            self.calls.setdefault(bare(source), set()).update(made)

    def behind(self, place):
        """What an indirect call may reach: the text at its place names virtual functions, or it may be any."""
        path, line, _ = place.rsplit(":", 2)
        file = (self.folder / path).resolve()
        if not {ROOT, self.folder} & {*file.parents}:
            return {GIVEN}
        lines = file.read_text().splitlines() if file.exists() else []
        here = " ".join(lines[int(line) - 1:int(line) + 2])
        named = [self.virtual[name] for name in CALLED.findall(here) if name in self.virtual]
        targets = set().union(*(named or self.virtual.values()))
        for start, classes in BEHIND.items():
            if start in str(file):
                targets = {target for target in targets if any(name in target for name in classes)}
        return targets

    def own(self, symbol):
        return self.frames.get(symbol, ASSUMED)

    def deepest(self, root):
        """(bytes, path) from the root on."""
        done, open_now = {}, []

        def below(symbol):
            if symbol in open_now:
                raise SystemExit("recursion: " + " -> ".join([*open_now[open_now.index(symbol):], symbol]))
            if symbol not in done:
                open_now.append(symbol)
                under = max((below(callee) for callee in self.calls.get(symbol, ())), default=(0, []))
                open_now.pop()
                done[symbol] = (self.own(symbol) + under[0], [symbol, *under[1]])
            return done[symbol]

        sys.setrecursionlimit(10_000)
        found = below(root)
        self.totals = done
        return found


def plain_name(symbol):
    """The last name in a mangled one: read in _ZN7airlock3mcu9FlashArea4readEyNS_.."""
    at, name = re.match(r"_ZT?[a-z]*[0-9_]*N?[VK]*", symbol).end(), symbol
    while size := re.match(r"\d+", symbol[at:]):
        start = at + size.end()
        name, at = symbol[start:start + int(size[0])], start + int(size[0])
    return name


def file_offset(binary, address):
    """Where a 32-bit ELF file holds what is at an address."""
    number = lambda at, size=4: int.from_bytes(binary[at:at + size], "little")
    for i in range(number(44, 2)):
        at = number(28) + i * number(42, 2)
        start = number(at + 8)
        if number(at) == 1 and start <= address < start + number(at + 16):
            return number(at + 4) + address - start
    raise SystemExit(f"{address:#x} is in no segment of the program")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--program", default="airlock-mcu")
    parser.add_argument("--root", default="airlock_reset")
    parser.add_argument("--max", type=int, nargs="?", const=STACK_BYTES_MAX)
    parser.add_argument("--frames", type=int, default=0, help="also the largest frames that are reached")
    taken = parser.parse_args()
    objects = [file for file in taken.folder.rglob("*") if file.suffix in (".o", ".obj")]
    silent = sorted(str(file) for file in objects if not file.with_suffix(".ci").exists())
    if silent:
        raise SystemExit(f"nothing is known of {silent[0]}: compile with -fcallgraph-info=su, and by no cache")
    graph = Graph(taken.folder.resolve(), taken.folder / f"{taken.program}.elf")
    total, path = graph.deepest(taken.root)
    for symbol in path:
        note = "" if symbol in graph.frames else "  (assumed)"
        print(f"{graph.own(symbol):7d}  {graph.names.get(symbol, symbol)[:110]}{note}")
    print(f"{total:7d}  bytes of stack")
    for symbol in sorted(graph.totals, key=graph.own, reverse=True)[:taken.frames]:
        print(f"{graph.own(symbol):7d} of {graph.totals[symbol][0]:6d}  {graph.names.get(symbol, symbol)[:100]}")
    loose = sorted(graph.unbounded & graph.totals.keys())
    if loose:
        raise SystemExit("frames without a bound: " + ", ".join(loose))
    if taken.max is not None and total > taken.max:
        raise SystemExit(f"above {taken.max} bytes")


if __name__ == "__main__":
    main()
