"""New firmware that fails its trial: the device goes back by itself, keeps the reason, and the old
image still has the owner's seed."""
from stage import *


class Revert(Stage):
    def setUp(self):
        super().setUp()
        self.old = firmware(150_000, 1)
        self.set_up(self.old, firmware(150_000, 2, base=self.old))
        self.seed_before = self.seed()

    def assert_went_back(self, reason):
        self.assert_runs("1.0.0", self.old)
        state = self.status()
        self.assertEqual(state["last_revert"]["reason"], reason)
        self.assertEqual(state["floors"]["firmware"], 1, "a trial must not move the floor")
        self.assertEqual(self.seed(), self.seed_before)
        self.assertIn(reason, self.operator("reports", "--json"))

    def test_unhealthy_firmware_goes_back(self):
        self.update("release-1.1.0", "--trial", "unhealthy")
        self.assert_went_back("unhealthy")

    def test_firmware_that_hangs_goes_back(self):
        self.update("release-1.1.0", "--trial", "hang")
        self.assert_went_back("trial_exhausted")

    def test_a_committed_version_goes_back_on_request_but_not_below_the_floor(self):
        self.update("release-1.1.0")
        self.refuses("below_floor", self.device, "revert")
        self.assertEqual(self.status()["version"], "1.1.0")


main()
