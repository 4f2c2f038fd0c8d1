"""A Linux device behind a loader of its own. GRUB and U-Boot are played by their scripts' few lines, over the very
environments, read and written by the loaders' own tools: grub-editenv, and fw_printenv and fw_setenv of libubootenv."""
import uuid
import zlib

from stage import *

RESTART = 3  # the exit status of a device that waits for one
BOOTS = 5  # of a trial


class Grub:
    kind = "grub"

    def __init__(self, folder):
        self.path = folder / "grubenv"
        self.tool("create")
        self.tool("set", "saved_entry=Debian GNU/Linux")

    def tool(self, *args):
        return subprocess.run(["grub-editenv", str(self.path), *args], check=True, capture_output=True, text=True).stdout

    def read(self):
        return dict(line.split("=", 1) for line in self.tool("list").splitlines())

    def set(self, name, value):
        self.tool("set", f"{name}={value}")

    def files(self):
        return [self.path]


class UBoot:
    kind = "u-boot"

    def __init__(self, folder):
        self.path, self.copies = folder / "fw_env.config", [folder / "env-0", folder / "env-1"]
        for copy in self.copies:
            copy.write_bytes(b"\xff" * 0x4000)
        self.path.write_text("".join(f"{copy} 0x0 0x4000\n" for copy in self.copies))
        (folder / "default").write_text("saved_entry=Debian GNU/Linux\n")
        self.save_what_is_built_in()

    def tool(self, program, *args):
        return subprocess.run([program, "-c", str(self.path), *args], check=True, capture_output=True, text=True).stdout

    def read(self):
        if self.is_lost():
            return {}
        return dict(line.split("=", 1) for line in self.tool("fw_printenv").splitlines())

    def is_lost(self):
        """Neither copy has its checksum."""
        return not any(zlib.crc32(copy.read_bytes()[5:]) == int.from_bytes(copy.read_bytes()[:4], "little") for copy in self.copies)

    def set(self, name, value):
        self.tool("fw_setenv", name, value)

    def save_what_is_built_in(self):
        self.tool("fw_setenv", "-f", str(self.path.with_name("default")), "bootdelay", "1")

    def files(self):
        return self.copies


