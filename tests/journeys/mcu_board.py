"""The board of a bare wallet under QEMU, for the stories and the demo: its machine, its screen, its key, its line."""
import struct

from attack_cose import decode
from bare_build import BARE, build_bare
from stage import *

NEEDED = ("cmake", "ninja", "arm-none-eabi-g++", "qemu-system-arm")
MISSING = [tool for tool in NEEDED if shutil.which(tool) is None]
STACK_BYTES_MAX = 8 << 10  # as tools/stack_usage.py has it; docs/guides/port-to-a-microcontroller.md
SLOT_SIZE, SLOTS = 2 << 20, {"a": 0, "b": 2 << 20}  # where they begin in flash.bin: apps/airlock-mcu/flash.h
RECORD = 4 << 20, (4 << 20) + (4 << 10)
JOURNAL = (4 << 20) + (8 << 10), (4 << 20) + (12 << 10)
# What a firmware does where it is jumped to (apps/airlock-mcu/firmware.h), in Thumb: movs r0, #N and bx lr; b to itself; udf. What
# breaks later looks into r0, which says whether it is on trial.
CODE = {"works": "00207047", "fails": "01207047", "hangs": "fee7", "crashes": "00de", "hangs later": "012800d0fee700207047",
        "crashes later": "012800d000de00207047"}


def firmware_that(does, size, seed, base=None):
    """A firmware: real code at its entry, and bytes that make it as large as one."""
    head = b"AIRFIRM1" + (12).to_bytes(4, "little")
    return (head + bytes.fromhex(CODE[does])).ljust(64, b"\0") + firmware(size, seed, base=base)[64:]


def crc32c(data):
    remainder = 0xffffffff
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82f63b78 if remainder & 1 else 0)
    return remainder ^ 0xffffffff


