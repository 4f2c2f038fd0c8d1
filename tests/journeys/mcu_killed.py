"""A bare wallet under QEMU whose machine is killed at seeded moments of an update, on both layouts of its flash: wherever that is,
it ends with the new image. AIRLOCK_KILLS=N kills each layout N times, AIRLOCK_SEED=N draws other moments."""
from mcu_board import *

KILLS = int(os.environ.get("AIRLOCK_KILLS", "20"))
SEED = int(os.environ.get("AIRLOCK_SEED", "7"))
KILLS_EACH = 5  # of one update
# A trial has three boots, and this many kills in it give no healthy firmware up.
KILLS_IN_TRIAL = 2
# A kill comes so many seconds at most behind what stands on the screen then: most fall where the flash is written.
MOMENTS = (("", 4), ("staging mcu 0", 0.3), ("staging mcu 196608", 0.5), ("+-- install this?", 0.1), ("key: yes", 1), ("key: yes", 1),
           (" on trial", 0.2), ("the firmware works", 0.1))
MOMENT_SECONDS_MAX = 3  # what was passed already does not come again
FIRMWARE = 1  # docs/formats/manifest.md


class KilledStage(BoardStage):
    def plays(self, name, moments):
        """Plays the update, killed at each of the moments unless it is over by then. How many kills it took."""
        wallet = self.wallet_with_firmware(name)
        relay = self.start_relay(wallet, self.update)
        kills, in_trial = 0, 0
        for words, seconds in moments:
            self.waits_for(wallet, relay, words, seconds)
            is_agreed = "key: yes" in wallet.all_said()
            if relay.poll() is not None or in_trial == KILLS_IN_TRIAL:
                break
            wallet.kill()
            wallet.start()
            kills, in_trial = kills + 1, in_trial + is_agreed
        wallet.answers_until(relay, "y")
        self.assertIn({"ended": "committed", "version": "1.1.0", "reason": "ok"}, self.ends(relay))
        self.assert_runs_the_update(wallet)
        wallet.kill()
        return kills

    def waits_for(self, wallet, relay, words, seconds):
        wallet.answers_while(lambda: relay.poll() is None and words not in wallet.text, "y", MOMENT_SECONDS_MAX)
        wallet.answers_while(lambda: relay.poll() is None, "y", seconds)

    def assert_runs_the_update(self, wallet):
        wallet.restart()
        wallet.sees("boots 1.1.0 from slot a\nthe firmware runs\n")
        self.assertEqual(wallet.executing(len(self.new)), self.new)
        record = wallet.record()
        self.assertEqual(record[6].hex(), self.inspect(self.update / "manifest.cose")["manifest"]["digest"])
        self.assertEqual(record[7][FIRMWARE], 2)
        self.assertNotIn(4, record, "a trial goes on")

    def sample(self):
        dice = random.Random(SEED)
        kills, played = 0, 0
        while kills < KILLS and played < KILLS:
            places = sorted(dice.choices(range(len(MOMENTS)), k=KILLS_EACH))
            moments = [(MOMENTS[at][0], dice.uniform(0, MOMENTS[at][1])) for at in places]
            with self.subTest(moments=moments):
                kills += self.plays(f"killed-{played}", moments)
            played += 1
        print(f"\n{self.wallet_type.life}: {kills} kills in {played} updates")
        self.assertGreaterEqual(kills, KILLS)


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)} (tools/install_packages.sh bare)")
class TwoSlots(KilledStage):
    def test_ends_with_the_new_image_wherever_the_machine_is_killed(self):
        self.sample()


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)} (tools/install_packages.sh bare)")
class OnePlace(KilledStage):
    wallet_type = OnePlaceWallet

    def test_in_one_place_too_it_ends_with_the_new_image(self):
        self.sample()


main()
