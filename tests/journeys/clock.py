"""The clock says 2099 once, and then the truth: the next update succeeds. Expired metadata is
refused, and forgotten as soon as there is newer."""
from stage import *


@unittest.skipUnless(FAKETIME, "skipped: the package faketime is not installed")
class Clock(Stage):
    def test_a_wrong_clock_once_does_not_stop_updates(self):
        old = firmware(100_000, 1)
        new = firmware(100_000, 2, base=old)
        self.set_up(old, new)
        self.try_update("release-1.1.0", env=clock_at("@2099-01-01 00:00:00"))
        self.assert_runs("1.0.0", old)
        self.assertLess(self.status()["time_bound"], 4_000_000_000)
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", new)

    def test_expired_metadata_is_refused_until_there_is_newer(self):
        old = firmware(100_000, 1)
        new = firmware(100_000, 2, base=old)
        self.set_up(old, new)
        self.sign_timestamp("--valid-for", "1s")
        time.sleep(2)
        self.try_update("release-1.1.0")
        self.assert_runs("1.0.0", old)
        self.assertEqual(self.status()["last_error"]["code"], "metadata_expired")
        self.sign_timestamp()
        self.update("release-1.1.0")
        self.assert_runs("1.1.0", new)


main()
