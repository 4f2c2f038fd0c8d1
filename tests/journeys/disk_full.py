"""The disk is full: a clear reason, nothing lost, and the update succeeds when there is room."""
from stage import *

DISK = 16 << 20
OWN_MOUNTS = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",)))


def play_where_disks_may_be_mounted():
    """In mounts of this program's own an ordinary user may mount as well, and none outlives a story that is killed."""
    inside = "AIRLOCK_OWN_MOUNTS"
    if inside not in os.environ and subprocess.run([*OWN_MOUNTS, "true"], capture_output=True).returncode == 0:
        os.environ[inside] = "yes"
        os.execvp(OWN_MOUNTS[0], [*OWN_MOUNTS, sys.executable, *sys.argv])
    main()


class DiskFull(Stage):
    def setUp(self):
        super().setUp()
        self.disk = self.dir / "disk"
        self.disk.mkdir()
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", self.disk],
                              capture_output=True, text=True)
        if made.returncode != 0:
            self.skipTest(f"no disk can be mounted here: {made.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=True)
        self.old, self.new = firmware(100_000, 1), random.Random(2).randbytes(1_000_000)
        self.make_vendor()
        self.make_certificates()
        self.first = self.make_release("1.0.0", self.old)
        self.second = self.make_release("1.1.0", self.new, security=2)
        self.publish(self.second)
        self.start_server()

    def provision(self):
        self.make_device(self.first, name="disk/device")
        self.roll_out(self.second)

    def fill(self, leave=0):
        """Others take what is free, but for so many bytes."""
        free = os.statvfs(self.disk)
        with open(self.disk / "others", "wb") as others:
            others.write(b"x" * max(0, free.f_bavail * free.f_bsize - leave))

    def then_makes_room(self):
        (self.disk / "others").unlink()
        self.update(self.second, name="disk/device")
        self.assert_runs("1.1.0", self.new, name="disk/device")

    def test_too_little_room_is_seen_before_anything_is_fetched(self):
        self.provision()
        self.fill(leave=len(self.new) // 2)
        self.refuses("no_space", self.update, self.second, name="disk/device")
        self.assert_ended("no_space", "gating", name="disk/device")
        self.assert_runs("1.0.0", self.old, name="disk/device")
        self.then_makes_room()

    def test_too_little_room_for_the_facts_of_a_patch_is_seen_before_anything_is_fetched(self):
        old = random.Random(3).randbytes(1_000_000)
        pieces = [old[at:at + 40] for at in range(0, len(old), 40)]
        new = b"".join(pieces[at ^ 1] for at in range(len(pieces)))  # each piece moved is a fact
        first = self.make_release("2.0.0", old, security=3)
        second = self.make_release("2.1.0", new, security=4, bases=old)
        self.publish(second)
        self.make_device(first, name="disk/device")
        self.roll_out(second)
        self.fill(leave=(1 << 20) + 40_000)  # for the image in whole blocks, but not for 64 KiB of facts
        self.refuses("no_space", self.update, second, name="disk/device")
        self.assert_ended("no_space", "gating", name="disk/device")
        (self.disk / "others").unlink()
        self.update(second, name="disk/device")
        self.assert_runs("2.1.0", new, name="disk/device")

    def test_the_disk_fills_up_while_blocks_arrive(self):
        self.provision()
        wire = self.put_wire_between([len(self.new) // 2], on_cut=self.fill, name="disk/device")
        self.refuses("disk_full", self.update, self.second, name="disk/device")
        self.assertEqual(wire.cuts, [], "the story was to fill the disk in the middle")
        self.assertEqual(self.status("disk/device")["phase"], "staging")  # the next run goes on from there
        self.assert_runs("1.0.0", self.old, name="disk/device")
        self.then_makes_room()


play_where_disks_may_be_mounted()
