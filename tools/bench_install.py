#!/usr/bin/env python3
"""Measure an installation beside its peers, on a disk and in memory, and hold it against its bars.

One image of random bytes is installed from a local package by airlock-device (stored raw, and
compressed), by sha256sum + dd + fsync, by rauc and by swupdate, in interleaved rounds; each result is
compared with the image. Every one of them checks a signature or a digest; airlock-device alone also
proves each piece before it is decoded, reads the slot back, and keeps a journal. All of it happens in
one folder: on the disk of the build folder, where syncs cost what they cost, and then on tmpfs, where
only the computing is left. rauc and swupdate write to a loop device over a file in the same folder. A
peer that is not installed, or a machine that allows no loop device, is said so and left out.

The peak of memory is measured at other sizes of the image too, by hand and over HTTPS: up to 1 GiB, the largest
image that a manifest can name. A size for which there is too little room on the disk or in memory is said so and left out.

Usage: bench_install.py [--size MIB] [--rounds N] [--peers yes|no] [--folder DIR ..] [--peak-sizes MIB ..]
Programs come from $AIRLOCK_BIN (build/release). Debian packages: time rauc swupdate squashfs-tools
cpio dbus-daemon; the loop device needs root. Ends with 1 where a bar is missed.
"""
import argparse
import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "journeys"))
import bars  # noqa: E402
import stage  # noqa: E402

GNU_TIME = "/usr/bin/time"
ROUNDS = 11
SECONDS_MAX = 300
BASELINE = "sha256sum, then dd + fsync"
RATIO_MAX = 1.5
PEAK_KIB_MAX = 16 << 10
PEAK_SIZES_MIB = (1, 64, 256, 1024)
SLOT_MIB_MAX = 1024
COPIES_ON_DISK = 10  # of an image at once: by hand and from a server, its source, release, publication and slots
COPIES_IN_MEMORY = 5  # here, while a slot is compared
FOLDERS = (ROOT / "build", pathlib.Path("/dev/shm"))


class Missing(Exception):
    """A peer cannot run here; the text says why."""


@dataclasses.dataclass
class Sample:
    wall: float
    cpu: float
    peak_kib: int


def measured(command, folder, env=None):
    """Runs a program; GNU time measures it, because a child of Python inherits Python's peak."""
    out = folder / "measured"
    since = time.monotonic()
    result = subprocess.run([GNU_TIME, "-q", "-f", "%U %S %M", "-o", str(out), *map(str, command)],
                            capture_output=True, text=True, cwd=folder, env=env,
                            stdin=subprocess.DEVNULL, timeout=SECONDS_MAX)
    wall = time.monotonic() - since
    if result.returncode != 0:
        raise RuntimeError(f"{command}\n{result.stdout}{result.stderr}")
    user, system, peak = out.read_text().split()
    return Sample(wall, float(user) + float(system), int(peak))


def quietly(*command, folder, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True,
                          cwd=folder, **options)


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Missing(f"{program} is not installed")


# ---- what is measured: each has a name, run() and check()


class Bench(stage.Stage):
    """The vendor of the image and its devices."""

    reuses_releases = False

    def runTest(self):
        pass

    def prepare(self, image):
        self.image = image
        self.make_vendor()
        self.make_certificates()
        self.old = self.make_release("1.0.0", os.urandom(64 << 10))
        self.slot = f"{min((len(image) >> 20) + 1, SLOT_MIB_MAX)}M"
        self.count = 0

    def new_device(self):
        self.count += 1
        name = f"device-{self.count}"
        self.device("provision", "--model", "demo-wallet", "--keyring", "keys/keyring.cose",
                    "--root", "repo/metadata/1.root.json", "--server", "https://127.0.0.1:1",
                    "--ca", "ca.pem", "--component", f"mcu={self.slot}", "--firmware", self.old,
                    name=name)
        return name


