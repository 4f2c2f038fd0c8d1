"""The clock says 2099 once, and then the truth: the next update succeeds. Expired metadata is
refused, and forgotten as soon as there is newer."""
from stage import *

WRONG = "@2099-01-01 00:00:00"


@needs_fake_clock
class WrongClock(Stage):
    certificate_days = 36_500  # valid in 2099 too, or that clock would come no further than TLS

    def test_a_wrong_clock_once_does_not_stop_updates(self):
        old = firmware(100_000, 1)
        new = firmware(100_000, 2, base=old)
        _, second = self.set_up(old, new)
        self.refuses("metadata_expired", self.update, second, env=clock_at(WRONG))
        self.assert_ended("metadata_expired", "refreshing")
        self.refuses("expired", self.device, "install", second, "--consent", self.manifest_digest(second),
                     env=clock_at(WRONG))
        self.assert_ended("expired", "gating")
        self.assert_runs("1.0.0", old)
        self.assertLess(self.status()["time_bound"], 4_000_000_000)
        self.update(second)
        self.assert_runs("1.1.0", new)


class Expiry(Stage):
    def test_expired_metadata_is_refused_until_there_is_newer(self):
        old = firmware(100_000, 1)
        new = firmware(100_000, 2, base=old)
        _, second = self.set_up(old, new)
        self.sign_timestamp("--valid-for", "1s")
        time.sleep(2)
        self.refuses("metadata_expired", self.update, second)
        self.assert_ended("metadata_expired", "refreshing")
        self.assert_runs("1.0.0", old)
        self.sign_timestamp()
        self.update(second)
        self.assert_runs("1.1.0", new)


main()
