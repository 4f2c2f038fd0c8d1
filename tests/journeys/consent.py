"""Nothing is activated without the owner's consent to exactly that release."""
from stage import *


class Consent(Stage):
    def setUp(self):
        super().setUp()
        self.old = firmware(100_000, 1)
        self.set_up(self.old, firmware(100_000, 2, base=self.old))

    def test_a_refusal_leaves_the_device_as_it_was(self):
        self.device("run", "--until-quiet", "--refuse")
        self.assert_runs("1.0.0", self.old)
        self.assertIn("consent_refused", self.operator("reports", "--json"))

    def test_consent_to_another_digest_is_no_consent(self):
        try:
            self.device("run", "--until-quiet", "--consent", "ab" * 32)
        except Refused:
            pass
        self.assert_runs("1.0.0", self.old)

    def test_without_a_terminal_and_without_a_digest_nobody_consented(self):
        try:
            self.device("run", "--until-quiet")
        except Refused:
            pass
        self.assert_runs("1.0.0", self.old)


main()