class Airlock:
    """From a folder, as an owner does by hand."""

    def __init__(self, bench, storage):
        self.name = f"airlock-device install, {storage}"
        self.bench = bench
        self.package = bench.make_release("1.1.0", bench.image, out=f"new-{storage}", security=2,
                                          extra=("--storage", storage))
        self.digest = bench.manifest_digest(self.package)

    def run(self):
        self.device = self.bench.new_device()
        return measured([stage.BIN / "airlock-device", "install", "--dir",
                         self.bench.dir / self.device, self.package, "--consent", self.digest],
                        self.bench.dir, self.bench.environment())

    def check(self):
        self.bench.assert_runs("1.1.0", self.bench.image, name=self.device)
        shutil.rmtree(self.bench.dir / self.device)


def over_https(bench):
    """The same release from a server, onto a device that runs the one before: one sample."""
    bench.publish(bench.old)
    package = bench.make_release("1.1.0", bench.image, out="offered", security=2, extra=("--storage", "raw"))
    bench.publish(package)
    bench.start_server()
    bench.make_device(bench.old, slot=bench.slot)
    bench.roll_out(package)
    sample = measured([stage.BIN / "airlock-device", "run", "--dir", bench.dir / "device", "--until-quiet",
                       "--consent", bench.manifest_digest(package)], bench.dir, bench.environment())
    bench.assert_runs("1.1.0", bench.image)
    return sample


class Copy:
    name = BASELINE

    def __init__(self, folder, image):
        self.folder, self.image = folder, image
        self.source, self.target = folder / "source", folder / "target"
        self.source.write_bytes(image)

    def run(self):
        self.target.unlink(missing_ok=True)
        return measured(["sh", "-c", "sha256sum source > /dev/null && "
                         "dd if=source of=target bs=1M conv=fsync status=none"], self.folder)

    def check(self):
        assert self.target.read_bytes() == self.image


class Loop:
    """A loop device over a file, given back when `ending` is closed."""

    def __init__(self, folder, name, size, ending):
        need("losetup")
        self.file = folder / name
        self.file.write_bytes(b"")
        os.truncate(self.file, size + (1 << 20))
        try:
            self.path = quietly("losetup", "-f", "--show", self.file, folder=folder,
                                text=True).stdout.strip()
        except subprocess.CalledProcessError as error:
            raise Missing(f"no loop device: {error.stderr.strip()}") from error
        ending.callback(subprocess.run, ["losetup", "-d", self.path], check=False)

    def check(self, image):
        with open(self.path, "rb") as device:
            assert device.read(len(image)) == image


def make_signer(folder):
    quietly("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", "bench.key", "-out", "bench.pem", "-days", "30", "-subj",
            "/CN=bench", "-addext", "extendedKeyUsage=emailProtection,codeSigning", folder=folder)


BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={folder}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""

RAUC = """[system]
compatible=bench
bootloader=noop
statusfile={folder}/status
mountprefix={folder}/mount
[keyring]
path={folder}/bench.pem
allow-partial-chain=true
[slot.system.0]
device={running}
type=raw
bootname=A
[slot.system.1]
device={target}
type=raw
bootname=B
"""

BUNDLE = """[update]
compatible=bench
version=1
[bundle]
format=plain
[image.system]
filename=image.img
"""


