"""The wire is cut twenty times at random places; no more than one block is fetched twice each."""
from stage import *

BLOCK = 64 << 10
CUTS = 20
OVERHEAD = 64 << 10  # one connection: handshake, metadata, headers


class Resume(Stage):
    def test_twenty_cuts(self):
        dice = random.Random(7)
        old, new = firmware(200_000, 1), dice.randbytes(3_000_000)
        self.make_vendor()
        self.make_certificates()
        first = self.make_release("1.0.0", old)
        second = self.make_release("1.1.0", new, security=2, extra=("--storage", "raw"))
        self.publish(first)
        self.publish(second)
        self.start_server()
        at = sorted(dice.randrange(100_000, len(new)) for _ in range(CUTS))
        proxy = Proxy(self.url, at)
        self.addCleanup(proxy.close)
        self.make_device(first, url=proxy.url)
        self.roll_out(second)
        for _ in range(CUTS + 5):
            try:
                self.update(second, timeout=120)
            except Refused:
                continue
            if self.status()["version"] == "1.1.0":
                break
        self.assert_runs("1.1.0", new)
        self.assertEqual(proxy.cuts, [], "the story was to cut twenty times")
        self.assertLessEqual(proxy.bytes_down, len(new) * 1.02 + CUTS * (BLOCK + OVERHEAD))


main()
