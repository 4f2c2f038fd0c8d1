"""Flash that lost a bit, in what runs: a package of the vendor's brings the device back."""
import pty

from stage import *


class Recovery(Stage):
    def setUp(self):
        super().setUp()
        self.old = firmware(200_000, 1)
        self.new = firmware(200_000, 2, base=self.old)
        self.first, self.second = self.set_up(self.old, self.new)

    def flip(self, name, at=-1):
        path = self.dir / "device/areas" / name
        stored = bytearray(path.read_bytes())
        stored[at] ^= 1
        path.write_bytes(stored)

    def test_a_patch_without_its_base_gives_way_to_the_full_image(self):
        self.flip("mcu-a.area", 100_000)
        self.update(self.second)
        self.assert_runs("1.1.0", self.new)

    def test_a_device_that_boots_nothing_takes_a_package_by_hand(self):
        self.flip("mcu-a.area", 100_000)
        self.refuses("no_bootable_slot", self.device, "boot")
        self.device("install", self.second, "--consent", self.manifest_digest(self.second))
        self.assert_runs("1.1.0", self.new)

    def test_a_damaged_manifest_of_what_runs_is_no_obstacle(self):
        self.flip("manifest-a.area")
        self.refuses("no_bootable_slot", self.device, "boot")
        self.device("status")
        self.update(self.second)
        self.assert_runs("1.1.0", self.new)

    def test_the_owner_reads_that_what_runs_is_damaged(self):
        self.assertNotIn("does not read", self.press_at_terminal(b"n"))
        self.flip("manifest-a.area")
        self.assertEqual(self.status()["version_known"], "by_record")
        screen = self.press_at_terminal(b"n")
        self.assertIn("1.0.0 -> 1.1.0", screen)
        self.assertIn("What runs is damaged: its manifest does not read.", screen)

    def test_a_lost_copy_of_the_boot_record_is_made_anew(self):
        areas = self.dir / "device/areas"
        (areas / "record-0.area").unlink()
        self.device("status")
        self.device("boot")
        self.update(self.second)
        self.assert_runs("1.1.0", self.new)
        self.assertTrue((areas / "record-0.area").exists())
        (areas / "record-1.area").unlink()
        self.device("boot")
        self.assert_runs("1.1.0", self.new)

    def test_without_both_copies_of_the_record_nothing_boots(self):
        for lost in ("record-0.area", "record-1.area"):
            os.truncate(self.dir / "device/areas" / lost, 0)
        self.refuses("record_lost", self.device, "boot")

    def test_ctrl_c_at_the_question_ends_the_run_and_the_next_one_asks_again(self):
        self.assertIn("1.0.0 -> 1.1.0", self.press_at_terminal(b"\x03"))
        self.assertEqual(self.status()["phase"], "consenting")
        self.device("run", "--until-quiet", "--consent", self.manifest_digest(self.second))
        self.assert_runs("1.1.0", self.new)

    def press_at_terminal(self, key):
        """What the consent screen shows to an owner who then presses this key."""
        ours, theirs = pty.openpty()
        child = subprocess.Popen([BIN / "airlock-device", "install", "--dir", "device", self.second],
                                 cwd=self.dir, env=self.environment(), stdin=theirs, stdout=theirs,
                                 stderr=theirs)
        os.close(theirs)
        screen = b""
        try:
            while b"Install it?" not in screen:
                screen += os.read(ours, 4096)
            while child.poll() is None:  # a key that is pressed too early is not heard
                os.write(ours, key)
                time.sleep(0.1)
        finally:
            child.kill()
            child.wait()
            os.close(ours)
        return screen.decode()

    def test_recovery_is_no_way_around_the_floor_or_the_quorum(self):
        self.update(self.second)
        self.flip("mcu-b.area", 100_000)
        self.refuses("below_floor", self.device, "install", self.first, "--consent",
                     self.manifest_digest(self.first))
        alone = self.make_release("1.2.0", self.new, security=2, signers=("vendor",))
        self.refuses("quorum_missing", self.device, "install", alone, "--consent",
                     self.manifest_digest(alone))


main()