class Rauc:
    """`rauc install` with its service on a bus of its own; the peak is the service's."""

    name = "rauc install (plain bundle)"

    def __init__(self, folder, image, ending):
        need("rauc", "dbus-daemon", "mksquashfs")
        self.folder, self.image, self.ending = folder, image, ending
        bundle = folder / "bundle"
        bundle.mkdir()
        (folder / "mount").mkdir()
        (bundle / "image.img").write_bytes(image)
        (bundle / "manifest.raucm").write_text(BUNDLE)
        quietly("rauc", "--cert", "bench.pem", "--key", "bench.key", "bundle", "bundle", "new.raucb",
                folder=folder)
        shutil.rmtree(bundle)
        self.target = Loop(folder, "rauc-target", len(image), ending)
        self.running = Loop(folder, "rauc-running", 1 << 20, ending)
        (folder / "system.conf").write_text(
            RAUC.format(folder=folder, running=self.running.path, target=self.target.path))
        (folder / "bus.conf").write_text(BUS.format(folder=folder))
        self.env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/bus"}
        self.start("dbus-daemon", "--config-file=bus.conf", "--nofork")
        self.wait_for(lambda: (folder / "bus").exists())
        self.service = self.start("rauc", "--conf=system.conf", "--override-boot-slot=A", "service")
        self.wait_for(lambda: subprocess.run(["rauc", "status"], env=self.env,
                                             capture_output=True).returncode == 0)

    def start(self, *command):
        child = subprocess.Popen(command, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.ending.callback(child.wait)
        self.ending.callback(child.terminate)
        return child

    @staticmethod
    def wait_for(ready):
        until = time.monotonic() + 10
        while not ready():
            if time.monotonic() > until:
                raise Missing("its service does not start")
            time.sleep(0.05)

    def run(self):
        sample = measured(["rauc", "install", self.folder / "new.raucb"], self.folder, self.env)
        status = pathlib.Path(f"/proc/{self.service.pid}/status").read_text()
        sample.peak_kib = int(next(line for line in status.splitlines() if "VmHWM" in line).split()[1])
        sample.cpu = float("nan")  # spent in the service, over all rounds
        return sample

    def check(self):
        self.target.check(self.image)


class Swupdate:
    name = "swupdate (signed .swu, raw)"

    def __init__(self, folder, image, ending):
        need("swupdate", "cpio")
        self.folder, self.image = folder, image
        self.target = Loop(folder, "swupdate-target", len(image), ending)
        parts = folder / "swu"
        parts.mkdir()
        (parts / "image.img").write_bytes(image)
        digest = quietly("sha256sum", "image.img", folder=parts, text=True).stdout.split()[0]
        (parts / "sw-description").write_text(
            'software = { version = "1.0"; hardware-compatibility = [ "1.0" ]; images: ( { '
            f'filename = "image.img"; device = "{self.target.path}"; type = "raw"; '
            f'sha256 = "{digest}"; installed-directly = true; }} ); }}\n')
        quietly("openssl", "cms", "-sign", "-in", "sw-description", "-out", "sw-description.sig",
                "-signer", "../bench.pem", "-inkey", "../bench.key", "-outform", "DER",
                "-nosmimecap", "-binary", folder=parts)
        with open(folder / "new.swu", "wb") as archive:
            subprocess.run(["cpio", "-o", "-H", "crc", "--quiet"], check=True, cwd=parts,
                           stdout=archive, stderr=subprocess.DEVNULL,
                           input=b"sw-description\nsw-description.sig\nimage.img\n")
        shutil.rmtree(parts)

    def run(self):
        return measured(["swupdate", "-H", "bench:1.0", "-k", "bench.pem", "-i", "new.swu"],
                        self.folder)

    def check(self):
        self.target.check(self.image)


# ---- rounds and the table


def peers(folder, image, ending):
    make_signer(folder)
    found = []
    for peer in (Rauc, Swupdate):
        try:
            found.append(peer(folder, image, ending))
        except (Missing, subprocess.CalledProcessError) as reason:
            print(f"left out: {peer.name}: {reason}")
    return found


def median_wall(samples):
    return statistics.median(sample.wall for sample in samples)


def show(samples):
    baseline = median_wall(samples[BASELINE])
    print(f"{'what':<34} {'wall s':>7} {'[min..max]':>15} {'cpu s':>6} {'peak KiB':>9} {'ratio':>6}")
    for name, taken in samples.items():
        walls = [sample.wall for sample in taken]
        cpu = statistics.median(sample.cpu for sample in taken)
        spread = f"[{min(walls):.2f}..{max(walls):.2f}]"
        print(f"{name:<34} {statistics.median(walls):>7.2f} {spread:>15} "
              f"{'-' if cpu != cpu else f'{cpu:.2f}':>6} {max(s.peak_kib for s in taken):>9} "
              f"{statistics.median(walls) / baseline:>5.2f}x")


def judge(samples, where):
    """The bars of speed; what is stored compressed has more to do and is shown only."""
    ours = median_wall(samples["airlock-device install, raw"])
    baseline = median_wall(samples[BASELINE])
    bars.at_most(f"install, times {BASELINE}, {where}", ours / baseline, RATIO_MAX)
    if Rauc.name in samples:
        bars.at_most(f"install, times rauc, {where}", ours / median_wall(samples[Rauc.name]), 1)
    else:
        bars.left_out(f"install, times rauc, {where}", "rauc did not run")


@contextlib.contextmanager
def bench_in(folder, image):
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(folder.resolve())
    bench = Bench()
    bench.setUp()
    try:
        bench.prepare(image)
        yield bench
    finally:
        bench.tearDown()


def kind_of(folder):
    told = quietly("stat", "--file-system", "--format", "%T", folder, folder=ROOT, text=True)
    return told.stdout.strip()


def compare(folder, told):
    image = os.urandom(told.size << 20)
    with bench_in(folder, image) as bench, contextlib.ExitStack() as ending:
        runners = [Airlock(bench, "raw"), Airlock(bench, "compressed"), Copy(bench.dir, image)]
        if told.peers == "yes":
            runners += peers(bench.dir, image, ending)
        samples = {runner.name: [] for runner in runners}
        for _ in range(told.rounds):
            for runner in runners:
                samples[runner.name].append(runner.run())
                runner.check()
    where = f"on {kind_of(folder)}"
    print(f"{told.size} MiB of random bytes {where} ({folder}), {told.rounds} interleaved rounds, "
          f"medians; ratio to {BASELINE}")
    show(samples)
    judge(samples, where)


def room_lacks_for(folder, size):
    """Why an image of so many MiB is not measured here; None where it is."""
    free_mib = shutil.disk_usage(folder).free >> 20
    if free_mib < COPIES_ON_DISK * size:
        return f"{COPIES_ON_DISK * size} MiB must be free in {folder}, {free_mib} are"
    told = re.search(r"MemAvailable:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text())
    free_mib = int(told[1]) >> 10
    if free_mib < COPIES_IN_MEMORY * size:
        return f"{COPIES_IN_MEMORY * size} MiB of memory must be free, {free_mib} are"
    return None


def measure_peak(folder, size):
    if lacks := room_lacks_for(folder, size):
        return bars.left_out(f"peak KiB, {size} MiB", lacks)
    with bench_in(folder, os.urandom(size << 20)) as bench:
        by_hand = Airlock(bench, "raw")
        sample = by_hand.run()
        by_hand.check()
        bars.at_most(f"peak KiB of install, {size} MiB", sample.peak_kib, PEAK_KIB_MAX)
        bars.at_most(f"peak KiB of run over HTTPS, {size} MiB", over_https(bench).peak_kib, PEAK_KIB_MAX)


def main():
    reader = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--size", type=int, default=64, help="of the image, in MiB")
    reader.add_argument("--rounds", type=int, default=ROUNDS)
    reader.add_argument("--peers", choices=("yes", "no"), default="yes")
    reader.add_argument("--folder", type=pathlib.Path, nargs="+", default=FOLDERS)
    reader.add_argument("--peak-sizes", type=int, nargs="*", default=PEAK_SIZES_MIB, help="in MiB")
    told = reader.parse_args()
    if not pathlib.Path(GNU_TIME).is_file():
        sys.exit("error: not_found: /usr/bin/time: install the Debian package time")
    for folder in told.folder:
        compare(folder, told)
    for size in told.peak_sizes:
        measure_peak(told.folder[0], size)
    sys.exit(bars.verdict())


main()
