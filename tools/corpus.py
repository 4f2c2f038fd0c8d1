#!/usr/bin/env python3
"""Play every real input of a corpus through the programs, one line per family at the end.

firmware   for each pair of images in MANIFEST.json: one vendor releases and publishes old and new
           (as a delta too), a real server offers the new one over TLS, a device that runs the old
           one updates, and its slot must hold the published image byte for byte.
crypto     the published vectors, read by the tests whose name holds "Corpus".
evm        ABIs and what contracts and other libraries make of them, read in the same way.
solana     IDLs, and calls, events and accounts by other implementations, read in the same way.
move       compiled modules, values, and transactions of Aptos and Sui, read in the same way.
erc7730    the registry of descriptors, its cases and its auditors' attestations, read in the same way.

A family is a folder; what is not there, or what nothing reads yet, is skipped with its reason.
Usage: corpus.py [FOLDER]     FOLDER or $AIRLOCK_CORPUS; programs from $AIRLOCK_BIN (build/release)
"""
import hashlib
import json
import lzma
import os
import pathlib
import subprocess
import sys
import tarfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "journeys"))
import stage  # noqa: E402

IMAGE_SIZE_MAX = 256 << 20
UPDATE_SECONDS_MAX = 600
# Measures the program and not the interpreter that starts it: a child inherits its parent's peak.
GNU_TIME = pathlib.Path("/usr/bin/time")
# Families that tests read, and the test programs that may do so.
READ_BY_TESTS = {"crypto": ("core_crypto_test", "core_codec_test", "publish_keys_test", "trust_x509_test"),
                 "evm": ("engine_abi_evm_test",), "solana": ("engine_abi_solana_test",),
                 "move": ("engine_abi_move_test",), "erc7730": ("engine_abi_clear_test", "engine_abi_test")}
# Folders whose folders are families.
GROUPS = ("abi",)
# Which parts of such a family those tests open, and why they leave the others.
EVERYTHING = object()
READ_PARTS = {"crypto": {"cbor": {"appendix_a.json"},
                         "crl": EVERYTHING, "ocsp": EVERYTHING, "pkits": EVERYTHING, "x509-limbo": EVERYTHING,
                         "slhdsa": {f"slhdsa_sha2_128s_{part}.txt" for part in ("keygen", "siggen", "sigver", "prehash")},
                         "wycheproof": {"ed25519_test.json", "ecdsa_secp256k1_sha256_bitcoin_test.json"}},
              "evm": {"abi": EVERYTHING, "ethers_v6": EVERYTHING}, "solana": {"idl": EVERYTHING},
              "move": {"mv": EVERYTHING}, "erc7730": {"registry": EVERYTHING, "ercs": EVERYTHING}}
UNREAD_PARTS = {"crypto": {
    "cose": "the package door reads one profile of COSE (docs/formats/manifest.md), of which these are none",
    "fdo": "no FDO yet",
    "wycheproof": "an algorithm that no key of ours has"},
    "evm": {"bench": "make bench makes its calls on the spot"},
    "erc7730": {"specs": "the specification, read by people", "auditors": "who the auditors are, read by people"}}
NOT_A_VECTOR = ("README", "LICENSE", "SHA256SUMS")


class Tally:
    """What became of one family."""

    def __init__(self, family):
        self.family, self.passed, self.failed, self.skipped = family, 0, 0, 0
        self.reasons = []

    def fail(self, what, why):
        self.failed += 1
        self.reasons.append(f"failed: {what}: {why}")

    def skip(self, what, why, count=1):
        self.skipped += count
        self.reasons.append(f"skipped: {what}: {why}")

    def __str__(self):
        line = f"{self.family}: passed {self.passed}, failed {self.failed}, skipped {self.skipped}"
        return "\n".join([line] + [f"  {reason}" for reason in self.reasons])


class Skip(Exception):
    pass


# ---- firmware


def read_image(folder, images, name):
    """An image of the corpus, unpacked in memory where it is packed; its digest must be the listed one."""
    listed = images.get(name)
    if listed is None:
        raise Skip(f"{name} is not listed")
    if listed.get("size", 0) > IMAGE_SIZE_MAX:
        raise Skip(f"{name} is larger than {IMAGE_SIZE_MAX >> 20} MiB")
    if packed := listed.get("packed_in"):
        if not (folder / packed).is_file():
            raise Skip(f"{packed} is not there")
        try:
            with tarfile.open(folder / packed, "r:xz") as archive:
                content = archive.extractfile(pathlib.PurePosixPath(name).name).read(IMAGE_SIZE_MAX)
        except (KeyError, AttributeError, tarfile.TarError, lzma.LZMAError) as error:
            raise Skip(f"{packed} does not hold it: {error}") from error
    elif (folder / name).is_file():
        content = (folder / name).read_bytes()
    else:
        raise Skip(f"{name} is not there")
    if hashlib.sha256(content).hexdigest() != listed["sha256"]:
        raise ValueError(f"{name} has another digest than MANIFEST.json says")
    return content


