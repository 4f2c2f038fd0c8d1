"""A payload decoded by docs/formats/payload.md and docs/formats/patch.md alone: slowly, and by nobody else's code.

    patch.py PAYLOAD IMAGE_SIZE PIECE_SIZE OUT [BASE]

It is what core/delta is compared with (reference_test.cc writes payloads for it), so nothing here may be taken from there. Proofs are
not its business: leaf hashes are skipped.
"""
import bisect
import struct
import sys

BLOCK = 1 << 16
PROFILES = {1: (16384, 7, (8, 9, 8, 7, 7, 7), 5), 2: (49152, 9, (9, 12, 12, 10, 10, 10), 7)}
RATES = (40960, 25206, 18204, 14246, 11702, 9929, 8623, 7620, 6826, 6182, 5649, 5201, 4818, 4488, 4201, 3947)
POINTS = (22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812, 11955, 17625, 24743, 32768, 40793, 47911, 53581, 57724,
          60565, 62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514)
PLAIN, POINTER, BRANCH, LOCAL, DATA = range(5)
THUMB, A32, A64, X86 = 1, 2, 3, 4
M32 = 0xFFFFFFFF


class Malformed(Exception):
    pass


def need(condition):
    if not condition:
        raise Malformed()


def squash(x):
    i = max(-2047, min(2047, x)) + 2048
    return POINTS[i >> 7] + ((POINTS[(i >> 7) + 1] - POINTS[i >> 7]) * (i & 127) >> 7)


def _stretches():
    made, x = [], -2047
    for high in range(4096):
        while x < 2047 and squash(x) < high * 16 + 8:
            x += 1
        made.append(x)
    return made


STRETCH = _stretches()


def hash32(key):
    v = key * 0x9E3779B1 & M32
    v ^= v >> 15
    return v * 0x85EBCA6B & M32


