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

    def test_the_owner_goes_back_by_consent_and_the_server_hears_of_it(self):
        third = self.make_release("1.2.0", self.old + b"more", security=1)
        kept = self.manifest_digest("release-1.0.0")
        self.device("install", third, "--consent", self.manifest_digest(third))
        self.refuses("not_interactive", self.device, "revert")
        self.refuses("consent_mismatch", self.device, "revert", "--consent", self.manifest_digest(third))
        self.device("revert", "--refuse")
        self.assertEqual(self.status()["version"], "1.2.0")
        self.assertIn("1.2.0 was given up", self.device("revert", "--consent", kept))
        self.assert_went_back("reverted_on_request")
        newest = json.loads(self.operator("reports", "--json"))["reports"][0]
        self.assertEqual((newest["outcome"], newest["reason"], newest["manifest"], newest["version"]),
                         ("went_back", "reverted_on_request", self.manifest_digest(third), "1.2.0"))

    def test_a_committed_version_goes_back_on_request_but_not_below_the_floor(self):
        self.update("release-1.1.0")
        self.refuses("below_floor", self.device, "revert")
        self.assertEqual(self.status()["version"], "1.1.0")


main()
