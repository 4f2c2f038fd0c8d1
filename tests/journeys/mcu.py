"""A wallet on a bare Cortex-M4 under QEMU, with bootloader, agent, screen, key and flash, and airlock-device relay as
the companion app at the other end of its serial line."""
from mcu_board import *

COMMITTING = 11  # docs/formats/journal.md


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)} (tools/install_packages.sh bare)")
class Mcu(BoardStage):
    """Each story begins with a wallet that runs 1.0.0, but for the first."""

    def test_a_new_wallet_takes_its_first_firmware_then_an_update_as_a_patch(self):
        wallet = self.new_wallet()
        wallet.sees("recovery: no_bootable_slot: waiting for a package")
        self.relays(wallet, self.first)
        self.assertIn("| version  1.0.0 in the place of nothing", wallet.screen())
        self.assert_shows(wallet, self.first, "install this?", "firmware", self.old)
        asked = self.relays(wallet, self.update, device="demo-wallet")
        self.assertIn("| version  1.1.0 in the place of 1.0.0", wallet.screen())
        self.assertEqual(wallet.slot("a", len(self.new)), self.new)
        patch = self.payload_sizes(self.update)["patch"]
        self.assertEqual({line["of"] for line in asked if "of" in line}, {patch})
        wallet.restart()
        wallet.sees("boots 1.1.0 from slot a\nthe firmware runs\n")
        print("\n" + "\n".join(line for line in wallet.all_said().splitlines() if line.startswith("stack")))

    def test_a_board_without_memory_for_a_large_decoder_takes_what_was_released_for_small_ones(self):
        small = ("--profile", "small")
        first = self.make_release("1.0.0", self.old, extra=small, out="small-1.0.0")
        update = self.make_release("1.1.0", self.new, security=2, bases=self.old, extra=small, out="small-1.1.0")
        wallet = self.new_wallet("small-wallet", SmallWallet)
        self.ends(self.start_relay(wallet, self.first), "memory_exceeded")
        self.relays(wallet, first)
        asked = self.relays(wallet, update, device="demo-wallet")
        self.assertEqual(wallet.slot("a", len(self.new)), self.new)
        self.assertEqual({line["of"] for line in asked if "of" in line}, {self.payload_sizes(update)["patch"]})

    def assert_shows(self, wallet, package, title, kind, image=None):
        """The owner can compare all that the yes is to with what the vendor publishes."""
        envelope = package / "manifest.cose" if package.is_dir() else package
        manifest = self.inspect(envelope)["manifest"]
        for line in (f"+-- {title}", f"| kind     {kind}", "| model    demo-wallet", f"| made     {manifest['created']}",
                     f"| manifest SHA-256\n|          {manifest['digest']}"):
            self.assertIn(line + "\n", wallet.screen())
        if image:
            digest = hashlib.sha256(image).hexdigest()
            self.assertIn(f"| image    mcu, {len(image)} bytes, SHA-256\n|          {digest}\n", wallet.screen())

    def test_the_owner_sees_that_keys_are_replaced_and_no_firmware(self):
        wallet = self.wallet_with_firmware()
        (self.dir / "fresh").mkdir()
        self.airlock("keys", "make", "fresh/committee-1")
        self.airlock("keyring", "draft", "--from", "keys/keyring.cose", "--replace", "committee-1=fresh/committee-1.pub",
                     "--out", "next.cose")
        for signer in ("root-1", "root-2", "root-3"):
            self.sign("next.cose", signer)
        relay = self.start_relay(wallet, self.dir / "next.cose")
        wallet.sees("press y or n")
        self.assert_shows(wallet, self.dir / "next.cose", "replace the KEYS that may sign for this wallet?", "keyring")
        for word in ("install this?", "in the place of", "| image"):
            self.assertNotIn(word, wallet.screen())
        wallet.press("y")
        self.assertIn("committed", [line.get("ended") for line in self.ends(relay)])
        self.relays(wallet, self.update, key=None, ends="quorum_missing")  # signed by the key that left
        kept = self.make_release("1.1.0", self.new, security=2, signers=("vendor", "committee-2", "committee-3"), out="kept")
        self.relays(wallet, kept)

    def test_each_wallet_has_a_place_of_its_own_in_a_signed_ramp(self):
        half = self.make_release("1.0.0", self.old, out="half", extra=("--ramp", "0h=50,1000h=100"))
        seed = bytes.fromhex(self.inspect(half / "manifest.cose")["manifest"]["ramp"]["seed"])

        def is_in(secret):
            return int.from_bytes(hashlib.sha256(seed + secret).digest()[:8], "big") % 10_000 < 5000
        secrets = [bytes([i]) * 32 for i in range(1, 64)]
        first = self.new_wallet("first", secret=next(filter(is_in, secrets)))
        self.relays(first, half)
        second = self.new_wallet("second", secret=next(secret for secret in secrets if not is_in(secret)))
        self.relays(second, half, key=None, ends="outside_ramp")

    def test_its_line_is_a_serial_port(self):
        wallet = self.new_wallet()
        wallet.kill()
        wallet.start("-serial", "pty")
        wallet.sees("recovery: no_bootable_slot")
        port = re.search(r"/dev/pts/\d+", wallet.screen())[0]
        relay = self.start_relay(wallet, self.first, serial=port)
        wallet.sees("press y or n")
        wallet.press("y")
        self.ends(relay)

    def test_the_guard_of_its_flash_refuses_what_breaks_a_rule(self):
        wallet = self.new_wallet()
        wallet.kill()
        ran = subprocess.run(wallet.command("breach", "-serial", "none"), cwd=wallet.folder, capture_output=True, text=True,
                             timeout=WAIT_SECONDS_MAX, stdin=subprocess.DEVNULL)
        said = ran.stdout + ran.stderr
        self.assertEqual(ran.returncode, 0, said)
        self.assertEqual(said.count("flash: breach: "), 5, said)

    def test_the_owner_refuses(self):
        wallet = self.wallet_with_firmware()
        self.relays(wallet, self.update, key="n", ends="consent_refused")
        wallet.restart()
        wallet.sees("boots 1.0.0 from slot b\n")

    def test_bytes_are_lost_added_and_changed_on_the_line(self):
        wallet = self.wallet_with_firmware()
        noise = NoisyLine(wallet.line, seed=3, one_in=24_000)
        self.addCleanup(noise.close)
        self.relays(wallet, self.update_in_full, line=noise.path)
        self.assertGreater(noise.harmed, 5)
        self.assertEqual(wallet.slot("a", len(self.new)), self.new)
        again = re.findall(r"requests \d+ and again (\d+)", wallet.all_said())
        self.assertGreater(max(map(int, again)), 0)

    def test_the_machine_is_killed_in_the_middle_of_staging_and_goes_on(self):
        wallet = self.wallet_with_firmware()
        relay = self.start_relay(wallet, self.update_in_full)
        for done in (65536, 196608):
            wallet.sees(f"staging mcu {done} of {len(self.new)}")
            wallet.kill()
            wallet.start()
        wallet.sees("press y or n")
        resumed = wallet.screen()
        self.assertNotIn("staging mcu 0 of", resumed)
        self.assertIn(f"staging mcu 196608 of {len(self.new)}", resumed)
        wallet.press("y")
        lines = self.ends(relay)
        self.assertIn({"ended": "committed", "version": "1.1.0", "reason": "ok"}, lines)
        self.assertEqual(wallet.slot("a", len(self.new)), self.new)

    def test_the_machine_is_killed_at_any_time_and_the_update_finishes(self):
        wallet = self.wallet_with_firmware()
        relay = self.start_relay(wallet, self.update)
        dice = random.Random(11)
        for _ in range(8):
            time.sleep(dice.uniform(0.05, 0.6))
            wallet.kill()
            wallet.start()
            if relay.poll() is not None:
                break
            if wallet.said("press y or n"):
                wallet.press("y")
        wallet.answers_until(relay, "y")
        self.assertIn({"ended": "committed", "version": "1.1.0", "reason": "ok"}, self.ends(relay))
        wallet.restart()
        wallet.sees("boots 1.1.0 from slot a\nthe firmware runs\n")

    def test_a_firmware_that_says_it_fails_is_given_up(self):
        self.falls_back(firmware_that("fails", 300_000, 5), "unhealthy")

    def test_an_image_without_an_entry_is_given_up_and_said_to_have_none(self):
        wallet = self.falls_back(firmware(300_000, 5), "unhealthy")
        self.assertIn("the firmware has no entry: its image does not begin with AIRFIRM1\n", wallet.all_said())
        self.assertNotIn("does not work", wallet.all_said())

    def test_the_factory_and_the_wallet_name_the_file_that_they_lack(self):
        wallet = BoardStage.wallet_type(self.dir / "bare", self.program)
        wallet.folder.mkdir()
        for word, lacks in (("run", "flash.bin: there is no such file; begin with the factory"), ("factory", "keyring.cose: there is no such file"),
                            ("factory", "secret: there is no such file")):
            ran = subprocess.run(wallet.command(word, "-serial", "none"), cwd=wallet.folder, capture_output=True, text=True,
                                 timeout=WAIT_SECONDS_MAX, stdin=subprocess.DEVNULL)
            self.assertIn(f"{lacks}\nerror: not_found\n", ran.stdout + ran.stderr)
            self.assertEqual(ran.returncode, 1)
            if lacks.startswith("keyring"):
                shutil.copy(self.dir / "keys/keyring.cose", wallet.folder / "keyring.cose")

    def test_a_firmware_that_hangs_is_given_up_by_the_watchdog(self):
        wallet = self.falls_back(firmware_that("hangs", 300_000, 5), "trial_exhausted")
        self.assertEqual(wallet.all_said().count("watchdog: the firmware does not answer"), 3)

    def test_a_firmware_that_crashes_is_given_up(self):
        wallet = self.falls_back(firmware_that("crashes", 300_000, 5), "trial_exhausted")
        self.assertEqual(wallet.all_said().count("fault\n"), 3)

    def falls_back(self, image, reason):
        wallet = self.wallet_with_firmware()
        bad = self.make_release("1.1.0", image, security=2, out=f"bad-{reason}")
        self.relays(wallet, bad, ends=reason)
        wallet.restart()
        wallet.sees("boots 1.0.0 from slot b\nthe firmware runs\n")
        return wallet

    def test_a_firmware_that_breaks_once_it_is_committed_is_left_out_and_replaced(self):
        wallet = self.wallet_with_firmware()
        slot = "a"
        for version, does, said in (("1.1.0", "hangs later", "watchdog: the firmware does not answer\n"), ("1.2.0", "crashes later", "fault\n")):
            self.relays(wallet, self.make_release(version, firmware_that(does, 20_000, 5), out=does))
            wallet.restart()
            wallet.sees(f"boots {version} from slot {slot}\n{said}")
            wallet.sees("the firmware is left out: it did not answer\n")
            slot = {"a": "b", "b": "a"}[slot]
        self.relays(wallet, self.make_release("1.3.0", firmware_that("works", 20_000, 6), out="mended"))
        wallet.restart()
        wallet.sees("boots 1.3.0 from slot a\nthe firmware runs\n")

    def test_a_key_that_is_held_at_the_reset_leaves_the_firmware_out(self):
        wallet = self.wallet_with_firmware()
        wallet.kill()
        wallet.press("u")
        wallet.start()
        wallet.sees("boots 1.0.0 from slot b\nthe firmware is left out\n")
        self.relays(wallet, self.update)
        wallet.restart()
        wallet.sees("boots 1.1.0 from slot a\nthe firmware runs\n")

    def test_a_commit_that_goes_on_after_a_power_cut_is_no_firmware_that_hangs(self):
        wallet = self.wallet_with_firmware()
        update = self.make_release("1.1.0", firmware_that("hangs", 20_000, 5), out="slow")  # so that the cut comes in time
        relay = self.start_relay(wallet, update)
        wallet.sees("press y or n")
        wallet.press("y")
        wallet.sees("on trial")
        wallet.kill()
        relay.kill()
        wallet.put_back_into(COMMITTING)
        wallet.start()
        wallet.sees("boots 1.1.0 from slot a on trial\n")
        time.sleep(4)  # nobody hears of it yet
        self.assertIn({"ended": "committed", "version": "1.1.0", "reason": "ok"}, self.ends(self.start_relay(wallet, update)))
        self.assertNotIn("watchdog", wallet.screen())

    def test_a_host_whose_package_is_none_wears_no_flash_out(self):
        wallet = self.wallet_with_firmware()
        (self.dir / "fresh").mkdir()
        self.airlock("keys", "make", "fresh/root-5")
        self.airlock("keyring", "draft", "--from", "keys/keyring.cose", "--replace", "root-5=fresh/root-5.pub", "--out", "next.cose")
        for key in ("fresh/root-5", *(f"keys/root-{i}" for i in range(1, 6))):  # more signers than its memory holds
            self.airlock("sign", "--key", f"{key}.key", "next.cose", "--digest", self.manifest_digest("next.cose"))
        relay = self.start_relay(wallet, self.dir / "next.cose")
        wallet.sees("ended: oversized")
        time.sleep(9)
        relay.kill()
        self.assertLess(wallet.erased(), 30)
        self.assertIn(wallet.erased_most(), range(1, 16))  # half of them at most, since the journal has two copies
        self.assertIn(wallet.screen().count("ended: oversized"), (2, 3, 4, 5))
        wallet.press("y")  # the owner wants to now
        self.relays(wallet, self.update)

    def test_a_package_that_was_changed_is_refused_by_name(self):
        wallet = self.wallet_with_firmware()
        unsigned = self.make_release("1.1.0", self.new, security=2, signers=("vendor", "committee-1"), out="unsigned")
        self.relays(wallet, unsigned, key=None, ends="quorum_missing")
        changed = pathlib.Path(shutil.copytree(self.update_in_full, self.dir / "changed"))
        for artifact in (changed / "artifacts").iterdir():
            data = bytearray(artifact.read_bytes())
            data[-1000] ^= 1
            artifact.write_bytes(data)
        self.relays(wallet, changed, key=None, ends="piece_rejected")
        lacking = pathlib.Path(shutil.copytree(self.update_in_full, self.dir / "lacking"))
        shutil.rmtree(lacking / "artifacts")
        self.relays(wallet, lacking, key=None, ends="not_found")
        wallet.restart()
        wallet.sees("boots 1.0.0 from slot b\n")

    def test_a_rotten_slot_leads_to_recovery_and_a_package_out_of_it(self):
        wallet = self.wallet_with_firmware()
        wallet.kill()
        wallet.rot("b", 1000)
        wallet.start()
        wallet.sees("recovery: no_bootable_slot: waiting for a package")
        self.relays(wallet, self.first)
        wallet.restart()
        wallet.sees("boots 1.0.0 from slot ")


main()