def short(error):
    """The line of an error that says what it is."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("error:")]
    return (told or lines or [type(error).__name__])[-1][:160]


class Corpus(stage.Stage):
    """One vendor, one server, and a device for each pair; each pair is a model of its own."""

    def runTest(self):  # a Stage is a test case; this one is driven by hand
        pass

    def prepare(self, number, old, new):
        """Releases and publishes both images; returns what the device needs."""
        model = f"corpus-{number}"
        first = self.make_release("1.0.0", old, out=f"{model}-old", model=model)
        second = self.make_release("1.1.0", new, out=f"{model}-new", model=model, security=2,
                                   bases=old)
        self.publish(first)
        self.publish(second)
        for made in self.dir.glob(f"{model}-*.bin"):
            made.unlink()
        return {"model": model, "first": first, "second": second, "new": new,
                "delta": self.delta_size(second), "slot": slot_of(max(len(old), len(new)))}

    def delta_size(self, package):
        """Bytes of the smallest payload: what a device with the right base fetches."""
        return min(path.stat().st_size for path in (package / "artifacts").iterdir())

    def play(self, pair):
        """A device with the old image takes the new one; returns seconds and peak KiB."""
        name = pair["model"]
        self.device("provision", "--model", name, "--keyring", "keys/keyring.cose", "--root",
                    "repo/metadata/1.root.json", "--server", self.url, "--ca", "ca.pem",
                    "--component", f"mcu={pair['slot']}", "--firmware", pair["first"], name=name)
        self.operator("devices", "import", self.dir / name / "device.pub", "--why", "corpus")
        self.roll_out(pair["second"])
        measured = self.measure("run", "--dir", self.dir / name, "--until-quiet", "--consent",
                                self.manifest_digest(pair["second"]))
        self.assert_runs("1.1.0", pair["new"], name=name)
        return measured

    def measure(self, *args):
        peak = self.dir / "peak"
        wrap = [str(GNU_TIME), "-q", "-f", "%M", "-o", str(peak)] if GNU_TIME.is_file() else []
        command = [*wrap, str(stage.BIN / "airlock-device"), *map(str, args)]
        since = time.monotonic()
        result = subprocess.run(command, capture_output=True, text=True, cwd=self.dir,
                                env=self.environment(), stdin=subprocess.DEVNULL,
                                timeout=UPDATE_SECONDS_MAX)
        seconds = time.monotonic() - since
        if result.returncode != 0:
            raise stage.Refused(args, result)
        return seconds, int(peak.read_text()) if wrap else None


def slot_of(size):
    return f"{max(1, (size >> 20) + 1)}M"


def row(name, size="", delta="", share="", seconds="", peak=""):
    print(f"{name:<58} {size:>11} {delta:>11} {share:>7} {seconds:>8} {peak:>9}", flush=True)


def prepare_all(play, folder, manifest, tally):
    """Publishes every pair that can be read; returns [(id, prepared)]."""
    images = {image["path"]: image for image in manifest["images"]}
    ready = []
    for number, pair in enumerate(manifest["pairs"]):
        try:
            old, new = (read_image(folder, images, pair[end]) for end in ("old", "new"))
            ready.append((pair["id"], play.prepare(number, old, new)))
        except Skip as reason:
            tally.skip(pair["id"], reason)
        except FAILURES as error:
            tally.fail(pair["id"], short(error))
    return ready


FAILURES = (stage.Refused, AssertionError, ValueError, OSError, subprocess.SubprocessError)


def firmware(folder):
    tally = Tally("firmware")
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    play = Corpus()
    play.setUp()
    try:
        play.make_vendor()
        play.make_certificates()
        ready = prepare_all(play, folder, manifest, tally)
        play.start_server()
        row("pair", "image", "delta", "share", "seconds", "peak KiB")
        for name, pair in ready:
            play_pair(play, name, pair, tally)
    except FAILURES as error:
        tally.fail("the vendor or the server", short(error))
    finally:
        play.tearDown()
    return tally


def play_pair(play, name, pair, tally):
    size, delta = len(pair["new"]), pair["delta"]
    try:
        seconds, peak = play.play(pair)
    except FAILURES as error:
        tally.fail(name, short(error))
        row(name, size, delta, "", "failed")
        return
    tally.passed += 1
    row(name, size, delta, f"{100 * delta / size:.1f} %", f"{seconds:.2f}",
        peak if peak is not None else "-")


# ---- families that tests read


def reason_of(test, output):
    """Why a test skipped itself: the line below the one that says so."""
    own = output.partition(f"[ RUN      ] {test}\n")[2].partition("[  SKIPPED ]")[0]
    return (own.strip().splitlines() or ["it does not say why"])[-1]


def root_of(family):
    return family.parents[1] if family.parent.name in GROUPS else family.parent


def folders_of(corpus):
    """The folder of every family."""
    for path in sorted(path for path in corpus.iterdir() if path.is_dir()):
        if path.name in GROUPS:
            yield from sorted(part for part in path.iterdir() if part.is_dir())
        else:
            yield path


def by_tests(family, folder, programs):
    tally = Tally(family)
    read = False
    for program in programs:
        path = stage.BIN / program
        if not path.is_file():
            continue
        report = pathlib.Path(f"{path}.corpus.json")
        report.unlink(missing_ok=True)
        ran = subprocess.run([str(path), "--gtest_filter=*Corpus*", f"--gtest_output=json:{report}"],
                             capture_output=True, cwd=ROOT, text=True, errors="replace",
                             env={**os.environ, "AIRLOCK_CORPUS": str(root_of(folder))})
        try:
            suites = json.loads(report.read_text()).get("testsuites", [])
        except (OSError, ValueError):
            tally.fail(program, "ended without a report")
            continue
        for test in (test for suite in suites for test in suite.get("testsuite", [])):
            read = True
            what = f"{test['classname']}.{test['name']}"
            if test.get("failures"):
                tally.fail(what, short(test["failures"][0]["failure"]))
            elif test.get("result") == "SKIPPED":
                tally.skip(what, reason_of(what, ran.stdout))
            else:
                # A test that counts its vectors says so; one that does not is one.
                tally.passed += int(test.get("vectors", 1))
                # What it refuses on purpose it names, each with its reason: "id|reason" a line.
                for line in filter(None, test.get("excepted", "").splitlines()):
                    tally.skip(*line.split("|", 1))
        report.unlink(missing_ok=True)
    if not read:
        tally.skip(family, "no reader yet")
    skip_unread(tally, folder)
    return tally


def skip_unread(tally, folder):
    """Lists every part of a family that no test opens, with its files as the count."""
    read = READ_PARTS.get(tally.family, {})
    reasons = UNREAD_PARTS.get(tally.family, {})
    for part in sorted(path for path in folder.iterdir() if path.is_dir()):
        opened = read.get(part.name, ())
        files = [path for path in part.rglob("*") if path.is_file() and not path.name.startswith(NOT_A_VECTOR)
                 and opened is not EVERYTHING and path.name not in opened]
        if files:
            tally.skip(f"{part.name} ({len(files)} files)", reasons.get(part.name, "no reader yet"), len(files))


def play_family(folder):
    family = folder.name
    if family == "firmware":
        if not (folder / "MANIFEST.json").is_file():
            tally = Tally(family)
            tally.skip(family, "no MANIFEST.json")
            return tally
        return firmware(folder)
    if family in READ_BY_TESTS:
        return by_tests(family, folder, READ_BY_TESTS[family])
    tally = Tally(family)
    skip_unread(tally, folder)
    if not tally.skipped:
        tally.skip(family, "no reader yet")
    return tally


def main():
    if len(sys.argv) > 2 or sys.argv[1:] in (["-h"], ["--help"]):
        sys.exit(__doc__)
    default = os.environ.get("AIRLOCK_CORPUS") or ROOT.parent / "shared" / "corpus"
    corpus = pathlib.Path(sys.argv[1] if len(sys.argv) == 2 else default).resolve()
    if not corpus.is_dir():
        sys.exit(f"error: not_found: {corpus}: name the corpus folder in AIRLOCK_CORPUS")
    families = list(folders_of(corpus))
    if not families:
        sys.exit(f"error: not_found: {corpus}: there is no family in it")
    tallies = [play_family(folder) for folder in families]
    print()
    for tally in tallies:
        print(tally)
    sys.exit(1 if any(tally.failed for tally in tallies) else 0)


if __name__ == "__main__":
    main()
