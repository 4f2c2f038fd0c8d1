"""Slots that are block devices, as on a wallet's computer board: loop devices stand for flash."""
from stage import *


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("losetup"),
                     "loop devices need root and losetup")
class BlockDevices(Stage):
    def loop(self, name, size):
        path = self.dir / name
        path.write_bytes(b"\0" * size)
        made = subprocess.run(["losetup", "--find", "--show", path], capture_output=True, text=True)
        if made.returncode != 0:
            self.skipTest(f"no loop device here: {made.stderr.strip()}")
        device = made.stdout.strip()
        self.addCleanup(subprocess.run, ["losetup", "--detach", device])
        return pathlib.Path(device)

    def test_an_update_and_the_way_back(self):
        old = firmware(700_000, 1)
        new = firmware(700_000, 2, base=old)
        a, b = self.loop("a.img", 1 << 20), self.loop("b.img", 1 << 20)
        self.make_vendor()
        self.make_certificates()
        first = self.make_release("1.0.0", old)
        second = self.make_release("1.1.0", new, security=1, bases=old)
        self.publish(first)
        self.publish(second)
        self.start_server()
        self.device("provision", "--model", "demo-wallet", "--keyring", "keys/keyring.cose", "--root",
                    "repo/metadata/1.root.json", "--server", self.url, "--ca", "ca.pem", "--component",
                    f"mcu={a},{b}", "--firmware", first)
        self.operator("devices", "import", self.dir / "device/device.pub", "--why", "journey")
        self.roll_out(second)
        self.update(second)
        self.assertEqual(self.status()["version"], "1.1.0")
        self.assertEqual(a.read_bytes()[: len(old)], old)
        self.assertEqual(b.read_bytes()[: len(new)], new)
        self.device("revert", "--consent", self.manifest_digest(first))
        self.assertEqual(self.status()["version"], "1.0.0")

    def test_a_device_too_small_for_the_image(self):
        a, b = self.loop("a.img", 1 << 16), self.loop("b.img", 1 << 16)
        self.make_vendor()
        first = self.make_release("1.0.0", firmware(100_000, 1))
        self.make_certificates()
        self.refuses("slot_too_small", self.device, "provision", "--model", "demo-wallet", "--keyring",
                     "keys/keyring.cose", "--root", "repo/metadata/1.root.json", "--server",
                     "https://localhost:1", "--ca", "ca.pem", "--component", f"mcu={a},{b}", "--firmware",
                     first)


main()
