"""The wire is cut twenty times at random places; each cut costs a part of one block and a new session, no more.

A cut falls anywhere in a block, so half a block is lost on average, and a device that went back by one block more
would lose one and a half. The budget stands between the two."""
from stage import *

BLOCK = 64 << 10
CUTS = 20


class Resume(Stage):
    def test_twenty_cuts(self):
        dice = random.Random(7)
        old, new = firmware(200_000, 1), dice.randbytes(3_000_000)
        first, second = self.set_up(old, new, bases=None, extra=("--storage", "raw"))
        wire = self.put_wire_between(sorted(dice.randrange(100_000, len(new)) for _ in range(CUTS)))
        for _ in range(CUTS + 5):
            try:
                self.update(second, timeout=120)
            except Refused:
                continue
            if self.status()["version"] == "1.1.0":
                break
        self.assert_runs("1.1.0", new)
        self.assertEqual(wire.cuts, [], "the story was to cut twenty times")
        once = self.payload_sizes(second)["full"] + SESSION_BYTES_MAX + SLH_DSA_BYTES
        self.assertLessEqual(wire.bytes_down, once + CUTS * (BLOCK + SESSION_BYTES_MAX))


main()
