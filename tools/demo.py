#!/usr/bin/env python3
"""The main job, told as a story: real firmware, real programs, real TLS.

keys → first firmware on a device → next version with a delta → quorum → publish → rollout → the
device updates and commits; then a release that fails its trial, three attacks, each refused, and a fee
policy that is tried on half of the wallets and taken back by its own metrics.
Usage: demo.py (the Makefile says where the programs are: AIRLOCK_BIN)
"""
import concurrent.futures
import contextlib
import os
import pathlib
import resource
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/journeys"), str(ROOT / "tools")]

import stage  # noqa: E402
from demo_fees import GrayFees  # noqa: E402
from demo_firmware import NoFirmware, three_versions  # noqa: E402
from stage import Refused, json, subprocess  # noqa: E402

RAW = ("--storage", "raw")  # full images as they are: the story is the delta
SECONDS_PROMISED = 60  # for the story, once the programs and the firmware are there
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(code, text):
    return f"\x1b[{code}m{text}\x1b[0m" if COLOUR else text


def chapter(number, title):
    print(f"\n{paint('1;36', f'{number}.')} {paint('1', title)}", flush=True)


def say(text):
    print(f"   {text}", flush=True)


def good(text):
    say(paint("32", "✔ ") + text)


def refused(text):
    say(paint("33", "✋ ") + text)


def size(count):
    return f"{count / 1024:,.0f} KiB" if count < 10 << 20 else f"{count / (1 << 20):,.1f} MiB"


class Steps:
    """How long each program ran: a story that grew slow names the steps that made it so."""

    def __init__(self):
        self.started = time.monotonic()
        self.taken = []

    @contextlib.contextmanager
    def step(self, args):
        started, processor = time.monotonic(), self.processor()
        try:
            yield
        finally:
            words = [str(word) for word in args]
            version = words[words.index("--version") + 1:][:1] if "--version" in words else []
            self.taken.append((time.monotonic() - started, self.processor() - processor, " ".join(words[:2] + version)))

    @staticmethod
    def processor():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def report(self):
        seconds = time.monotonic() - self.started
        print(paint("1", f"\nDone in {seconds:.0f} s") + f" ({sum(step[1] for step in self.taken):.0f} s of processor time)."
              " Nothing of this was simulated but the wallet itself: see README.md for what to read next.\n")
        if seconds > SECONDS_PROMISED:
            slowest = (f"{name} {wall:.0f} s ({processor:.0f} s of processor time)"
                       for wall, processor, name in sorted(self.taken, reverse=True)[:3])
            print(paint("33", f"warning: that is longer than the {SECONDS_PROMISED} s it promises; slowest: {', '.join(slowest)}"))


