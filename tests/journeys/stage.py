"""The stage on which every journey plays: real programs, real TLS, real files.

A journey is one subject in one file. Each of its stories sets up a vendor, a server and a device with
the programs that users run, plays, and looks at what came out. Nothing here is a double of ours
except the network's bad luck (Proxy) and the attackers.
"""
import codecs
import hashlib
import json
import os
import pathlib
import pty
import random
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BIN = pathlib.Path(os.environ.get("AIRLOCK_BIN", "build/release")).resolve()
PASSPHRASE = "correct horse battery staple"
WAIT_SECONDS_MAX = 180  # on a busy machine; nobody waits that long for what comes
SESSION_BYTES_MAX = 12 << 10  # down, beside the payload: TLS, check-in, metadata, manifest; about 8 KiB, and slack
SLH_DSA_BYTES = 2 * 7856  # the committee's two signatures, once for each release
ALGORITHMS = ("ed25519", "secp256k1", "slh-dsa")  # of a signer who has a key of each, in the order of his file
DIFF_SECONDS_MAX = 900  # a delta between large images on a busy machine
KEYS_SECONDS_MAX = 300  # some thirty keys, each encrypted by scrypt, on a busy machine
SKIPPED = 77  # what ctest shows as skipped (tests/CMakeLists.txt)
FAKETIME = next(iter(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


def is_sanitized(program="airlock-device"):
    code = (BIN / program).read_bytes()
    return b"__asan_init" in code or b"__tsan_init" in code


def needs_fake_clock(story):
    story = unittest.skipUnless(FAKETIME, "the package faketime is not installed")(story)
    return unittest.skipIf(is_sanitized(), "a sanitizer wants to be loaded before the fake clock")(story)


class Refused(Exception):
    """A program ended with an error; `code` is its stable name."""

    def __init__(self, args, result):
        self.status = result.returncode
        self.text = result.stdout + result.stderr
        found = re.search(r"error: ([a-z0-9_]+)", self.text)
        self.code = found[1] if found else None
        super().__init__(f"{' '.join(map(str, args))}\nexit {self.status}\n{self.text}")


def hang_up(*ends):
    """Ends connections, whoever waits on them."""
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()


def firmware(size, seed, base=None, change=0.02):
    """Bytes that behave like firmware: structure that compresses, words that move. They are made,
    so they stand only where a story needs a size; real firmware is `make corpus`."""
    dice = random.Random(seed)
    if base is None:
        words = [dice.randbytes(4) for _ in range(600)]
        return b"".join(dice.choice(words) for _ in range(size // 4 + 1))[:size]
    image = bytearray(base)
    for _ in range(max(1, int(len(image) / 4096 * change * 10))):
        at = dice.randrange(max(1, len(image) - 64))
        image[at : at + 16] = dice.randbytes(16)
    return bytes(image[:size]).ljust(size, b"\xff")


def clock_at(when):
    """The environment of a program whose clock says `when` ("@2099-01-01 00:00:00", or "+2h")."""
    return {"LD_PRELOAD": str(FAKETIME), "FAKETIME": when, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class Stage(unittest.TestCase):
    """Temporary folder, the three programs, and what most stories need."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="airlock-journey-"))
        self.children = []
        self.outputs = []
        self.versions = {}
        self.admin_url = self.url = None
        (self.dir / "passphrase").write_text(PASSPHRASE + "\n")

    def tearDown(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
            for stream in (child.stdout, child.stderr):
                if stream:
                    stream.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    # ---- programs

    def environment(self, extra=None):
        wanted = ("PATH", "HOME", "LANG", "ASAN_OPTIONS", "TSAN_OPTIONS")
        keep = {k: v for k, v in os.environ.items() if k in wanted}
        return {**keep, "AIRLOCK_PASSPHRASE": PASSPHRASE, "NO_COLOR": "1", **(extra or {})}

    def run_program(self, *args, env=None, timeout=WAIT_SECONDS_MAX, **options):
        args = [str(a) for a in args]
        result = subprocess.run([str(BIN / args[0]), *args[1:]], capture_output=True, text=True,
                                env=self.environment(env), timeout=timeout,
                                stdin=subprocess.DEVNULL, cwd=self.dir, **options)
        self.outputs.append(result.stdout + result.stderr)
        if result.returncode != 0:
            raise Refused(args, result)
        return result.stdout

    def talk(self, program, *args, answers, env=None):
        """Runs a program at a terminal of its own; each answer is typed once its prompt stands
        there, and may be a function of the screen. Returns what was on the screen, and the exit status."""
        environment = {**self.environment(), **(env or {})}
        environment = {name: value for name, value in environment.items() if value is not None}
        pid, screen = pty.fork()
        if pid == 0:
            os.chdir(self.dir)
            os.execve(BIN / program, [program, *map(str, args)], environment)
        seen, answers, answered = "", list(answers), 0
        characters = codecs.getincrementaldecoder("utf-8")("replace")  # a piece may end inside of one
        while select.select([screen], [], [], WAIT_SECONDS_MAX)[0]:
            try:
                piece = os.read(screen, 4096)
            except OSError:  # the program ended
                break
            seen += characters.decode(piece)
            while answers and (asked := seen.replace("\r\n", "\n").find(answers[0][0], answered)) >= 0:
                time.sleep(0.3)  # what is typed before the question is asked is thrown away
                prompt, answer = answers.pop(0)
                answered = asked + len(prompt)
                os.write(screen, (answer(seen) if callable(answer) else answer).encode())
        _, status = os.waitpid(pid, 0)
        os.close(screen)
        self.assertEqual(answers, [], seen)
        return seen.replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)

    def airlock(self, *args, **options):
        return self.run_program("airlock", *args, **options)

    def device(self, *args, name="device", **options):
        command, *rest = args
        return self.run_program("airlock-device", command, "--dir", self.dir / name, *rest, **options)

    def payload_sizes(self, package):
        """{"full": bytes, "patch": bytes} of a release's first component."""
        shown = self.inspect(self.dir / package / "manifest.cose")["manifest"]
        return {payload["type"]: payload["size"] for payload in shown["components"][0]["payloads"]}

    def refuses(self, code, call, *args, **options):
        """The call must fail with exactly this code."""
        with self.assertRaises(Refused) as caught:
            call(*args, **options)
        self.assertEqual(caught.exception.code, code, str(caught.exception))
        return caught.exception

    # ---- the vendor

    # Where a vendor stands ready: ctest makes one for all journeys (tests/CMakeLists.txt), else a file's first story does.
    vendor = os.environ.get("AIRLOCK_JOURNEY_VENDOR")

    def make_vendor(self):
        """Keys and an empty repository. Encrypting some thirty keys is slow by intent, so the stories begin with copies."""
        if Stage.vendor is None:
            made = tempfile.TemporaryDirectory(prefix="airlock-journey-vendor-")
            unittest.addModuleCleanup(made.cleanup)
            self.make_first_vendor(pathlib.Path(made.name))
            Stage.vendor = made.name
            (pathlib.Path(made.name) / "releases").mkdir()
        for name in ("keys", "repo"):
            shutil.copytree(pathlib.Path(Stage.vendor) / name, self.dir / name)

    def make_first_vendor(self, vendor):
        keys, repo = vendor / "keys", vendor / "repo"
        self.airlock("keys", "init", "--dir", keys, "--vendor", "Example Wallets", timeout=KEYS_SECONDS_MAX)
        self.airlock("repo", "init", "--repo", repo, "--keys", keys)
        self.airlock("repo", "timestamp", "--repo", repo, "--key", keys / "repo-timestamp.key")

    reuses_releases = True  # of other stories: three signers by three algorithms cost seconds

    def make_release(self, version, image, *, out=None, model="demo-wallet", security=1, bases=None,
                     signers=("vendor", "committee-1", "committee-2"), extra=()):
        """Makes and signs a release; `image` is bytes, or {component: bytes}. Returns its folder."""
        out = out or f"release-{version}"
        images = image if isinstance(image, dict) else {"mcu": image}
        old_images = bases if isinstance(bases, dict) else {"mcu": bases} if bases else {}
        args = ["release", "--kind", "firmware", "--model", model, "--version", version,
                "--security-version", security, "--valid-for", "90d"]
        recipe = [str(arg) for arg in (*args, *extra)]
        for ending, option, contents in (("", "--image", images), ("-base", "--base", old_images)):
            for component, content in contents.items():
                path = self.dir / f"{out}-{component}{ending}.bin"
                path.write_bytes(content)
                args += [option, f"{component}={path}"]
        return self.make_once((recipe, images, old_images), (*args, *extra), out, signers)

    def make_once(self, recipe, args, out, signers):
        """What the publisher's command makes, signed; or what it made for an earlier story by the same recipe, where there is one."""
        keys = [(self.dir / f"keys/{signer}.key").read_bytes() for signer in signers]
        kept = recipe and self.place_to_keep((recipe, signers, keys))
        if kept and kept.is_dir():
            return pathlib.Path(shutil.copytree(kept, self.dir / out))
        self.airlock(*args, "--out", out, timeout=DIFF_SECONDS_MAX)
        for signer in signers:
            self.sign(out, signer)
        if kept:
            self.keep_release(self.dir / out, kept)
        return self.dir / out

    def place_to_keep(self, recipe):
        """Where such a release lies once a story has made it; None where each is to be made anew."""
        releases = pathlib.Path(Stage.vendor) / "releases" if self.reuses_releases else None
        if releases and releases.is_dir():
            return releases / hashlib.sha256(repr(recipe).encode()).hexdigest()
        return None

    def keep_release(self, made, kept):
        """For the stories that come, some of them in other processes: whole or not at all."""
        copy = pathlib.Path(tempfile.mkdtemp(dir=kept.parent))
        shutil.copytree(made, copy / "release")
        try:
            (copy / "release").rename(kept)
        except OSError:  # another was first
            pass
        shutil.rmtree(copy)

    def sign(self, package, signer):
        digest = self.manifest_digest(package)
        self.airlock("sign", "--key", f"keys/{signer}.key", package, "--digest", digest)

    def single_keys(self, signer):
        """Puts each of a signer's keys into a file of its own; the next to sign is f"{signer}-{algorithm}"."""
        pem = (self.dir / f"keys/{signer}.key").read_text()
        blocks = re.findall(r"-----BEGIN.*?-----END[^\n]*\n", pem, re.DOTALL)
        for algorithm, block in zip(ALGORITHMS, blocks, strict=True):
            (self.dir / f"keys/{signer}-{algorithm}.key").write_text(block)

    def inspect(self, path):
        return json.loads(self.airlock("inspect", path, "--json"))

    def manifest_digest(self, package):
        path = self.dir / package
        return self.inspect(path / "manifest.cose" if path.is_dir() else path)["manifest"]["digest"]

    def publish(self, package, keyring="keys/keyring.cose"):
        self.airlock("publish", package, "--repo", "repo", "--keys", "keys", "--keyring", keyring,
                     timeout=DIFF_SECONDS_MAX)
        self.sign_timestamp()

    def sign_timestamp(self, *extra):
        self.airlock("repo", "timestamp", "--repo", "repo", "--key", "keys/repo-timestamp.key", *extra)

    # ---- the server

    certificate_days = 30

    def openssl(self, *args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=self.dir)

    def make_certificates(self):
        """A certificate authority, the server's and the operator's certificate."""
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                     "ca.key", "-out", "ca.pem", "-days", str(self.certificate_days), "-subj", "/CN=journey CA")
        self.issue("server", "/CN=localhost", "DNS:localhost,IP:127.0.0.1", "serverAuth")
        self.issue("admin", "/CN=olivia", "DNS:olivia", "clientAuth")

    def issue(self, name, subject, names, use):
        """NAME.key and NAME.pem under the authority."""
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                     "-out", f"{name}.csr", "-subj", subject)
        (self.dir / f"{name}.ext").write_text(f"subjectAltName={names}\nextendedKeyUsage={use}\n")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                     "-out", f"{name}.pem", "-days", str(self.certificate_days), "-extfile", f"{name}.ext")

    def start_server(self, listen="127.0.0.1:0", admin="127.0.0.1:0", admin_ca="ca.pem", extra=()):
        log = open(self.dir / "server.log", "ab")
        child = subprocess.Popen(
            [str(BIN / "airlock-server"), "run", "--repo", "repo", "--data", "server-data",
             "--listen", listen, "--tls-cert", "server.pem", "--tls-key", "server.key",
             "--admin-listen", admin, "--admin-ca", admin_ca, *extra],
            stdout=subprocess.PIPE, stderr=log, text=True, env=self.environment(), cwd=self.dir)
        log.close()
        self.children.append(child)
        line = child.stdout.readline()
        found = re.match(r"listening (https://\S+) admin (https://\S+)", line)
        if not found:
            self.fail(f"the server did not start: {line}{(self.dir / 'server.log').read_text()}")
        self.url, self.admin_url = found[1], found[2]
        self.server = child
        return child

    def operator(self, *args):
        return self.airlock(*args, "--admin", self.admin_url, "--cert", "admin.pem", "--key",
                            "admin.key", "--ca", "ca.pem")

    def roll_out(self, package, share="100", *extra):
        """Creates and starts a rollout of a published package; returns its id."""
        made = json.loads(self.operator("rollout", "create", "--manifest", self.manifest_digest(package),
                                        "--share", share, "--why", "journey", "--json", *extra))
        return str(made["id"])

    # ---- the device

    def make_device(self, package=None, *, name="device", url=None, slot="4M", components=None,
                    extra=()):
        args = ["provision", "--model", "demo-wallet", "--keyring", "keys/keyring.cose",
                "--root", "repo/metadata/1.root.json", "--server", url or self.url, "--ca", "ca.pem"]
        for component in components or ("mcu",):
            args += ["--component", f"{component}={slot}"]
        if package:
            args += ["--firmware", package]
        out = self.device(*args, *extra, "--json", name=name)
        self.operator("devices", "import", self.dir / name / "device.pub", "--why", "journey")
        return json.loads(out)

    def turn_to(self, url, name="device"):
        """From now on the device takes what stands at `url` for its server."""
        config = self.dir / name / "config.json"
        config.write_text(config.read_text().replace(self.url, url))

    def put_wire_between(self, cuts=(), on_cut=lambda: None, name="device"):
        """A wire between the device and its server, to be counted and cut."""
        wire = Proxy(self.url, cuts, on_cut)
        self.addCleanup(wire.close)
        self.turn_to(wire.url, name)
        return wire

    def status(self, name="device"):
        return json.loads(self.device("status", "--json", name=name))

    def slot_bytes(self, size, component="mcu", name="device"):
        slot = self.status(name)["active_slot"]
        return (self.dir / name / "areas" / f"{component}-{slot}.area").read_bytes()[:size]

    def set_up(self, old, new, **release):
        """Vendor, server, a device that runs `old` as 1.0.0, and `new` published as 1.1.0."""
        self.make_vendor()
        self.make_certificates()
        first = self.make_release("1.0.0", old)
        self.publish(first)
        second = self.make_release("1.1.0", new, security=2, **{"bases": old, **release})
        self.publish(second)
        self.start_server()
        self.make_device(first)
        self.roll_out(second)
        return first, second

    def update(self, package, *extra, **options):
        """Lets the device update, the owner consenting to exactly this package."""
        return self.device("run", "--until-quiet", "--consent", self.manifest_digest(package),
                           *extra, **options)

    def try_update(self, package, *extra, **options):
        """An update whose story is what became of the device, whatever the command answered."""
        try:
            self.update(package, *extra, **options)
        except Refused:
            pass

    def assert_runs(self, version, image, component="mcu", name="device"):
        state = self.status(name)
        self.assertEqual(state["version"], version)
        self.assertEqual(self.slot_bytes(len(image), component, name), image)

    def assert_ended(self, code, phase, name="device"):
        """How the last session ended, and in which phase."""
        error = self.status(name)["last_error"] or {}
        self.assertEqual((error.get("code"), error.get("phase")), (code, phase))

    def seed(self, name="device"):
        return (self.dir / name / "wallet" / "seed").read_bytes()


class Acceptor:
    """Hands each connection to `serve`, in a thread of its own. Its port is closed once nobody waits there any more: what
    is closed under a thread that is about to wait has a number which the next story's socket gets."""

    def __init__(self, serve, port=0):
        self.serve = serve
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def close(self):
        if self.thread.is_alive():
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes it
            self.thread.join()
        self.listener.close()


class Proxy:
    """A TCP wire that is cut after a number of bytes from the server, as often as told."""

    def __init__(self, url, cuts=(), on_cut=lambda: None):
        host, port = re.match(r"https://([^:]+):(\d+)", url).groups()
        self.upstream = (host, int(port))
        self.cuts = list(cuts)
        self.on_cut = on_cut
        self.bytes_down = 0
        self.connections = 0
        self.lock = threading.Lock()
        self.acceptor = Acceptor(self.serve)
        self.url = f"https://127.0.0.1:{self.acceptor.port}"

    def serve(self, down):
        with self.lock:
            self.connections += 1
        try:
            up = socket.create_connection(self.upstream)
        except OSError:
            down.close()
            return
        threading.Thread(target=self.pump, args=(down, up, False), daemon=True).start()
        self.pump(up, down, True)

    def pump(self, source, sink, counted):
        try:
            while data := source.recv(4096):
                if counted and self.cut_now(len(data)):
                    break
                sink.sendall(data)
        except OSError:
            pass
        hang_up(source, sink)

    def cut_now(self, size):
        with self.lock:
            self.bytes_down += size
            if self.cuts and self.bytes_down >= self.cuts[0]:
                self.cuts.pop(0)
                self.on_cut()
                return True
        return False

    def close(self):
        self.acceptor.close()


def main():
    """Plays the stories. One that was skipped must not look as if it had passed: the program ends with SKIPPED, and
    says why in lines that `make test` repeats at its end."""
    played = unittest.main(verbosity=2, exit=False).result
    for story, why in played.skipped:
        print(f"skipped: {pathlib.Path(sys.argv[0]).stem}: {story.id().split('.')[-1]}: {why.splitlines()[0]}")
    if not played.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if played.skipped else 0)
