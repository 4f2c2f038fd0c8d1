"""A device is offered the next version, takes the delta, asks its owner, and runs the new bytes."""
from stage import *


class Update(Stage):
    def test_the_device_takes_the_delta_and_commits(self):
        old = firmware(300_000, 1)
        new = firmware(301_000, 2, base=old)
        _, second = self.set_up(old, new, extra=("--storage", "raw"))
        wire = self.put_wire_between()
        seed = self.seed()
        self.assert_runs("1.0.0", old)
        self.update(second)
        self.assert_runs("1.1.0", new)
        sizes = self.payload_sizes(second)
        self.assertLess(wire.bytes_down, sizes["patch"] + SESSION_BYTES_MAX + SLH_DSA_BYTES)
        self.assertLess(wire.bytes_down, sizes["full"] / 10)
        state = self.status()
        self.assertEqual(state["floors"]["firmware"], 2)
        self.assertEqual(self.seed(), seed)
        reports = json.loads(self.operator("reports", "--json"))
        self.assertIn("committed", json.dumps(reports))

    def test_it_takes_the_delta_that_was_released_for_small_decoders(self):
        old = firmware(100_000, 1)
        new = firmware(100_000, 2, base=old)
        _, second = self.set_up(old, new, extra=("--profile", "small"))
        payloads = self.inspect(second / "manifest.cose")["manifest"]["components"][0]["payloads"]
        self.assertEqual({payload["type"]: payload["decoder_memory"] for payload in payloads}, {"full": 16384, "patch": 16384})
        self.update(second)
        self.assert_runs("1.1.0", new)

    def test_nothing_is_offered_twice(self):
        old = firmware(100_000, 1)
        new = firmware(100_000, 2, base=old)
        self.set_up(old, new)
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", new)
        self.device("run", "--until-quiet")  # nobody could consent here
        self.assert_runs("1.1.0", new)


main()
