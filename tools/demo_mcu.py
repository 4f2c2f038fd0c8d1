#!/usr/bin/env python3
"""A wallet without an operating system updates itself, in two processes that are both shown: the wallet (a Cortex-M4 under
QEMU) and its companion app (airlock-device relay), with a power cut in the middle of a patch.
Usage: demo_mcu.py (the Makefile says where the programs are: AIRLOCK_BIN)
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/journeys"), str(ROOT / "tools")]

import mcu_board  # noqa: E402
from demo import chapter, good, paint, say, size  # noqa: E402

CUT_AT = 196608  # bytes of the image that are in the slot by then


class Screen(mcu_board.Wallet):
    """A wallet whose screen is shown as it changes."""

    def watch(self, screen):
        left = ""
        while piece := mcu_board.os.read(screen.fileno(), 4096).decode(errors="replace"):
            *lines, left = (left + piece).split("\n")
            for line in lines:
                show("wallet", line)
            with self.lock:
                self.text += piece
                self.lock.notify_all()
        with self.lock:
            self.lock.notify_all()


def show(process, line):
    print(f"   {paint('2', f'{process} │')} {line}", flush=True)


class Demo(mcu_board.BoardStage):
    wallet_type = Screen

    def install(self, wallet, package, cut_at=None):
        line = mcu_board.os.path.relpath(wallet.line, self.dir)
        say(paint("2", f"$ airlock-device relay --serial unix:{line} --package {package.name}"))
        relay = self.start_relay(wallet, package.name, line=line, output=())
        watcher = mcu_board.threading.Thread(target=lambda: [show("relay ", line.rstrip()) for line in relay.stdout], daemon=True)
        watcher.start()
        if cut_at:
            wallet.sees(cut_at)
            wallet.kill()
            good(paint("33", "the power fails in the middle of it, and comes back"))
            wallet.start()
        wallet.sees("press y or n")
        wallet.press("y")
        self.assertEqual(relay.wait(mcu_board.WAIT_SECONDS_MAX), 0)
        watcher.join()

    def runTest(self):
        print(paint("1", "Airlock: a wallet on a bare Cortex-M4"))
        chapter(1, "It comes out of the factory with a keyring and without firmware")
        wallet = self.new_wallet()
        wallet.sees("waiting for a package")
        chapter(2, "Its first firmware comes over the serial line, from whoever holds that")
        self.install(wallet, self.first)
        sizes = self.payload_sizes(self.update)
        chapter(3, f"The next version, as a patch of {size(sizes['patch'])} in the place of {size(sizes['full'])}, and a power cut")
        self.install(wallet, self.update, cut_at=f"staging mcu {CUT_AT}")
        chapter(4, "A reset")
        wallet.restart()
        wallet.sees("the firmware runs\n")
        self.assertEqual(wallet.slot("a", len(self.new)), self.new)
        good("every byte of its slot is the published image's\n")


def main():
    if mcu_board.MISSING:
        print(f"skipped: not installed: {', '.join(mcu_board.MISSING)} (tools/install_packages.sh bare)")
        return 0
    demo = Demo()
    demo.setUp()
    try:
        demo.runTest()
    finally:
        demo.tearDown()
        mcu_board.unittest.doModuleCleanups()
    return 0


if __name__ == "__main__":
    sys.exit(main())
