"""Releases that are not for this device: it refuses each with its own reason, whoever offers them."""
from attack_server import *


class AtTheGate(LiedTo):
    def setUp(self):
        super().setUp()
        self.old = firmware(100_000, 1)
        self.make_vendor()
        self.make_certificates()
        self.first = self.make_release("1.0.0", self.old, security=5)
        self.publish(self.first)
        self.start_server()
        self.make_device(self.first, extra=("--bootloader", "3", "--secure-boot", "1"))

    def refused(self, code, version="1.1.0", security=6, offered_by="server", env=None, image=None, **release):
        """The quorum signed it and the repository lists it, so only the gate stands in its way: when a server offers
        it over TLS, and when it comes by hand."""
        package = self.make_release(version, image or firmware(100_000, 2), security=security, **release)
        self.publish(package)
        if offered_by == "server":
            self.roll_out(package)
        else:
            LyingServer.answer = {"offer": self.offer_of(package, version=version), "poll_after_s": 60}
            self.listen()
        self.refuses(code, self.update, package, env=env)
        self.assert_ended(code, "gating")
        self.refuses(code, self.device, "install", package, "--consent", self.manifest_digest(package), env=env)
        self.assert_runs("1.0.0", self.old)


class Gate(AtTheGate):
    def test_wrong_model(self):
        self.refused("wrong_model", model="another-wallet", offered_by="liar")

    def test_from_version_outside_the_range(self):
        self.refused("from_version_outside", extra=("--from", "0.5.0..0.9.0"), offered_by="liar")

    def test_bootloader_too_old_trezor_one_1_6_1(self):
        self.refused("bootloader_too_old", extra=("--bootloader-min", "4"), offered_by="liar")

    def test_secure_boot_too_low_trezor_one_1_6_1(self):
        self.refused("secure_boot_too_low", extra=("--secure-boot-min", "2"), offered_by="liar")

    def test_below_the_floor(self):
        self.refused("below_floor", security=4, offered_by="liar")

    def test_downgrade(self):
        self.refused("downgrade", version="0.9.0", security=5, offered_by="liar")

    def test_outside_the_ramp(self):
        self.refused("outside_ramp", extra=("--ramp", f"start=2026-01-01T00:00:00Z,seed={'5a' * 32},0h=0"))
        told = json.loads(self.operator("reports", "--json"))
        self.assertIn(("progress", "outside_ramp"), [(one["outcome"], one["reason"]) for one in told["reports"]])
        self.assertEqual(told["counts"], [])  # whoever waits for its turn failed at nothing

    def test_a_release_whose_turn_has_not_come_stands_in_no_others_way(self):
        second, third = firmware(100_000, 2), firmware(100_000, 3)
        later = self.make_release("1.2.0", third, security=7, extra=("--ramp", f"start=2026-01-01T00:00:00Z,seed={'5a' * 32},0h=0"))
        sooner = self.make_release("1.1.0", second, security=6)
        for package in (later, sooner):
            self.publish(package)
            self.roll_out(package)
        self.refuses("outside_ramp", self.update, later)
        self.update(sooner)
        self.assert_runs("1.1.0", second)
        self.refuses("outside_ramp", self.update, later)

    def test_slot_too_small(self):
        self.refused("slot_too_small", image=firmware(5 << 20, 3))


@needs_fake_clock
class GateLater(AtTheGate):
    def test_expired(self):
        self.refused("expired", extra=("--valid-for", "1h"), env=clock_at("+2h"))


main()
