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
        shutil.copytree(self.dir / "device", self.dir / "never-lied-to")

    def hears(self, answer, *consent):
        """Answers the check-in of a device that was never lied to; returns the code with which its run ended."""
        shutil.rmtree(self.dir / "device")
        shutil.copytree(self.dir / "never-lied-to", self.dir / "device")
        LyingServer.answer, before = answer, LyingServer.lies
        code = None
        try:
            self.device("run", "--until-quiet", *consent)
        except Refused as refused:
            code = refused.code
        self.assertGreater(LyingServer.lies, before, "nobody lied to the device")
        self.assert_runs("1.0.0", self.old)
        return code

    def told(self, **offer):
        """Consents to whatever the lie offers."""
        return self.hears({"offer": offer, "poll_after_s": 60}, "--consent", offer["manifest"])

    def test_an_older_release_offered_as_new(self):
        self.assertEqual(self.told(**self.offer_of(self.older)), "below_floor")

    def test_another_models_release(self):
        self.assertEqual(self.told(**self.offer_of(self.foreign)), "wrong_model")

    def test_a_target_that_the_repository_does_not_list(self):
        self.assertEqual(self.told(**self.offer_of(self.first, target="firmware/9.9.9/none.cose")),
                         "target_missing")

    def test_a_target_name_that_climbs_out_of_its_folder(self):
        outside = self.dir / "outside.cose"
        shutil.copy(self.older / "manifest.cose", outside)
        for target in ("../../../../etc/passwd", "../outside.cose", str(outside)):
            self.assertEqual(self.told(**self.offer_of(self.first, target=target)), "bad_text", target)

    def test_answers_that_are_no_answers(self):
        for answer, code in (([], "wrong_type"), (5, "wrong_type"), ("x", "wrong_type"), ({"offer": []}, "wrong_type"),
                             ({"offer": {"target": 7}}, "wrong_type"), ({"offer": {"target": "x" * 100_000}}, "oversized"),
                             ({"offer": {"target": "firmware/x.cose"}}, "missing_field"),
                             ({"poll_after_s": -1}, None), ({"poll_after_s": 10**18, "offer": None}, None),
                             ({"poll_after_s": "soon"}, "wrong_type")):
            self.assertEqual(self.hears(answer, "--refuse"), code, str(answer)[:80])


main()
