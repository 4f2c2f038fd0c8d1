"""Real firmware as patches on a bare Cortex-M4 under QEMU: each pair of the corpus that fits its slot, behind 64 bytes that
this board can run, since none of them was made for it. The smaller ones, one a device, or every one: `make corpus-mcu`."""
from bare_build import ROOT
from mcu_board import *

sys.path.insert(0, str(ROOT / "tools"))
import corpus

FOLDER = pathlib.Path(os.environ.get("AIRLOCK_CORPUS") or ROOT.parent / "shared/corpus") / "firmware"
EVERY = os.environ.get("AIRLOCK_PAIRS") == "all"
SIZE_MAX = SLOT_SIZE if EVERY else 512 << 10


def behind_a_head(image):
    """Real firmware, and in front of it what is jumped to and says that it works."""
    return firmware_that("works", 64, 0) + image


def pairs():
    """(id, old, new) of what fits a slot; of each device the smallest, or all."""
    manifest = json.loads((FOLDER / "MANIFEST.json").read_text())
    images = {image["path"]: image for image in manifest["images"]}
    chosen = {}
    for pair in manifest["pairs"]:
        sizes = [images[pair[end]]["size"] for end in ("old", "new") if "size" in images[pair[end]]]
        if len(sizes) == 2 and max(sizes) + 64 <= SIZE_MAX:
            device = pair["id"] if EVERY else pair["id"].split(":")[0]
            chosen[device] = min(chosen.get(device, (max(sizes), pair)), (max(sizes), pair), key=lambda one: one[0])
    for _, pair in chosen.values():
        try:
            yield pair["id"], *(behind_a_head(corpus.read_image(FOLDER, images, pair[end])) for end in ("old", "new"))
        except corpus.Skip as reason:
            print(f"skipped: mcu_corpus: {pair['id']}: {reason}")


def row(*columns):
    print(f"{columns[0]:<52}" + "".join(f"{column:>11}" for column in columns[1:]), flush=True)


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)} (tools/install_packages.sh bare)")
@unittest.skipUnless((FOLDER / "MANIFEST.json").is_file(), f"no corpus in {FOLDER}; name one in AIRLOCK_CORPUS")
class RealFirmware(BoardStage):
    def setUp(self):
        Stage.setUp(self)
        self.make_vendor()
        build_bare()
        self.wallets, self.program = [], BARE / "airlock-mcu.elf"

    def static_bytes(self):
        """RAM that is taken before anything runs: .data and .bss, as the size tool of the toolchain counts."""
        text = subprocess.check_output(["arm-none-eabi-size", "-A", self.program], text=True)
        return sum(int(size) for size in re.findall(r"^\.(?:data|bss) +(\d+)", text, re.MULTILINE))

    def play(self, number, name, old, new):
        first = self.make_release("1.0.0", old, out=f"old-{number}")
        second = self.make_release("1.1.0", new, out=f"new-{number}", security=2, bases=old)
        wallet = self.new_wallet(f"wallet-{number}")
        self.relays(wallet, first)
        since = time.monotonic()
        asked = self.relays(wallet, second)
        seconds = time.monotonic() - since
        patch = self.payload_sizes(second)["patch"]
        self.assertEqual({line["of"] for line in asked if "of" in line}, {patch}, "it took the patch")
        self.assertEqual(wallet.slot("a", len(new)), new)
        wallet.kill()
        stack = max(int(peak) for peak in re.findall(r"^stack (\d+),", wallet.all_said(), re.M))
        row(name, len(new), patch, f"{seconds:.1f}", stack, self.static_bytes())

    def test_every_pair_becomes_the_new_image_byte_by_byte(self):
        print()
        row("pair", "image", "patch", "seconds", "stack", "static RAM")
        played = 0
        for number, (name, old, new) in enumerate(pairs()):
            with self.subTest(name):
                self.play(number, name, old, new)
            played += 1
        self.assertGreater(played, 0, "the corpus holds no pair that fits")


main()
