"""The scripts that loaders run: U-Boot's typed at a real U-Boot under QEMU, GRUB's read by GRUB's own reader. The whole of
GRUB's plays in `make qemu-linux`."""
from stage import *

LOADERS = pathlib.Path(__file__).resolve().parents[2] / "apps/airlock-device/loaders"
U_BOOT = pathlib.Path("/usr/lib/u-boot/qemu_arm64/u-boot.bin")
PROMPT = "=> "
TYPED_AT_ONCE = 60  # what its serial port holds while it echoes


class Board:
    """A machine that has nothing but U-Boot."""

    def __init__(self):
        self.machine = subprocess.Popen(["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53", "-nographic", "-net", "none", "-bios",
                                         str(U_BOOT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.seen = ""
        self.wait_for("autoboot")
        self.type("")

    def wait_for(self, words):
        end = time.monotonic() + WAIT_SECONDS_MAX
        while words not in self.seen:
            if time.monotonic() > end or self.machine.poll() is not None:
                raise AssertionError(f"no {words!r} on the console:\n{self.seen}")
            if select.select([self.machine.stdout], [], [], 1)[0]:
                self.seen += os.read(self.machine.stdout.fileno(), 1 << 16).decode(errors="replace")
        found, self.seen = self.seen.split(words, 1)
        return found

    def type(self, line):
        for at in range(0, len(line), TYPED_AT_ONCE):
            self.machine.stdin.write(line[at : at + TYPED_AT_ONCE].encode())
            self.machine.stdin.flush()
            time.sleep(0.05)
        self.machine.stdin.write(b"\n")
        self.machine.stdin.flush()
        return self.wait_for(PROMPT)

    def end(self):
        self.machine.kill()
        self.machine.wait()
        self.machine.stdin.close()
        self.machine.stdout.close()


@unittest.skipUnless(U_BOOT.is_file() and shutil.which("qemu-system-aarch64"),
                     "no U-Boot for QEMU (tools/install_packages.sh bare)")
class UBootScript(unittest.TestCase):
    def test_it_starts_the_slot_that_is_told_and_counts_before(self):
        lines = [line.strip() for line in (LOADERS / "u-boot.cmd").read_text().splitlines() if not line.startswith("#")]
        script = " ".join(line if re.search(r"(then|else)$", line) else line + ";" for line in lines)
        board = Board()
        self.addCleanup(board.end)
        for active, trial, starts, left in (("", "", "a", ""), ("a", "", "a", ""), ("b", "", "b", ""), ("a", "5", "b", "4"),
                                            ("b", "1", "a", "0"), ("b", "0", "b", "0"), ("a", "9", "b", "8")):
            for name, value in (("airlock_active", active), ("airlock_trial", trial), ("slot", "stale")):
                board.type(f"setenv {name} {value}")
            ran = board.type(script)
            writes = not active or left not in ("", trial)  # a lost environment, or a count
            self.assertEqual("Saving Environment" in ran, writes, ran)
            self.assertIn(f"\n[{starts} {left}]", board.type('echo "[${slot} ${airlock_trial}]"').replace("\r", ""), (active, trial))


@unittest.skipUnless(shutil.which("grub-script-check"), "grub-script-check is not installed (tools/install_packages.sh build)")
class GrubScript(unittest.TestCase):
    def test_grub_reads_it_and_every_count_has_one_below(self):
        path = LOADERS / "grub.cfg"
        subprocess.run(["grub-script-check", str(path)], check=True)
        counts = re.findall(r'\[ "\$airlock_trial" = (\d+) \]; then set left=(\d+); fi', path.read_text())
        self.assertEqual([(int(of), int(left)) for of, left in counts], [(of, of - 1) for of in range(10, 0, -1)])


main()