class Wallet:
    """A wallet in a folder of its own: flash.bin and key are there, and the socket of its serial line."""

    birth, life = "factory", "run"  # what it is started with

    def __init__(self, folder, program):
        self.folder, self.program = folder, program
        self.line = folder / "line"
        self.machine = None
        self.history = ""  # of the machines before this one
        self.lock = threading.Condition()

    def command(self, word, *serial):
        return ["qemu-system-arm", "-M", "mps2-an386", "-display", "none", "-monitor", "none", *serial,
                "-semihosting-config", f"enable=on,target=native,arg=airlock-mcu,arg={word}", "-kernel", str(self.program)]

    def make(self, keyring, secret=None):
        self.folder.mkdir()
        (self.folder / "secret").write_bytes(secret or os.urandom(32))
        shutil.copy(keyring, self.folder / "keyring.cose")
        subprocess.run(self.command(self.birth, "-serial", "none"), cwd=self.folder, check=True, timeout=WAIT_SECONDS_MAX,
                       stdin=subprocess.DEVNULL, capture_output=True)

    def start(self, *serial):
        self.text = ""
        self.read_to = 0  # what was waited for stands before
        self.line.unlink(missing_ok=True)
        serial = serial or ("-chardev", "socket,id=line,path=line,server=on,wait=off", "-serial", "chardev:line")
        self.machine = subprocess.Popen(self.command(self.life, *serial), cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.watcher = threading.Thread(target=self.watch, args=(self.machine.stdout,), daemon=True)
        self.watcher.start()

    def is_on(self):
        """Waits until it has said a word: its line is there from then on."""
        with self.lock:
            self.lock.wait_for(lambda: self.text or not self.watcher.is_alive(), WAIT_SECONDS_MAX)

    def watch(self, screen):
        while piece := os.read(screen.fileno(), 4096):
            with self.lock:
                self.text += piece.decode(errors="replace")
                self.lock.notify_all()
        with self.lock:
            self.lock.notify_all()

    def kill(self):
        """The power fails."""
        if self.machine is None:
            return
        self.machine.kill()
        self.machine.wait()
        self.watcher.join()
        self.machine.stdout.close()
        self.machine = None
        self.history += self.text

    def restart(self):
        self.kill()
        self.start()

    def screen(self):
        """What stands on the screen since the machine began."""
        return self.text

    def all_said(self):
        return self.history + self.text

    def said(self, words):
        return words in self.text[self.read_to:]

    def sees(self, words):
        """Waits until the words are on the screen, behind those that were waited for last."""
        with self.lock:
            there = self.lock.wait_for(lambda: self.said(words) or not self.watcher.is_alive(), WAIT_SECONDS_MAX)
            if not there or not self.said(words):
                raise AssertionError(f"never on the screen: {words}\n{self.all_said()}")
            self.read_to = self.text.index(words, self.read_to) + len(words)

    def press(self, key):
        (self.folder / "key.new").write_text(key)
        (self.folder / "key.new").rename(self.folder / "key")

    def answers_until(self, relay, key):
        """Presses the key at each question until the relay ends."""
        self.answers_for(relay, key, WAIT_SECONDS_MAX)

    def answers_for(self, relay, key, seconds):
        """The same, for so long at most."""
        self.answers_while(lambda: relay.poll() is None, key, seconds)

    def answers_until_seen(self, words, key):
        self.answers_while(lambda: words not in self.text, key, WAIT_SECONDS_MAX)
        assert words in self.text, f"never on the screen: {words}\n{self.all_said()}"

    def answers_while(self, lasts, key, seconds):
        deadline = time.monotonic() + seconds
        while lasts() and time.monotonic() < deadline:
            if self.said("press y or n"):
                self.read_to = len(self.text)
                self.press(key)
            time.sleep(0.02)

    def slot(self, name, size):
        return (self.folder / "flash.bin").read_bytes()[SLOTS[name]:][:size]

    def executing(self, size):
        """The image that is executed, where the boot record says that it lies."""
        return self.slot("ab"[self.record()[3]], size)

    def record(self):
        """The newer copy of its boot record that is whole: docs/formats/boot-record.md."""
        flash = (self.folder / "flash.bin").read_bytes()
        copies = []
        for at in RECORD:
            end = at + 6 + int.from_bytes(flash[at + 4:at + 6], "big")
            if flash[at:at + 4] == b"ALBR" and crc32c(flash[at:end]) == int.from_bytes(flash[end:end + 4], "big"):
                copies.append(decode(flash, at + 6)[0])
        return max(copies, key=lambda copy: copy[2])

    def erased(self):
        """Sectors of its flash that were erased in this life."""
        return max(map(int, re.findall(r"sectors erased (\d+)", self.text)), default=0)

    def erased_most(self):
        """How often the sector was erased in this life that was erased most."""
        return max(map(int, re.findall(r"one of them (\d+) times", self.text)), default=0)

    def put_back_into(self, phase):
        """A power cut behind the journal's last phase, and before the record says so: the newer journal tells of `phase`."""
        data = bytearray((self.folder / "flash.bin").read_bytes())
        copies = []
        for at in JOURNAL:
            counter, size, checksum = struct.unpack_from(">QII", data, at)
            if size <= 4000 and crc32c(data[at:at + 8] + data[at + 16:at + 16 + size]) == checksum:
                copies.append((counter, at, size))
        _, at, size = max(copies)
        frame = at + 16  # magic, size, what it says, and the checksum of all that
        inner = 6 + int.from_bytes(data[frame + 4:frame + 6], "big")
        data[frame + 6 + 4] = phase
        data[frame + inner:frame + inner + 4] = crc32c(data[frame:frame + inner]).to_bytes(4, "big")
        data[at + 12:at + 16] = crc32c(data[at:at + 8] + data[frame:frame + size]).to_bytes(4, "big")
        (self.folder / "flash.bin").write_bytes(data)

    def rot(self, name, at):
        with open(self.folder / "flash.bin", "r+b") as flash:
            flash.seek(SLOTS[name] + at)
            old = flash.read(1)[0]
            flash.seek(SLOTS[name] + at)
            flash.write(bytes([old ^ 0x10]))


class SmallWallet(Wallet):
    """Its board has no memory for a large decoder."""
    life = "run-small"


class OnePlaceWallet(Wallet):
    """On its board one place of the flash executes: its slots are exchanged."""
    birth, life = "factory-one-place", "run-one-place"

    def executing(self, size):
        return self.slot("a", size)


class NoisyLine:
    """A socket in front of a wallet's line that drops, adds or flips one byte in so many, in both directions."""

    def __init__(self, line, seed, one_in):
        self.line, self.one_in, self.harmed = line, one_in, 0
        self.dice = random.Random(seed)
        self.path = line.with_name("noisy")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(str(self.line))
            threading.Thread(target=self.pump, args=(near, far), daemon=True).start()
            threading.Thread(target=self.pump, args=(far, near), daemon=True).start()

    def pump(self, source, sink):
        try:
            while data := source.recv(4096):
                sink.sendall(self.harm(data))
        except OSError:
            pass
        hang_up(source, sink)

    def harm(self, data):
        made = bytearray()
        for byte in data:
            luck = self.dice.randrange(self.one_in)
            self.harmed += luck < 3
            if luck == 0:
                continue
            made.append(byte ^ (1 << self.dice.randrange(8)) if luck == 1 else byte)
            if luck == 2:
                made.append(self.dice.randrange(256))
        return bytes(made)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class BoardStage(Stage):
    """A vendor with two releases, and wallets that run under QEMU."""

    wallet_type = Wallet

    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.old = firmware_that("works", 300_000, 1)
        self.new = firmware_that("works", 310_000, 2, base=self.old)
        self.first = self.make_release("1.0.0", self.old)
        self.update = self.make_release("1.1.0", self.new, security=2, bases=self.old)
        self.update_in_full = self.make_release("1.1.0", self.new, security=2, out="in-full")
        self.wallets = []
        build_bare()
        self.program = BARE / "airlock-mcu.elf"

    def tearDown(self):
        for wallet in self.wallets:
            wallet.kill()
            # The guard of the flash says on the screen which of its rules was broken, in whatever story.
            self.assertNotIn("flash: breach", wallet.all_said())
            peaks = [int(peak) for peak in re.findall(r"^stack (\d+),", wallet.all_said(), re.M)]
            self.assertLessEqual(max(peaks, default=0), STACK_BYTES_MAX)
        super().tearDown()

    def new_wallet(self, name="wallet", kind=None, secret=None):
        wallet = (kind or self.wallet_type)(self.dir / name, self.program)
        wallet.make(self.dir / "keys/keyring.cose", secret)
        self.wallets.append(wallet)
        wallet.start()
        return wallet

    kept_flash = {}  # by the type of a wallet, of one that runs 1.0.0: other stories begin with it

    def wallet_with_firmware(self, name="wallet"):
        kind = self.wallet_type
        if kind not in BoardStage.kept_flash:
            wallet = self.new_wallet(f"first-{kind.life}")
            self.relays(wallet, self.first)
            wallet.kill()
            BoardStage.kept_flash[kind] = (wallet.folder / "flash.bin").read_bytes()
        wallet = kind(self.dir / name, self.program)
        wallet.folder.mkdir()
        (wallet.folder / "flash.bin").write_bytes(BoardStage.kept_flash[kind])
        self.wallets.append(wallet)
        wallet.start()
        wallet.sees("boots 1.0.0 from slot b\nthe firmware runs\n")
        return wallet

    def start_relay(self, wallet, package, line=None, serial=None, output=("--json",)):
        serial = serial or f"unix:{line or wallet.line}"
        wallet.is_on()
        relay = subprocess.Popen([str(BIN / "airlock-device"), "relay", "--serial", serial,
                                  "--package", str(package), *output], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, env=self.environment(), cwd=self.dir, stdin=subprocess.DEVNULL)
        self.children.append(relay)
        return relay

    def ends(self, relay, code=None):
        """The relay's lines, and it ended as the device did."""
        out, err = relay.communicate(timeout=WAIT_SECONDS_MAX)
        self.assertEqual(relay.returncode, 1 if code else 0, out + err)
        if code:
            self.assertIn(f"error: {code}: ", err)
        return [json.loads(line) for line in out.splitlines()]

    def relays(self, wallet, package, key="y", ends=None, device=None, line=None):
        """Offers a package to a wallet whose owner presses the key; returns what the relay said."""
        relay = self.start_relay(wallet, package, line)
        if key:
            wallet.sees("press y or n")
            wallet.press(key)
        lines = self.ends(relay, ends)
        if device:
            self.assertIn({"device": device}, lines)
        return lines
