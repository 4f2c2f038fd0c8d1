"""Releases that are not for this device, each refused with its own reason."""
from stage import *


class Gate(Stage):
    def setUp(self):
        super().setUp()
        self.old = firmware(100_000, 1)
        self.make_vendor()
        self.make_certificates()
        self.first = self.make_release("1.0.0", self.old, security=5)
        self.publish(self.first)
        self.start_server()
        self.make_device(self.first, extra=("--bootloader", "3", "--secure-boot", "1"))

    def refused(self, code, version="1.1.0", security=6, **release):
        package = self.make_release(version, firmware(100_000, 2), security=security, **release)
        error = self.refuses(code, self.device, "install", package, "--consent",
                             self.manifest_digest(package))
        self.assert_runs("1.0.0", self.old)
        return error

    def test_wrong_model(self):
        self.refused("wrong_model", model="another-wallet")

    def test_from_version_outside_the_range(self):
        self.refused("from_version_outside", extra=("--from", "0.5.0..0.9.0"))

    def test_bootloader_too_old(self):
        self.refused("bootloader_too_old", extra=("--bootloader-min", "4"))

    def test_secure_boot_too_low(self):
        self.refused("secure_boot_too_low", extra=("--secure-boot-min", "2"))

    def test_below_the_floor(self):
        self.refused("below_floor", security=4)

    def test_downgrade(self):
        self.refused("downgrade", version="0.9.0", security=5)

    def test_expired(self):
        self.refused("expired", extra=("--created", "2024-01-01T00:00:00Z", "--not-before",
                                       "2024-01-01T00:00:00Z", "--valid-for", "1d"))

    def test_outside_the_ramp(self):
        self.refused("outside_ramp", extra=("--ramp", f"start=2026-01-01T00:00:00Z,seed={'5a' * 32},0h=0"))

    def test_slot_too_small(self):
        package = self.make_release("1.1.0", firmware(5 << 20, 3), security=6)
        self.refuses("slot_too_small", self.device, "install", package, "--consent",
                     self.manifest_digest(package))
        self.assert_runs("1.0.0", self.old)


main()