def signed(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def unzigzag(value):
    return -(value >> 1) - 1 if value & 1 else value >> 1


class Counters:
    """Counters by any key; each begins even."""

    def __init__(self):
        self.all = {}

    def get(self, key):
        return self.all.setdefault(key, [2048, 0])

    @staticmethod
    def p(counter):
        return 16 * counter[0] + 8

    @staticmethod
    def saw(counter, bit, limit):
        target = 4095 if bit else 0
        counter[0] = max(1, counter[0] + (((target - counter[0]) * RATES[counter[1]] + (65535 if bit else 0)) >> 16))
        counter[1] = min(counter[1] + 1, limit)


class Range:
    def __init__(self, data):
        self.data, self.at, self.range, self.code = data, 0, M32, 0
        for _ in range(4):
            self.code = self.code << 8 | self.take()

    def take(self):
        self.at += 1
        need(self.at <= len(self.data) + 4)
        return self.data[self.at - 1] if self.at <= len(self.data) else 0

    def normalize(self):
        while self.range < 1 << 24:
            self.range = self.range << 8 & M32
            self.code = (self.code << 8 | self.take()) & M32

    def bit(self, p):
        self.normalize()
        bound = (self.range >> 16) * (65536 - p)
        if self.code < bound:
            self.range = bound
            return 0
        self.range -= bound
        self.code -= bound
        return 1

    def plain(self, count):
        value = 0
        for _ in range(count):
            self.normalize()
            self.range >>= 1
            one = self.code >= self.range
            if one:
                self.code -= self.range
            value = value << 1 | one
        return value

    def counted(self, counters, key, limit=15):
        counter = counters.get(key)
        bit = self.bit(Counters.p(counter))
        Counters.saw(counter, bit, limit)
        return bit

    def number(self, counters, name):
        node = 1
        for _ in range(6):
            node = node << 1 | self.counted(counters, (name, node))
        bits = node - 64
        need(bits <= 33)
        if bits < 2:
            return bits
        value = 2 | self.counted(counters, (name, "second", bits))
        left = bits - 2
        low = min(left, 2)
        value = value << (left - low) | self.plain(left - low)
        lowest, node = 0, 1
        for i in range(low):
            bit = self.counted(counters, (name, "lowest", node))
            lowest |= bit << i
            node = 2 * node + bit
        return value << low | lowest

    def end(self):
        need(self.at >= len(self.data))


class Facts:
    def __init__(self, data, image_size, base_size):
        need(len(data) >= 6)
        version, profile, memory = struct.unpack(">BBI", data[:6])
        need(version == 3 and profile in PROFILES and PROFILES[profile][0] == memory)
        self.profile = PROFILES[profile]
        r, c = Range(data[6:]), Counters()
        self.phase = r.plain(2)
        count = r.plain(3)
        need(count <= 4)
        self.regions = []
        for _ in range(count):
            linked, first = r.plain(1), r.plain(32)
            size = r.number(c, "N0")
            need(size <= M32)
            zero = r.plain(32) if linked else 0
            relocation = r.plain(32) if linked and r.plain(1) else 0
            self.regions.append((linked, first, size, zero, relocation))
        segments, chain = r.number(c, "N1"), r.number(c, "N1")
        need(segments <= 1 << 18 and chain <= segments)
        self.segments, self.chain = [], []
        end = shift = 0
        chain_next = 0
        chained = 1
        for _ in range(segments):
            gap, size = r.number(c, "N2"), r.number(c, "N3")
            need(size >= 1 and end + gap + size <= image_size)
            shift += unzigzag(r.number(c, "N5" if gap else "N4"))
            image = end + gap
            base = image + shift
            need(base >= 0 and base + size <= base_size)
            chained = r.counted(c, ("chained", chained))
            if chained:
                need(base >= chain_next)
                chain_next = base + 1
                self.chain.append((image, size, base))
            end = image + size
            self.segments.append((image, size, base))
        need(len(self.chain) == chain)
        self.chain_bases = [s[2] for s in self.chain]
        r.end()

    def moved(self, t):
        if not self.chain:
            return 0
        i = max(0, bisect.bisect_right(self.chain_bases, t) - 1)
        image, size, base = self.chain[i]
        if t >= base + size and i + 1 < len(self.chain):
            behind = self.chain[i + 1]
            if behind[2] - t < t - (base + size):
                image, size, base = behind
        return image - base

    def region(self, address):
        for linked, first, size, zero, relocation in self.regions:
            if (address - first & M32) < size:
                return linked, zero, relocation
        return None


def put(value, size):
    return (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def fits(offset, bits, step):
    return offset % step == 0 and -(step << (bits - 1)) <= offset < step << (bits - 1)


# ---- instructions: what is reached from `here`, and the same instruction reaching `to`

def branch_to(isa, code, here):
    if isa == THUMB:
        h, g = struct.unpack("<HH", code[:4])
        if h & 0xF800 != 0xF000 or not (g & 0xC000 == 0xC000 or g & 0xD000 == 0x9000):
            return None
        s = h >> 10 & 1
        i1, i2 = (g >> 13 & 1) ^ s ^ 1, (g >> 11 & 1) ^ s ^ 1
        return here + 4 + signed(s << 24 | i1 << 23 | i2 << 22 | (h & 0x3FF) << 12 | (g & 0x7FF) << 1, 25)
    if isa == X86:
        if code[0] in (0xE8, 0xE9):
            return here + 5 + struct.unpack("<i", code[1:5])[0]
        far = len(code) == 6 and code[0] == 0x0F and code[1] >> 4 == 8
        return here + 6 + struct.unpack("<i", code[2:6])[0] if far else None
    w = struct.unpack("<I", code[:4])[0]
    if isa == A32:
        return here + 8 + 4 * signed(w, 24) if w >> 25 & 7 == 5 else None
    return here + 4 * signed(w, 26) if w >> 26 & 31 == 5 else None


def branch_as(isa, code, here, to):
    if isa == THUMB:
        offset = to - here - 4
        if not fits(offset, 24, 2):
            return code
        h, g = struct.unpack("<HH", code[:4])
        s = offset < 0
        j1, j2 = (offset >> 23 & 1) ^ s ^ 1, (offset >> 22 & 1) ^ s ^ 1
        return struct.pack("<HH", 0xF000 | s << 10 | offset >> 12 & 0x3FF, g & 0xD000 | j1 << 13 | j2 << 11 | offset >> 1 & 0x7FF)
    w = struct.unpack("<I", code[:4])[0]
    if isa == A32:
        offset = to - here - 8
        return put(w & 0xFF000000 | offset >> 2 & 0xFFFFFF, 4) if fits(offset, 24, 4) else code
    offset = to - here
    return put(w & 0xFC000000 | offset >> 2 & 0x3FFFFFF, 4) if fits(offset, 26, 4) else code


def thumb_pc(here, phase):
    return ((here - phase) & ~3) + phase + 4


def thumb_reach(h, here, phase):
    if h >> 11 in (0x48 >> 3, 0xA0 >> 3):
        return thumb_pc(here, phase) + 4 * (h & 0xFF)
    if h >> 11 == 0xE0 >> 3:
        return here + 4 + 2 * signed(h, 11)
    if h >> 12 == 0xD and h >> 8 & 0xE != 0xE:
        return here + 4 + 2 * signed(h, 8)
    return None


def thumb_as(h, here, phase, to):
    if h >> 11 in (0x48 >> 3, 0xA0 >> 3):
        offset = to - thumb_pc(here, phase)
        return h & 0xFF00 | offset >> 2 if 0 <= offset < 1024 and offset % 4 == 0 else h
    bits = 11 if h >> 11 == 0xE0 >> 3 else 8
    offset = to - here - 4
    mask = (1 << bits) - 1
    return h & ~mask | offset >> 1 & mask if fits(offset, bits, 2) else h


def pair_value(isa, code):
    if isa == THUMB:
        a, b, c, d = struct.unpack("<HHHH", code[:8])
        if a & 0xFBF0 != 0xF240 or c & 0xFBF0 != 0xF2C0 or (b | d) & 0x8000 or (b ^ d) & 0x0F00:
            return None
        half = lambda x, y: (x & 15) << 12 | (x >> 10 & 1) << 11 | (y >> 12 & 7) << 8 | y & 255
        return half(a, b) | half(c, d) << 16
    a, b = struct.unpack("<II", code[:8])
    if a & 0x0FF00000 != 0x03000000 or b & 0x0FF00000 != 0x03400000 or (a ^ b) & 0xF000F000:
        return None
    half = lambda x: x >> 4 & 0xF000 | x & 0xFFF
    return half(a) | half(b) << 16


def pair_as(isa, code, value):
    made = b""
    for i in range(2):
        v = value >> 16 * i & 0xFFFF
        if isa == THUMB:
            x, y = struct.unpack("<HH", code[4 * i:4 * i + 4])
            made += struct.pack("<HH", x & 0xFBF0 | v >> 12 | (v >> 11 & 1) << 10, y & 0x8F00 | (v >> 8 & 7) << 12 | v & 255)
        else:
            x = struct.unpack("<I", code[4 * i:4 * i + 4])[0]
            made += put(x & 0xFFF0F000 | (v & 0xF000) << 4 | v & 0xFFF, 4)
    return made


def near_bits(w):
    if w & 0xFF000010 == 0x54000000 or w & 0x7E000000 == 0x34000000 or w & 0x3B000000 == 0x18000000:
        return 19
    return 14 if w & 0x7E000000 == 0x36000000 else 0


def is_adrp(w):
    return w & 0x9F000000 == 0x90000000


def adrp_page(w, here):
    return (here & ~0xFFF) + 4096 * signed((w >> 5 & 0x7FFFF) << 2 | w >> 29 & 3, 21)


def low_scale(w):
    if w & 0xFFC00000 == 0x91000000:
        return 0
    if w & 0x3B000000 != 0x39000000 or w >> 5 & 31 == 31:
        return None
    return 4 if w & 0xC4800000 == 0x04800000 else w >> 30


class Unit:
    def __init__(self, kind, size, first, origin):
        self.kind, self.size, self.first, self.origin = kind, size, first, origin
        self.second, self.agreement, self.target, self.moved, self.relocation = None, 0, 0, 0, 0


class Block:
    def __init__(self, data, facts, base, start, size):
        self.r, self.f, self.base = Range(data), facts, base
        self.start, self.end = start, start + size
        self.out = bytearray()
        self.c = Counters()
        self.weights = {}
        self.seen = {}
        self.changes = {}

    @property
    def at(self):
        return self.start + len(self.out)

    # ---- bits

    def mixed(self, counters, name, initial, limit):
        used = [c for c in counters if c is not None]
        inputs = [0 if c is None else STRETCH[Counters.p(c) >> 4] for c in counters]
        weights = self.weights.setdefault(name, [initial] * len(counters))
        p = squash(sum(i * w for i, w in zip(inputs, weights)) >> 14)
        bit = self.r.bit(p)
        error = (65535 if bit else 0) - p
        for i, value in enumerate(inputs):
            weights[i] = max(-32767, min(32767, weights[i] + ((value * error * 10 + (1 << 19)) >> 20)))
        for counter in used:
            Counters.saw(counter, bit, limit)
        return bit

    def flag(self, use, where, keys):
        bits = self.f.profile[1]
        counters = [self.c.get(("F", i, hash32(key + (use << 28)) >> (32 - bits))) for i, key in enumerate(keys)]
        return self.mixed(counters, ("flag", where), 5734, 15)

    def literal(self, category, keys, guesses):
        places = [hash32(key) >> 8 for key in keys]
        node = 1
        for j in range(7, -1, -1):
            counters = [self.c.get(("L", i, place + node & ((1 << self.f.profile[2][i]) - 1))) for i, place in enumerate(places)]
            state = 0
            for g, guess in enumerate(guesses):
                agrees = guess is not None and (guess | 256) >> (j + 1) == node
                counters.append(self.c.get(("G", category, g, j, guess >> j & 1)) if agrees else None)
                state |= agrees << g
            weights = ("literal", category, state if category == 0 else 0, j)
            node = node << 1 | self.mixed(counters, weights, 3600, 10)
        return node & 255

    def last(self, back):
        return self.out[-back] if back <= len(self.out) else 0

    # ---- the walk

    def decode(self):
        clean, self.isa = self.r.plain(1), self.r.plain(3)
        need(self.isa <= 4)
        self.hits, self.kind_hits, self.second_hits, self.run = 0xFFFF, [0] * 5, 0, 0
        self.long_end, self.short_end, self.short_clean = 0, 0, False
        self.outside = 0
        for image, size, base in self.f.segments:
            if image + size <= self.start:
                self.outside = base - image
        self.recent = ("out", self.outside)
        segments = [s for s in self.f.segments if s[0] + s[1] > self.start]
        while self.at < self.end:
            segment = segments[0] if segments else None
            if segment is None or segment[0] > self.at:
                need(not clean)
                self.gap(min(self.end, segment[0]) if segment else self.end, ("out", segment[2] - segment[0]) if segment else None)
                self.run = self.hits = 0
            else:
                self.copy(segment, min(self.end, segment[0] + segment[1]), clean)
                segments.pop(0)
        self.r.end()
        return bytes(self.out)

    def referred(self, reference):
        if reference is None:
            return None
        if reference[0] == "in":
            return self.out[-reference[1] - 1] if reference[1] < len(self.out) else None
        place = self.at + reference[1]
        return self.base[place] if 0 <= place < len(self.base) else None

    def gap(self, end, behind):
        matched, first = 0, True
        self.older = self.recent
        while self.at < end:
            matched = self.r.counted(self.c, ("T", 2 * matched + first))
            first = False
            if matched:
                self.match(end, behind)
                continue
            odd = (self.at ^ self.f.phase) & 1
            a, b, c = self.last(1), self.last(2), self.last(3)
            keys = (odd, 2 * a + odd, 512 * a + 2 * b + odd, 2 * b + odd, 512 * (a >> 4) + 32 * (b >> 4) + 2 * (c >> 4) + odd,
                    (self.at - self.f.phase) & 3)
            self.out.append(self.literal(0, keys, (self.referred(self.recent), self.referred(behind))))

    def match(self, end, behind):
        known = self.r.counted(self.c, ("T", 4))
        named = self.recent
        if known:
            if self.r.counted(self.c, ("T", 5)):
                takes_older = behind is None or self.r.counted(self.c, ("T", 7))
                named = self.older if takes_older else behind
        elif self.r.counted(self.c, ("T", 6)):
            distance = self.r.number(self.c, "M0")
            need(distance < len(self.out))
            named = ("in", distance)
        else:
            self.outside += unzigzag(self.r.number(self.c, "M1"))
            named = ("out", self.outside)
        if named != self.recent:
            self.older = self.recent
        self.recent = named
        size = 1 + self.r.number(self.c, "M3") if known else 2 + self.r.number(self.c, "M2")
        need(size <= end - self.at)
        for _ in range(size):
            byte = self.referred(self.recent)
            need(byte is not None)
            self.out.append(byte)

    def copy(self, segment, end, clean):
        shift = self.outside = segment[2] - segment[0]
        self.recent = ("out", shift)
        while self.at < end:
            if clean:
                self.out += self.unit(self.at + shift, self.at, end - self.at).first
                continue
            if self.at >= self.short_end and self.run >= 16:
                if self.run >= 128 and self.at >= self.long_end and end - self.at >= 128 and self.run_of(128, shift, end):
                    continue
                if end - self.at >= 16 and self.run_of(16, shift, end):
                    continue
            self.one(self.at + shift, end - self.at)

    def run_of(self, size, shift, end):
        made, targets, disagrees = b"", [], 0
        while len(made) < size:
            image = self.at + len(made)
            unit = self.unit(image + shift, image, end - image)
            if unit.kind in (POINTER, BRANCH):
                targets.append(unit)
                disagrees |= unit.agreement == 2
            made += unit.first
        logarithm = min(5, (self.run // 16).bit_length() - 1)
        if not self.r.counted(self.c, ("R", (96 if size == 128 else 0) + 16 * logarithm + 2 * min(7, len(targets)) + disagrees)):
            if size == 128:
                self.long_end = self.at + 128
            else:
                self.short_end, self.short_clean = self.at + len(made), True
            return False
        for unit in targets:
            self.see(unit.target, unit.moved)
        self.out += made
        self.run += len(made)
        self.hits = 0xFFFF
        return True

    def one(self, t, room):
        n, u = self.at, self.unit(t, self.at, room)
        k, g = u.kind, u.agreement
        short = int(n < self.short_end)
        v = int.from_bytes(u.first[:2], "little")
        op = (u.origin if u.size == 1 else u.first[1] if u.size == 2 else
              u.origin >> 24 if u.size >= 4 and self.isa in (A32, A64) else u.origin >> 8 & 255)
        p = self.base[t - 1] if t > 0 else 0
        s = int(u.second is not None)
        hit = 0
        if not (short and self.short_clean and n + u.size >= self.short_end):
            hit = self.flag(0, 2 * k + short + 10 * (self.hits & 1), (
                k << 16 | (self.hits & 15) << 8 | short << 4 | g << 1 | s,
                k << 16 | op << 8 | (self.hits & 3) << 2 | g,
                k << 20 | v << 2 | s << 1 | short,
                k << 16 | (self.kind_hits[k] & 255) << 3 | g << 1 | short,
                k << 16 | p << 8 | min(self.run, 15) << 2 | short << 1 | self.hits & 1))
        if hit:
            actual = u.first
            self.out += actual
            self.run += u.size
        else:
            self.short_clean = False
            second = 0
            if s:
                second = self.flag(1, 20 + k, (k << 16 | g, k << 16 | op, k << 16 | (self.second_hits & 15) << 4 | g, k << 20 | v,
                                               k << 16 | self.hits & 7))
                self.second_hits = self.second_hits << 1 | second
            if second:
                actual = u.second
                self.out += actual
            else:
                actual = self.wrong(u, op)
            self.run = 0
        self.learn(u, n, bytes(actual))
        self.kind_hits[k] = self.kind_hits[k] << 1 | hit
        self.hits = self.hits << 1 | hit

    def wrong(self, u, op):
        actual, w, k = bytearray(), 0, u.kind
        for i in range(u.size):
            f, q = u.first[i], 4 * k + min(i, 3)
            before = actual[i - 1] if i else 0
            hit = 0
            if u.size > 1 and (w or i + 1 < u.size):
                hit = self.flag(2, 25 + q, (q << 1 | w, q << 16 | op << 1 | w, q << 16 | f << 1 | w, q << 16 | before << 1 | w,
                                                     q << 2 | self.hits & 3))
            byte = f
            if not hit:
                w, e, a = 1, 1 << 24, self.last(1)
                keys = (e | q, e | q << 8 | f, e | q << 8 | op, e | a << 8 | f, e | a << 8 | q,
                        e | self.last(2) << 8 | q)
                byte = self.literal(1 + k, keys, (None if u.second is None else u.second[i], f))
            actual.append(byte)
            self.out.append(byte)
        return actual

    # ---- units

    def word(self, t):
        return struct.unpack_from("<I", self.base, t)[0]

    def is_place(self, t):
        return 0 <= t < len(self.base)

    def gone_to(self, t):
        return t + self.f.moved(t)

    def near(self, target):
        best, distance = None, 4096
        size = 1 << self.f.profile[3]
        for beside in (-1, 0, 1):
            each = self.seen.get((target // 64 + beside) % size)
            if each is not None and abs(each[0] - target) < distance:
                best, distance = each, abs(each[0] - target)
        return best

    def see(self, target, moved):
        if -(1 << 24) <= moved <= 1 << 24:
            self.seen[target // 64 % (1 << self.f.profile[3])] = (target, moved)

    def refer(self, unit, encode):
        unit.first = encode(unit.moved)
        seen = self.near(unit.target)
        if seen is not None:
            unit.agreement = 1 if seen[1] == unit.moved else 2
            if seen[1] != unit.moved:
                unit.second = encode(seen[1])
        return unit

    def pointer(self, region, w, size=4, encode=None):
        linked, zero, relocation = region
        unit = Unit(POINTER if linked else DATA, size, None, w)
        unit.target = w - zero & M32 if linked else w
        unit.moved = self.f.moved(unit.target) if linked else 0
        unit.relocation = relocation
        encode = encode or (lambda value: put(value, 4))
        self.refer(unit, lambda by: encode(w + relocation + by & M32))
        if unit.agreement == 0 and unit.moved:
            unit.second = encode(w + relocation & M32)
        return unit

    def changed(self, unit):
        change = self.changes.get(unit.origin >> (10 if unit.size == 2 else 26), 0)
        if change:
            unit.second = put(int.from_bytes(unit.first, "little") + change, unit.size)
        return unit

    def unit(self, t, n, room):
        aligned = t - self.f.phase
        if aligned % 4 == 0 and room >= 4:
            w = self.word(t)
            region = self.f.region(w)
            if region is not None:
                return self.pointer(region, w)
        made = None
        if self.isa == THUMB and aligned % 2 == 0:
            made = self.thumb(t, n, room)
        elif self.isa == A32 and aligned % 4 == 0 and room >= 4:
            made = self.arm(t, n, room)
        elif self.isa == A64 and aligned % 4 == 0 and room >= 4:
            made = self.arm64(t, n)
        elif self.isa == X86:
            made = self.x86(t, n, room)
        return made or Unit(PLAIN, 1, self.base[t:t + 1], self.base[t])

    def branch(self, t, n):
        code = self.base[t:t + 4]
        target = branch_to(self.isa, code, t)
        if target is None or not self.is_place(target):
            return None
        unit = Unit(BRANCH, 4, None, self.word(t))
        unit.target, unit.moved = target, self.f.moved(target)
        return self.refer(unit, lambda by: branch_as(self.isa, code, n, target + by))

    def pair(self, t):
        code = self.base[t:t + 8]
        value = pair_value(self.isa, code)
        region = None if value is None else self.f.region(value)
        if region is None or not region[0]:
            return None
        return self.pointer(region, value, 8, lambda v: pair_as(self.isa, code, v))

    def thumb(self, t, n, room):
        made = self.branch(t, n) if room >= 4 else None
        if made is None and room >= 8:
            made = self.pair(t)
        if made is not None or room < 2:
            return made
        h = struct.unpack_from("<H", self.base, t)[0]
        target = thumb_reach(h, t, self.f.phase)
        if target is None:
            return self.changed(Unit(PLAIN, 2, put(h, 2), h))
        first = thumb_as(h, n, self.f.phase, self.gone_to(target)) if self.is_place(target) else h
        return self.changed(Unit(LOCAL, 2, put(first, 2), h))

    def arm(self, t, n, room):
        w = self.word(t)
        if room >= 12:
            a, b, c = struct.unpack_from("<III", self.base, t)
            if a & 0xFFFFFF00 == 0xE28FC600 and b & 0xFFFFFF00 == 0xE28CCA00 and c & 0xFFFFF000 == 0xE5BCF000:
                target = t + 8 + ((a & 255) << 20 | (b & 255) << 12 | c & 0xFFF)
                if self.is_place(target):
                    offset = self.gone_to(target) - n - 8
                    first = self.base[t:t + 12]
                    if 0 <= offset < 1 << 28:
                        first = struct.pack("<III", 0xE28FC600 | offset >> 20, 0xE28CCA00 | offset >> 12 & 255, 0xE5BCF000 | offset & 0xFFF)
                    return Unit(LOCAL, 12, first, a)
        made = self.pair(t) if room >= 8 else None
        made = made or self.branch(t, n)
        if made is not None:
            return made
        if w & 0x0F7F0000 != 0x051F0000:
            return self.changed(Unit(PLAIN, 4, put(w, 4), w))
        target = t + 8 + (w & 0xFFF if w & 0x00800000 else -(w & 0xFFF))
        first = w
        if self.is_place(target):
            offset = self.gone_to(target) - n - 8
            if -4096 < offset < 4096:
                first = w & 0xFF7FF000 | (0 if offset < 0 else 0x00800000) | abs(offset)
        return self.changed(Unit(LOCAL, 4, put(first, 4), w))

    def arm64(self, t, n):
        made = self.branch(t, n)
        if made is not None:
            return made
        w = self.word(t)
        zero = self.f.regions[0][3] & 0xFFF if self.f.regions else 0
        bits, scale = near_bits(w), low_scale(w)
        kind, first = LOCAL, w
        if bits:
            target = t + 4 * signed(w >> 5, bits)
            if self.is_place(target):
                offset = self.gone_to(target) - n
                mask = ((1 << bits) - 1) << 5
                if fits(offset, bits, 4):
                    first = w & ~mask | (offset >> 2) << 5 & mask
        elif is_adrp(w):
            target = adrp_page(w, t + zero) - zero
            for i in range(1, 9):
                if t + 4 * i + 4 > len(self.base):
                    break
                other = self.word(t + 4 * i)
                if is_adrp(other) and other & 31 == w & 31:
                    break
                if low_scale(other) is not None and other >> 5 & 31 == w & 31:
                    target += (other >> 10 & 0xFFF) << low_scale(other)
                    break
            if self.is_place(target):
                offset = (self.gone_to(target) + zero & ~0xFFF) - (n + zero & ~0xFFF)
                if fits(offset, 21, 4096):
                    pages = offset >> 12
                    first = w & 0x9F00001F | (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5
        elif scale is not None:
            for i in range(1, 9):
                if 4 * i > t:
                    break
                other = self.word(t - 4 * i)
                if not is_adrp(other) or other & 31 != w >> 5 & 31:
                    continue
                target = adrp_page(other, t - 4 * i + zero) - zero + ((w >> 10 & 0xFFF) << scale)
                if self.is_place(target):
                    low = self.gone_to(target) + zero & 0xFFF
                    if low % (1 << scale) == 0:
                        first = w & 0xFFC003FF | low >> scale << 10
                break
        else:
            kind = PLAIN
        return self.changed(Unit(kind, 4, put(first, 4), w))

    def x86(self, t, n, room):
        code = self.base[t:t + min(room, 7)]
        size, kind = 0, BRANCH
        if len(code) >= 5 and code[0] in (0xE8, 0xE9):
            size = 5
        elif len(code) >= 6 and code[0] == 0x0F and code[1] >> 4 == 8:
            size = 6
        elif len(code) >= 6:
            rex = int(code[0] >> 4 == 4)
            if code[rex] in (0x8B, 0x8D, 0x89, 0x3B, 0x39, 0x03, 0x2B, 0x85, 0x63, 0xFF) and code[rex + 1] & 0xC7 == 5:
                size, kind = (rex + 6, LOCAL) if len(code) >= rex + 6 else (0, LOCAL)
        if not size:
            return None
        head, displacement = code[:size - 4], struct.unpack("<i", code[size - 4:size])[0]
        target = t + size + displacement
        if not self.is_place(target):
            return None
        unit = Unit(kind, size, None, displacement & M32)
        unit.target, unit.moved = target, self.f.moved(target)
        return self.refer(unit, lambda by: head + put(target + by - n - size, 4))

    def learn(self, u, n, actual):
        if u.kind in (POINTER, DATA):
            if u.size == 4:
                self.see(u.target, signed(int.from_bytes(actual, "little") - u.origin - u.relocation, 32))
        elif u.kind == BRANCH:
            target = branch_to(self.isa, actual, n)
            if target is not None:
                self.see(u.target, target - u.target)
        elif u.size in (2, 4) and actual != u.first:
            change = int.from_bytes(actual, "little") - int.from_bytes(u.first, "little")
            self.changes[u.origin >> (10 if u.size == 2 else 26)] = change & M32


def entries(payload, image_size, piece_size):
    """-> [(coding, the coded bytes)], the facts first."""
    count = 1 + (image_size + BLOCK - 1) // BLOCK
    each = (piece_size - 8) // 35
    pieces = (count + each - 1) // each
    at, found = 0, []

    def path_size(index, leaves):
        size = 0
        while leaves > 1:
            half = 1 << (leaves - 1).bit_length() - 1
            index, leaves = (index, half) if index < half else (index - half, leaves - half)
            size += 1
        return size

    for piece in range(pieces):
        at += 32 * path_size(piece, pieces)
        offset = struct.unpack(">Q", payload[at:at + 8])[0]
        at += 8
        for _ in range(min(each, count - piece * each)):
            packed = int.from_bytes(payload[at:at + 3], "big")
            at += 35
            coding, stored = packed >> 22, packed & 0x3FFFFF
            whole = payload[offset:offset + stored]
            offset += stored
            leaves = 0 if stored <= piece_size else -(-stored // (piece_size + 32))
            found.append((coding, whole[32 * leaves:]))
    return found


def decode(payload, image_size, piece_size, base=b""):
    found = entries(payload, image_size, piece_size)
    need(found[0][0] == 2)
    facts = Facts(found[0][1], image_size, len(base))
    made = b""
    for index, (coding, data) in enumerate(found[1:]):
        size = min(BLOCK, image_size - index * BLOCK)
        need(coding in (0, 1))
        block = data if coding == 0 else Block(data, facts, base, index * BLOCK, size).decode()
        need(len(block) == size)
        made += block
    return made


def main(arguments):
    payload, image_size, piece_size, out = arguments[:4]
    base = open(arguments[4], "rb").read() if len(arguments) > 4 else b""
    made = decode(open(payload, "rb").read(), int(image_size), int(piece_size), base)
    open(out, "wb").write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
