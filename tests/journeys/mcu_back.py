"""The ways back of a bare wallet under QEMU, on both layouts of its flash: what is older it refuses, and to what it keeps it goes
back where its owner asks for that by a key and says yes."""
from mcu_board import *

OLD_BOOTS = "boots 1.0.0 from slot b\nthe firmware runs\n"
NEW_BOOTS = "boots 1.1.0 from slot a\nthe firmware runs\n"


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)} (tools/install_packages.sh bare)")
class WaysBack(BoardStage):
    def updated(self, update, layouts=(Wallet, OnePlaceWallet)):
        """A wallet of each layout that took the update."""
        for kind in layouts:
            self.wallet_type = kind
            wallet = self.wallet_with_firmware(kind.life)
            self.relays(wallet, update)
            yield wallet

    def with_the_same_floor(self):
        return self.make_release("1.1.0", self.new, bases=self.old, out="same-floor")

    def asks_to_go_back(self, wallet):
        wallet.press("r")
        wallet.sees("+-- go back?\n")
        wallet.sees("| version  1.0.0 in the place of 1.1.0\n")
        wallet.sees("press y or n")

    def test_an_older_release_and_one_below_the_floor_are_refused(self):
        older = self.make_release("1.0.5", self.old, security=2, out="older")
        for wallet in self.updated(self.update):
            self.relays(wallet, self.first, key=None, ends="below_floor")
            self.relays(wallet, older, key=None, ends="downgrade")
            wallet.restart()
            wallet.sees(NEW_BOOTS)
            wallet.press("r")
            wallet.sees("ended: below_floor\n")
            self.assertNotIn("press y or n", wallet.screen())

    def test_the_owner_goes_back_by_a_key_and_a_yes(self):
        for wallet in self.updated(self.with_the_same_floor()):
            self.asks_to_go_back(wallet)
            wallet.press("n")
            wallet.sees("ended: consent_refused\n")
            wallet.restart()
            wallet.sees(NEW_BOOTS)
            self.asks_to_go_back(wallet)
            wallet.press("y")
            wallet.sees("reset\n" + OLD_BOOTS)
            wallet.sees("ended: reverted_on_request\n")
            self.assertEqual(wallet.executing(len(self.old)), self.old)

    def test_a_wallet_without_another_version_has_no_way_back(self):
        wallet = self.wallet_with_firmware()
        wallet.press("r")
        wallet.sees("ended: slot_empty\n")

    def test_the_machine_is_killed_on_the_way_back_and_goes_on(self):
        dice = random.Random(5)
        for wallet in self.updated(self.with_the_same_floor()):
            self.asks_to_go_back(wallet)
            for _ in range(3):
                wallet.press("y")
                time.sleep(dice.uniform(0, 0.5))
                wallet.kill()
                wallet.start()
            wallet.answers_until_seen(OLD_BOOTS, "y")
            wallet.restart()
            wallet.sees(OLD_BOOTS)
            self.assertEqual(wallet.executing(len(self.old)), self.old)


main()
