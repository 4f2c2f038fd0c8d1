"""A server that is wholly an attacker's: whatever it answers, only signed releases run."""
from attack_server import *


class Lies(LiedTo):
    def setUp(self):
        super().setUp()
        self.old = firmware(100_000, 1)
        self.make_vendor()
        self.make_certificates()
        self.first = self.make_release("1.0.0", self.old, security=2)
        self.older = self.make_release("0.9.0", firmware(100_000, 7), security=1)
        self.foreign = self.make_release("1.1.0", firmware(100_000, 8), security=2, model="another-wallet")
        for package in (self.first, self.older, self.foreign):
            self.publish(package)
        self.start_server()
        self.make_device(self.first)
        self.listen()

    def told(self, **offer):
        LyingServer.answer = {"offer": offer, "poll_after_s": 60}
        try:
            self.device("run", "--until-quiet", "--consent", offer.get("manifest", "ab" * 32))
        except Refused:
            pass
        self.assert_runs("1.0.0", self.old)
        return (self.status().get("last_error") or {}).get("code")

    def test_an_older_release_offered_as_new(self):
        self.assertEqual(self.told(**self.offer_of(self.older)), "below_floor")

    def test_another_models_release(self):
        self.assertEqual(self.told(**self.offer_of(self.foreign)), "wrong_model")

    def test_a_target_that_the_repository_does_not_list(self):
        self.assertEqual(self.told(**self.offer_of(self.first, target="firmware/9.9.9/none.cose")),
                         "target_missing")

    def test_a_target_name_that_climbs_out_of_its_folder(self):
        self.told(**self.offer_of(self.first, target="../../../../etc/passwd"))

    def test_answers_that_are_no_answers(self):
        for answer in ([], 5, "x", {"offer": []}, {"offer": {"target": 7}}, {"offer": {"target": "x" * 100_000}},
                       {"poll_after_s": -1}, {"poll_after_s": 10**18, "offer": None}):
            LyingServer.answer = answer
            try:
                self.device("run", "--until-quiet", "--refuse")
            except Refused:
                pass
            self.assert_runs("1.0.0", self.old)


main()