class Demo(GrayFees, stage.Stage):
    def run_program(self, *args, **options):
        with self.steps.step(args):
            return super().run_program(*args, **options)

    def runTest(self):
        name, versions = three_versions(os.environ.get("AIRLOCK_CORPUS", ROOT / "../shared/corpus"),
                                        ROOT / "build/demo/firmware")
        print(paint("1", "Airlock: one firmware update, end to end"))
        say(f"real firmware: {name}, {', '.join(f'{v} ({size(len(b))})' for v, b in versions)}")
        self.steps = Steps()
        self.images = [image for _, image in versions]
        self.slot = f"{(max(map(len, self.images)) >> 20) + 2}M"
        self.keys()
        self.first_firmware()
        self.next_version()
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as beside:
            self.make_ahead(beside)
            self.the_device_updates()
            self.a_release_that_fails()
            self.attacks()
            self.fees_in_gray()
        self.steps.report()

    def keys(self):
        chapter(1, "A vendor makes the keys, for different people to hold")
        self.make_vendor()
        self.make_certificates()
        good("a vendor, three committee members, five roots, and four keys of the repository; all encrypted")
        say("a release needs the vendor AND two of the three committee members; the two doors share no key")
        say("each member signs by Ed25519, by secp256k1 AND by SLH-DSA, which no quantum computer breaks")

    def first_firmware(self):
        chapter(2, "The first firmware goes onto a device in the factory")
        self.first = self.make_release("1.0.0", self.images[0], extra=RAW)
        self.publish(self.first)
        self.start_server(extra=self.judging())
        self.make_device(self.first, slot=self.slot, extra=("--fee-limits", self.fee_limits()))
        state = self.status()
        good(f"device {state['duid'][:12]}… runs {state['version']} from slot {state['active_slot']}; it knows the vendor's keyring and root")
        self.seed_before = self.seed()

    def next_version(self):
        chapter(3, "The next version: a delta, a quorum, and a rollout")
        self.second = self.make_release("1.1.0", self.images[1], security=2, bases=self.images[0], signers=(),
                                        extra=(*RAW, "--notes", "Fixes the random generator. Your seed stays where it is."))
        payloads = self.payload_sizes(self.second)
        good(f"image {size(len(self.images[1]))}, full payload {size(payloads['full'])} (stored raw here), "
             f"delta from 1.0.0 {paint('1', size(payloads['patch']))} ({payloads['patch'] / len(self.images[1]):.1%} of the image)")
        for signer in ("vendor", "committee-1"):
            self.sign(self.second, signer)
            say(f"signed by {signer}")
        try:
            self.publish(self.second)
        except Refused as error:
            refused(f"publish refuses while the quorum is not complete: {error.code}")
        self.sign(self.second, "committee-2")
        say("signed by committee-2")
        self.publish(self.second)
        good("published; the publisher has read its own output with the device's code")
        number = self.roll_out(self.second, "100")
        good(f"rollout {number} offers it to 100 % of the devices; who and why stand in the audit table")

    def make_ahead(self, beside):
        """The releases of the next two acts are made while the device updates: a vendor need not wait for it either."""
        def made(version, image, **more):
            return beside.submit(self.make_release, version, image, security=3, extra=RAW, **more)
        self.third, self.fourth = made("1.2.0", self.images[2]), made("1.3.0", self.images[0])
        self.alone = made("1.4.0", self.images[0], signers=("vendor",))
        if self.prometheus_port:
            self.prepare_experiment(beside)

    def show_device(self, *args):
        """Runs the device with its own screen, progress bars and all."""
        with self.steps.step(("airlock-device", *args)):
            result = subprocess.run([str(stage.BIN / "airlock-device"), *map(str, args), "--dir", str(self.dir / "device")],
                                    env={**self.environment(), **({} if not COLOUR else {"NO_COLOR": ""})},
                                    cwd=self.dir, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                    stderr=None if sys.stderr.isatty() else subprocess.STDOUT)
        for line in result.stdout.splitlines():
            print(f"   {paint('2', '│')} {line}")
        return result.returncode

    def show_owner(self, *args):
        """Runs the device at a terminal of its own, reads what it asks, and presses y."""
        with self.steps.step(("airlock-device", *args)):
            screen, _ = self.talk("airlock-device", *args, "--dir", "device", answers=[("any other key for no: ", "y")])
        for line in screen.rstrip().split("\n"):
            print(f"   {paint('2', '│')} {line.rpartition(chr(13))[2]}")  # a bar is drawn over and over on its line

    def the_device_updates(self):
        chapter(4, "The device asks, proves, installs into the other slot, and its owner says yes")
        wire = self.put_wire_between()
        self.show_owner("run", "--until-quiet")
        self.assert_runs("1.1.0", self.images[1])
        self.assertEqual(self.seed(), self.seed_before)
        state = self.status()
        good(f"runs {state['version']} from slot {state['active_slot']}; floor {state['floors']['firmware']}; the seed is untouched; "
             "every byte of the slot is the published image's")
        good(f"{paint('1', size(wire.bytes_down))} came down the wire for it, with TLS, metadata and manifest; "
             f"the image is {size(len(self.images[1]))}")

    def a_release_that_fails(self):
        chapter(5, "A release whose new firmware does not come up")
        third = self.third.result()
        self.publish(third)
        self.roll_out(third)
        self.show_device("run", "--until-quiet", "--consent", self.manifest_digest(third), "--trial", "hang")
        self.assert_runs("1.1.0", self.images[1])
        state = self.status()
        good(f"the device went back by itself and runs {state['version']}: {paint('33', state['last_revert']['reason'])}; "
             f"its floor is still {state['floors']['firmware']}, the seed untouched")
        reports = json.loads(self.operator("reports", "--json"))
        self.assertIn(state["last_revert"]["reason"], json.dumps(reports))
        for report in reports["reports"]:
            if report["outcome"] == "progress":
                continue
            print(f"   {paint('2', '│')} {report['received']}  {report['version']}  {report['outcome']:10} {report['reason']}"
                  f"{'' if report['counted'] else '  (not counted)'}")
        good("the server shows why, from a report that the device signed")

    def attack(self, title, code, package):
        error = self.refuses(code, self.device, "install", package, "--consent", self.manifest_digest(package))
        refused(f"{title}: {paint('33', code)}")
        reason = error.text.strip().splitlines()[-1]
        print(f"   {paint('2', '│')} {reason}")
        self.assert_runs("1.1.0", self.images[1])

    def attacks(self):
        chapter(6, "Three attacks")
        fourth = self.fourth.result()
        for artifact in (fourth / "artifacts").iterdir():
            data = bytearray(artifact.read_bytes())
            data[-1000] ^= 1
            artifact.write_bytes(data)
        self.attack("one bit of a piece was changed on the way", "piece_rejected", fourth)
        self.attack("the vendor's key was stolen, and signs alone", "quorum_missing", self.alone.result())
        self.attack("an older, honestly signed release is replayed", "below_floor", self.first)
        good(f"the device still runs {self.status()['version']}")

    def fees_in_gray(self):
        chapter(7, "A fee policy goes out in gray, misbehaves, and is taken back")
        if self.prometheus_port is None:
            return say("skipped: prometheus is not installed")
        self.begin_experiment()
        good("two policies are signed by vendor and finance, and kept by the wallet; half of the wallets try the new one")
        wallet = self.follow()
        say(f"this wallet charges by {self.charged(wallet)}; payments by the new policy go well, and then they do not:")
        seconds = self.taken_back(paint)
        verdict = next(one for one in self.ask("one", "GET", "/admin/v1/verdicts?experiment=1", admin=True)["verdicts"]
                       if one["rule"] != "data")
        print(f"   {paint('2', '│')} {verdict['words']}")
        good(f"every wallet that asks is told the baseline again, {seconds:.1f} s after the first failure")
        self.wait_for(lambda: self.charged(wallet) == "1.0.0", "this wallet to serve the baseline")
        wallet.stdin.close()
        good("this wallet charges by 1.0.0, within one poll")


def main():
    demo = Demo()
    demo.setUp()
    try:
        demo.runTest()
    except NoFirmware as error:
        print(f"error: not_found: {error}", file=sys.stderr)
        return 1
    except Refused as error:
        print(f"\nerror: a program refused where the story went on: {error}", file=sys.stderr)
        return 1
    finally:
        demo.tearDown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
