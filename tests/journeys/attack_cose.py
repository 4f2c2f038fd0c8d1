"""Just enough CBOR for an attacker: takes envelopes apart and puts them together wrongly."""


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for code, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << (8 * width):
            return bytes([major << 5 | code]) + value.to_bytes(width, "big")
    raise ValueError(value)


def encode(item):
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    if isinstance(item, bytes):
        return head(2, len(item)) + item
    if isinstance(item, str):
        return head(3, len(item.encode())) + item.encode()
    if isinstance(item, list):
        return head(4, len(item)) + b"".join(map(encode, item))
    if isinstance(item, dict):
        return head(5, len(item)) + b"".join(encode(k) + encode(v) for k, v in item.items())
    raise TypeError(item)


def decode(data, at=0):
    major, low = data[at] >> 5, data[at] & 31
    at += 1
    if low >= 24:
        width = 1 << (low - 24)
        low = int.from_bytes(data[at : at + width], "big")
        at += width
    if major == 0:
        return low, at
    if major == 1:
        return -1 - low, at
    if major in (2, 3):
        piece = data[at : at + low]
        return (piece if major == 2 else piece.decode()), at + low
    if major == 4:
        items = []
        for _ in range(low):
            item, at = decode(data, at)
            items.append(item)
        return items, at
    if major == 5:
        made = {}
        for _ in range(low):
            key, at = decode(data, at)
            made[key], at = decode(data, at)
        return made, at
    if major == 6:
        item, at = decode(data, at)
        return item, at
    if major == 7 and low in (20, 21):
        return low == 21, at
    raise ValueError(major)


class Envelope:
    """[protected, unprotected, payload, [[protected, unprotected, signature], ..]] of COSE_Sign."""

    def __init__(self, data):
        (self.protected, self.unprotected, self.payload, self.signatures), _ = decode(data)

    def bytes(self):
        return head(6, 98) + encode([self.protected, self.unprotected, self.payload, self.signatures])
