"""A device that does not tell its server who it is, and is updated all the same."""
from stage import *


class PrivateMode(Stage):
    def setUp(self):
        super().setUp()
        self.old = firmware(100_000, 1)
        self.new = firmware(100_000, 2, base=self.old)
        self.make_vendor()
        self.make_certificates()
        self.first = self.make_release("1.0.0", self.old)
        self.second = self.make_release("1.1.0", self.new, security=2, bases=self.old)
        self.publish(self.first)
        self.publish(self.second)
        self.start_server()
        self.duid = self.make_device(self.first, extra=("--private",))["duid"]

    def reports(self):
        return json.loads(self.operator("reports", "--strangers", "--json"))["reports"]

    def test_several_rollouts_and_no_name_on_the_server(self):
        for share in ("0", "100", "0"):
            self.roll_out(self.second, share)
        self.update(self.second)
        self.assert_runs("1.1.0", self.new)
        reports = self.reports()
        self.assertIn("committed", {r["outcome"] for r in reports})
        self.assertEqual({r["counted"] for r in reports}, {False})
        self.assertEqual(len({r["duid"] for r in reports}), 1)
        self.assertNotIn(self.duid, {r["duid"] for r in reports})

        self.server.send_signal(signal.SIGTERM)
        self.server.wait(WAIT_SECONDS_MAX)
        asked = [path for path in (self.dir / "server-data").rglob("*") if path.is_file()]
        asked.append(self.dir / "server.log")
        # The operator enrolled the key by hand; what the device itself says must not lead there.
        for path in asked:
            for line in path.read_bytes().split(b"\n"):
                if b"check-in" in line or b"pseudonym" in line:
                    self.assertNotIn(self.duid.encode(), line)

    def test_outside_the_share_nothing_is_offered(self):
        self.roll_out(self.second, "0")
        self.update(self.second)
        self.assert_runs("1.0.0", self.old)
        self.assertEqual(self.reports(), [])


main()
