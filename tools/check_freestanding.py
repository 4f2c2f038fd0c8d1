#!/usr/bin/env python3
"""Hold what core/ was compiled to against what core/ promises (STYLE.md).

Fails when an object asks for a symbol that bare metal need not have (heap, exceptions, RTTI, I/O,
clock, randomness: whatever is not listed here), or holds writable memory (a mutable global, or one
that is constructed at start). Usage: check_freestanding.py ARCHIVE_OR_OBJECT ...
"""
import re
import subprocess
import sys

# What every toolchain brings, beside the names of core/ itself.
SYMBOLS = re.compile(
    r"mem(cpy|move|set|cmp|chr)|strlen"
    r"|__mem(cpy|move|set)_chk|__stack_chk_(fail|guard)"  # -D_FORTIFY_SOURCE, -fstack-protector
    r"|_ZSt21__glibcxx_assert_failPKciS0_S0_"  # -D_GLIBCXX_ASSERTIONS
    r"|__cxa_pure_virtual|_GLOBAL_OFFSET_TABLE_"
    # Arithmetic that the processor lacks.
    r"|__aeabi_(?!atexit|read_tp)\w+|__gnu_thumb1_\w+|__(clz|ctz|popcount|bswap)[sd]i2"
    r"|_Z(TV)?(N[KVRO]*)?7airlock\w+")
# A backend (*_host.cc, *_library.cc) stands for what bare metal may bring of its own. It may call its libraries, and make the one copy that OpenSSL demands: Ed25519 takes a message in one piece only.
BACKEND_SYMBOLS = re.compile(r"(EVP|SHA256)_\w+|secp256k1_\w+|_ZnamRKSt9nothrow_t|_ZSt7nothrow|_ZdaPvm?")

SECTION = re.compile(r"\s*\[ *\d+\] (\S+) +\S+ +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) [0-9a-f]+ +(\w*) +\d+ +\d+ +\d+")
SYMBOL = re.compile(r" *\d+: [0-9a-f]+ +\w+ +\w+ +(?:GLOBAL|WEAK) +\w+ +UND (\S+)")


def objects_of(file):
    """Yields (name, listing by readelf) of an object, or of each object of an archive."""
    ran = subprocess.run(["readelf", "--file-header", "--sections", "--symbols", "--wide", file],
                         capture_output=True, text=True)
    if ran.returncode != 0 or ran.stderr:
        sys.exit(f"readelf: {file}: {ran.stderr}")
    parts = re.split(r"^File: (.+)$", ran.stdout, flags=re.M)
    return zip(parts[1::2], parts[2::2]) if len(parts) > 1 else [(file, ran.stdout)]


def faults_of(name, listing):
    backend = re.search(r"_(host|library)\.(cc\.)?o(bj)?\b", name)
    for line in listing.splitlines():
        if section := SECTION.fullmatch(line):
            part, size, flags = section[1], int(section[2], 16), section[3]
            # What is relocated at start and then protected is constant; in a bare build it lies in ROM.
            if "W" in flags and size > 0 and not part.startswith(".data.rel.ro"):
                yield f"{name}: holds {size} writable bytes in {part}"
        elif symbol := SYMBOL.match(line):
            if not SYMBOLS.fullmatch(symbol[1]) and not (backend and BACKEND_SYMBOLS.fullmatch(symbol[1])):
                yield f"{name}: asks for {symbol[1]}"


def main():
    objects = [found for file in sys.argv[1:] for found in objects_of(file)]
    faults = [fault for name, listing in objects for fault in faults_of(name, listing)]
    for fault in faults:
        print(fault)
    print(f"freestanding: {len(objects)} objects, {len(faults)} faults")
    return 1 if faults or not objects else 0


if __name__ == "__main__":
    sys.exit(main())