class BehindGrub(Stage):
    loader_class = Grub

    def setUp(self):
        super().setUp()
        self.old = firmware(60_000, 1)
        self.new = firmware(60_000, 2, base=self.old)
        self.loader = self.loader_class(self.dir)
        self.make_vendor()
        self.make_certificates()
        first = self.make_release("1.0.0", self.old)
        self.publish(first)
        self.second = self.make_release("1.1.0", self.new, security=2, bases=self.old)
        self.publish(self.second)
        self.start_server()
        self.make_device(first, extra=("--loader", f"{self.loader.kind}={self.loader.path}"))
        config = self.dir / "device/config.json"
        told = json.loads(config.read_text())
        self.assertEqual(told["loader"]["command_line"], "/proc/cmdline")
        told["loader"] |= {"command_line": str(self.dir / "cmdline"), "boot_id": str(self.dir / "boot-id")}
        config.write_text(json.dumps(told))
        self.roll_out(self.second)
        self.assertEqual(self.power(), ("a", False))

    # ---- the machine

    def start_slot(self):
        """What the loader's script does (docs/guides/start-from-a-loader.md): which slot the kernel is told of."""
        told = self.loader.read()
        if self.loader.kind == "u-boot" and "airlock_active" not in told:
            self.loader.save_what_is_built_in()
        active = told.get("airlock_active", "a")
        left = int(told.get("airlock_trial") or 0)
        if left > 0:
            self.loader.set("airlock_trial", str(left - 1))
        started = {"a": "b", "b": "a"}[active] if left > 0 else active
        (self.dir / "cmdline").write_text(f"root=/dev/vda2 airlock.slot={started} quiet\n")
        (self.dir / "boot-id").write_text(f"{uuid.uuid4()}\n")
        return started

    def power(self):
        """The power comes: the loader starts a slot, and what stands before its system judges it. (slot, on trial)"""
        for _ in range(4):
            self.start_slot()
            decided = self.restarts(self.device, "boot", "--json")
            if decided is not None:
                told = json.loads(decided)
                return told["slot"], told["trial"]
        self.fail("it restarts without an end")

    def power_without_an_environment(self, *options):
        """Nobody can read or write it, and the loader starts slot a. Nothing where the system restarts."""
        (self.dir / "cmdline").write_text("root=/dev/vda2 airlock.slot=a quiet\n")
        (self.dir / "boot-id").write_text(f"{uuid.uuid4()}\n")
        return self.device("boot", *options)

    def restarts(self, program, *args, **options):
        """Nothing where it ends with the wish for a restart, otherwise what it printed."""
        try:
            return program(*args, **options)
        except Refused as refused:
            self.assertEqual((refused.code, refused.status), ("restart_needed", RESTART), refused)
            return None

    def take_the_update(self, *extra):
        self.assertIsNone(self.restarts(self.update, self.second, *extra))

    def tells(self):
        told = self.loader.read()
        self.assertEqual(told["saved_entry"], "Debian GNU/Linux", "what is not ours stays")
        return told.get("airlock_active"), told.get("airlock_trial")

    # ---- the stories

    def test_an_update_is_tried_by_a_restart_and_committed_by_the_new_system(self):
        self.take_the_update()
        self.assertEqual(self.tells(), ("a", str(BOOTS)))
        self.assertIsNone(self.restarts(self.update, self.second), "until it restarts there is nothing to do")
        self.assertEqual(self.power(), ("b", True))
        self.assertEqual(self.power(), ("b", True), "an interrupted start costs one of the trial's boots")
        self.assertEqual(self.tells(), ("a", str(BOOTS - 2)))
        self.assertIn("1.1.0 is installed", self.device("run", "--until-quiet"))
        self.assertEqual(self.tells(), ("b", None))
        self.assertEqual(self.power(), ("b", False))
        self.assert_runs("1.1.0", self.new)
        self.assertIn("committed", self.operator("reports", "--json"))

    def test_a_system_that_never_comes_up_is_given_up_by_its_count(self):
        self.take_the_update()
        for _ in range(BOOTS):
            self.assertEqual(self.power(), ("b", True))
        self.assertEqual(self.power(), ("a", False))
        self.assert_went_back("trial_exhausted")

    def test_a_kernel_that_hangs_before_anything_of_ours_is_given_up_by_the_loaders_count_alone(self):
        self.take_the_update()
        for _ in range(BOOTS):
            self.assertEqual(self.start_slot(), "b")
        self.assertEqual(self.power(), ("a", False))
        self.assert_went_back("trial_exhausted")

    def test_a_system_that_finds_itself_sick_goes_back_by_a_restart(self):
        self.take_the_update()
        self.assertEqual(self.power(), ("b", True))
        self.assertIsNone(self.restarts(self.device, "run", "--until-quiet", "--health", "echo asked >>asked; false",
                                        "--health-time", "3"))
        self.assertGreater(len((self.dir / "asked").read_text().splitlines()), 1, "it may become well within its time")
        self.assertEqual(self.tells(), ("a", None))
        before = (self.dir / "device/areas/mcu-b.area").read_bytes()
        again = self.restarts(self.device, "install", self.second, "--consent", self.manifest_digest(self.second))
        self.assertIsNone(again, "slot b runs still, and must not be written")
        self.assertEqual((self.dir / "device/areas/mcu-b.area").read_bytes(), before)
        self.assertEqual(self.power(), ("a", False))
        self.assert_went_back("unhealthy")

    def assert_went_back(self, reason):
        self.assertEqual(self.tells(), ("a", None))
        try:
            self.device("run", "--until-quiet")
        except Refused as refused:
            self.assertEqual(refused.code, reason)
        self.assert_runs("1.0.0", self.old)
        self.assertEqual(self.status()["last_revert"]["reason"], reason)
        self.assertIn(reason, self.operator("reports", "--json"))

    def test_a_system_that_becomes_well_commits(self):
        self.take_the_update()
        self.power()
        told = self.device("run", "--until-quiet", "--json", "--health", "echo words; test -e well || { >well; false; }")
        self.assertEqual(json.loads(told.splitlines()[-1])["version"], "1.1.0")
        self.assertNotIn("words", told, "what scripts read is ours alone")

    def test_a_command_that_does_not_end_is_no_health(self):
        self.take_the_update()
        self.power()
        ended = self.restarts(self.device, "run", "--until-quiet", "--health", "echo $$ >pid; sleep 1000 & wait",
                              "--health-time", "2")
        self.assertIsNone(ended)
        self.assertFalse(pathlib.Path(f"/proc/{(self.dir / 'pid').read_text().strip()}").exists())

    def test_asked_twice_it_decides_once(self):
        before = [path.read_bytes() for path in self.loader.files()]
        self.take_the_update()
        for path, content in zip(self.loader.files(), before):
            path.write_bytes(content)
        self.assertEqual(self.start_slot(), "a")
        for _ in range(3):
            self.assertIsNone(self.restarts(self.device, "boot"))
        (self.dir / "device/areas/power-on.json").write_text("")
        self.assertIsNone(self.restarts(self.device, "boot"), "the loader was told in this start")
        self.assertEqual(self.power(), ("b", True))

    def test_a_loader_that_forgets_what_it_is_told_is_told_three_times(self):
        before = [path.read_bytes() for path in self.loader.files()]
        self.take_the_update()

        def forget():
            for path, content in zip(self.loader.files(), before):
                path.write_bytes(content)
        for _ in range(3):
            forget()
            self.start_slot()
            self.assertIsNone(self.restarts(self.device, "boot"))
        forget()
        self.start_slot()
        self.assertIn("loader_unreadable", self.device("boot"))
        self.assertEqual(self.status()["version"], "1.0.0")

    def test_what_cannot_be_written_keeps_no_proven_slot_from_running(self):
        self.take_the_update()
        self.power()
        self.device("run", "--until-quiet")
        self.lose_the_environment()
        note = self.dir / "device/areas/power-on.json"
        note.unlink()
        note.mkdir()
        (note / "in-the-way").mkdir()
        (self.dir / "cmdline").write_text("airlock.slot=b\n")
        (self.dir / "boot-id").write_text("another start\n")
        self.assertIn("slot b runs", self.device("boot"))
        third = self.make_release("1.2.0", self.old, security=3)
        told = self.device("install", third, "--consent", self.manifest_digest(third))
        self.assertIn(f"1.2.0 was given up: {self.lost}", told)
        self.assertEqual((self.status()["version"], self.status()["trial"]), ("1.1.0", None))
        self.assertIn("slot b runs", self.device("boot"))

    def test_a_lost_environment_keeps_no_committed_slot_from_running(self):
        self.take_the_update()
        self.power()
        self.device("run", "--until-quiet")
        self.lose_the_environment()
        self.refuses(self.lost, self.power_without_an_environment)  # who starts the loader's slot alone
        for _ in range(4):
            self.assertIn("slot b runs", self.power_without_an_environment("--hand-over"))
        self.assert_runs("1.1.0", self.new)
        third = self.make_release("1.2.0", self.old, security=3)
        told = self.device("install", third, "--consent", self.manifest_digest(third))
        self.assertIn(f"1.2.0 was given up: {self.lost}", told)
        self.assertIn("slot b runs", self.power_without_an_environment("--hand-over"))
        self.assert_runs("1.1.0", self.new)

    def test_a_lost_environment_starts_nothing_that_is_not_proven(self):
        self.take_the_update()
        self.power()
        self.device("run", "--until-quiet")
        self.lose_the_environment()
        slot = self.dir / "device/areas/mcu-b.area"
        slot.write_bytes(bytes(len(slot.read_bytes())))
        self.refuses("no_bootable_slot", self.power_without_an_environment, "--hand-over")  # slot a is below the floor

    lost = "access_denied"

    def lose_the_environment(self):
        self.loader.path.unlink()
        self.loader.path.mkdir()
        self.lost = "not_a_file"

    def test_a_cut_between_the_record_and_the_loader_is_made_good_at_the_next_start(self):
        before = [path.read_bytes() for path in self.loader.files()]
        self.take_the_update()
        for path, content in zip(self.loader.files(), before):
            path.write_bytes(content)
        self.assertEqual(self.start_slot(), "a")
        self.assertIsNone(self.restarts(self.device, "boot"))
        self.assertEqual(self.power(), ("b", True))
        before = [path.read_bytes() for path in self.loader.files()]
        self.assertIn("1.1.0 is installed", self.device("run", "--until-quiet"))
        for path, content in zip(self.loader.files(), before):
            path.write_bytes(content)
        self.assertEqual(self.power(), ("b", False))
        self.assertEqual(self.tells(), ("b", None))

    def test_what_lies_in_the_slot_is_proven_before_its_first_start(self):
        self.take_the_update()
        slot = self.dir / "device/areas/mcu-b.area"
        content = bytearray(slot.read_bytes())
        content[1000] ^= 1
        slot.write_bytes(content)
        self.assertEqual(self.start_slot(), "b")
        self.assertIsNone(self.restarts(self.device, "boot"))
        self.assertEqual(self.power(), ("a", False))
        self.assert_went_back("image_rejected")

    def test_the_owner_goes_back_by_a_restart(self):
        third = self.make_release("1.2.0", self.old + b"more", security=1)
        consent = ("--consent", self.manifest_digest(third))
        self.assertIsNone(self.restarts(self.device, "install", third, *consent))
        self.assertEqual(self.power(), ("b", True))
        self.assertIn("1.2.0 is installed", self.device("run", "--until-quiet", "--refuse"))
        kept = self.manifest_digest("release-1.0.0")
        self.assertIsNone(self.restarts(self.device, "revert", "--consent", kept))
        self.assertEqual(self.tells(), ("a", None))
        self.assertEqual(self.power(), ("a", False))
        self.assertIn("1.2.0 was given up", self.device("run", "--until-quiet", "--refuse"))
        self.assert_runs("1.0.0", self.old)

    def test_a_loader_that_starts_what_it_likes_is_told_so(self):
        self.take_the_update()
        self.power()
        self.device("run", "--until-quiet")
        (self.dir / "cmdline").write_text("airlock.slot=a\n")
        (self.dir / "boot-id").write_text("another start\n")
        self.refuses("loader_disobeys", self.device, "boot")
        self.assertIn("slot b runs", self.device("boot", "--hand-over"), "proven, and started by what judges it")
        (self.dir / "boot-id").write_text("a third start\n")
        (self.dir / "cmdline").write_text("quiet\n")
        self.loader.set("airlock_active", "c")
        self.refuses("running_slot_unknown", self.device, "boot")
        self.assertEqual(self.tells(), ("b", None), "the next start may know better")
        self.refuses("running_slot_unknown", self.device, "run", "--until-quiet")

    def test_behind_a_loader_no_trial_is_played(self):
        self.refuses("usage", self.update, self.second, "--trial", "hang")

    def test_damage_to_the_environment_is_made_good(self):
        self.take_the_update()
        self.power()
        self.device("run", "--until-quiet")
        self.loader.path.write_bytes(b"\0" * 1024)
        self.loader.read = lambda: {}  # GRUB finds nothing, and starts slot a
        self.assertEqual(self.start_slot(), "a")
        self.assertIsNone(self.restarts(self.device, "boot"))
        del self.loader.read
        self.assertEqual(self.loader.read()["airlock_active"], "b")


class BehindUBoot(BehindGrub):
    loader_class = UBoot

    def lose_the_environment(self):
        for copy in self.loader.copies:
            copy.write_bytes(b"\0" * 0x4000)
        self.lost = "loader_unreadable"

    def test_damage_to_the_environment_is_made_good(self):
        self.take_the_update()
        newest = max(self.loader.copies, key=lambda path: path.read_bytes()[4])  # the flag behind the checksum
        damaged = bytearray(newest.read_bytes())
        damaged[20] ^= 1
        newest.write_bytes(damaged)
        self.assertEqual(self.power(), ("b", True), "the older copy tells of no trial, and the record of it")

    def test_a_loader_that_lost_both_copies_writes_what_is_built_in_and_is_told(self):
        self.take_the_update()
        self.power()
        self.device("run", "--until-quiet")
        self.lose_the_environment()
        self.assertEqual(self.power(), ("b", False))
        self.assertEqual(self.tells(), ("b", None))
        self.assert_runs("1.1.0", self.new)


main()
