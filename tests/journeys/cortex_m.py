"""A wallet on bare metal: a Cortex-M4 under QEMU installs the packages that were linked into it, by core/ alone."""
from bare_build import BARE, BUILD_SECONDS_MAX, ROOT, build_bare
from stage import *

NEEDED = ("cmake", "ninja", "arm-none-eabi-g++", "arm-none-eabi-size", "qemu-system-arm")
MISSING = [tool for tool in NEEDED if shutil.which(tool) is None]
RUN_SECONDS_MAX = 120
LIBRARIES = ("slot", "delta", "carton", "package", "crypto", "codec", "base")
MACHINE = ("-mcpu=cortex-m4", "-mthumb")
DECODERS = {"small": (16 << 10, 3 << 10), "large": (48 << 10, 4 << 10)}  # memory, and of it stack: docs/formats/payload.md
SECP256K1 = BARE / "libairlock_secp256k1.a"  # where Debian's source was fetched
PROOF_INSTRUCTIONS_MAX = 4_000_000  # two signatures over secp256k1, and the manifest
ED25519_INSTRUCTIONS_MAX, DEFAULT_INSTRUCTIONS_MAX = 7_000_000, 80_000_000  # docs/decisions/0034-small-verifiers.md
STACK_MAX = 13 << 10  # of both installations: docs/guides/embed-a-package.md tells what takes most of it


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)} (tools/install_packages.sh bare)")
class CortexM(Stage):
    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.old = firmware(300_000, 1)
        self.new = firmware(310_000, 2, base=self.old)
        self.first = self.make_release("1.0.0", self.old)
        self.update = self.make_release("1.1.0", self.new, security=2, bases=self.old)
        build_bare()

    def tool(self, *args, cwd=None):
        ran = subprocess.run([str(arg) for arg in args], capture_output=True, text=True, cwd=cwd or self.dir,
                             timeout=BUILD_SECONDS_MAX)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        return ran.stdout

    def link(self, spoil=None, decoder="large", backends=(), **packages):
        """Embeds the packages as --target arm, and links them into a wallet that has the memory of this decoder; backends go first."""
        packages = {"keyring": "keys/keyring.cose", "first": self.first, "update": self.update, **packages}
        for name, package in packages.items():
            self.airlock("package", "embed", package, "--target", "arm", "--symbol", f"airlock_{name}", "--out", f"{name}.o")
        if spoil:
            name, change = spoil
            (self.dir / f"{name}.o").write_bytes(change((self.dir / f"{name}.o").read_bytes()))
        self.tool("arm-none-eabi-g++", *MACHINE, "-nostartfiles", "--specs=nano.specs", "-T", ROOT / "tests/cortex_m/board.ld",
                  "-Wl,--gc-sections", f"-Wl,--defsym=airlock_decoder_memory={DECODERS[decoder][0]}", "-o", "wallet.elf", *(f"{name}.o" for name in packages),
                  BARE / "libtests_cortex_m.a", "-Wl,--whole-archive", *backends, "-Wl,--no-whole-archive", *(BARE / f"libcore_{name}.a" for name in LIBRARIES))
        return self.dir / "wallet.elf"

    def play(self, program, *options):
        """Lets the wallet run; answers its exit status and what it said."""
        ran = subprocess.run(["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none", *options,
                              "-semihosting-config", "enable=on,target=native", "-kernel", str(program)],
                             capture_output=True, text=True, timeout=RUN_SECONDS_MAX, stdin=subprocess.DEVNULL)
        return ran.returncode, ran.stdout + ran.stderr

    def refused(self, code, program):
        status, said = self.play(program)
        self.assertEqual(status, 1, said)
        self.assertIn(f"error: {code}\n", said)
        return said

    def installs_both(self, first, update, decoder):
        program = self.link(decoder=decoder, first=first, update=update)
        status, said = self.play(program)
        self.assertEqual(status, 0, said)
        patch = self.payload_sizes(update)["patch"]
        full = self.payload_sizes(first)["full"]
        self.assertEqual(said.splitlines()[:-3], [
            f"full image of {full} bytes makes {len(self.old)}", f"runs 1.0.0 {hashlib.sha256(self.old).hexdigest()}",
            f"patch of {patch} bytes makes {len(self.new)}", f"runs 1.1.0 {hashlib.sha256(self.new).hexdigest()}"])
        stack, decoders = (int(re.search(rf"^{what} (\d+)\n", said, re.M)[1]) for what in ("stack", "decoder stack"))
        print(f"\n{decoder}:\n{said}{self.tool('arm-none-eabi-size', program)}")
        self.assertLess(stack, STACK_MAX)
        self.assertGreater(decoders, 1000)  # it was measured
        self.assertLessEqual(decoders, DECODERS[decoder][1])

    def test_it_installs_a_full_image_and_then_a_patch_from_its_own_memory(self):
        self.installs_both(self.first, self.update, "large")

    def test_sixteen_kilobytes_of_decoder_are_enough_for_what_was_released_for_them(self):
        small = ("--profile", "small")
        first = self.make_release("1.0.0", self.old, extra=small, out="small-1.0.0")
        update = self.make_release("1.1.0", self.new, security=2, bases=self.old, extra=small, out="small-1.1.0")
        for package in (first, update):
            for payload in self.inspect(package / "manifest.cose")["manifest"]["components"][0]["payloads"]:
                self.assertEqual(payload["decoder_memory"], 16384)
        self.installs_both(first, update, "small")
        self.installs_both(first, update, "large")
        self.refused("memory_exceeded", self.link(decoder="small", first=first))

    def two_of_the_committee(self, algorithm):
        """A keyring by which two signatures by one algorithm are enough, and packages by it; their signers' single keys."""
        self.airlock("keyring", "draft", "--from", "keys/keyring.cose", "--policy", f"firmware=committee:2:{algorithm}", "--out", "next.cose")
        for signer in ("root-1", "root-2", "root-3"):
            self.sign("next.cose", signer)
        signers = (f"committee-1-{algorithm}", f"committee-2-{algorithm}")
        for signer in ("committee-1", "committee-2"):
            self.single_keys(signer)
        return {"keyring": "next.cose", "first": self.make_release("1.0.0", self.old, signers=signers, out="first"),
                "update": self.make_release("1.1.0", self.new, security=2, bases=self.old, signers=signers, out="update")}

    def count_instructions(self, program):
        """Of the proof of the update: QEMU counts them."""
        status, said = self.play(program, "-icount", "shift=0")
        self.assertEqual(status, 0, said)
        instructions = int(re.search(r"^proof instructions (\d+)$", said, re.M)[1])
        self.assertGreater(instructions, 1_000_000)  # it was counted
        return instructions

    def test_what_ed25519_and_the_default_keyring_take_is_counted(self):
        whole = self.count_instructions(self.link())
        two = self.count_instructions(self.link(**self.two_of_the_committee("ed25519")))
        print(f"two of a committee by ed25519: {two} instructions\ndefault keyring: {whole} instructions")
        self.assertLess(two, ED25519_INSTRUCTIONS_MAX)
        self.assertLess(whole, DEFAULT_INSTRUCTIONS_MAX)

    def test_two_of_three_over_secp256k1_are_proven_in_four_million_instructions(self):
        packages = self.two_of_the_committee("secp256k1")
        for what, backends in (("own", ()), ("libsecp256k1", (SECP256K1,))):
            if not all(archive.exists() for archive in backends):
                print("skipped: libsecp256k1 on bare metal (its source is not there; tools/fetch_source.sh fetches it from Debian)")
                continue
            program = self.link(backends=backends, **packages)
            taken = self.tool("arm-none-eabi-nm", program)
            self.assertEqual("secp256k1_ecdsa_verify" in taken, bool(backends), "the backend that was linked first verifies")
            self.assertNotIn(" malloc", taken)
            instructions = self.count_instructions(program)
            print(f"{what}: {instructions} instructions, {self.tool('arm-none-eabi-size', program).splitlines()[-1]}")
            self.assertLess(instructions, PROOF_INSTRUCTIONS_MAX)
            self.refused("quorum_missing", self.link(backends=backends, **{**packages, "update": self.make_release(
                "1.1.0", self.new, security=2, bases=self.old, signers=("committee-1-secp256k1",), out=f"one-{what}")}))

    def test_a_flipped_bit_of_a_payload_reaches_no_slot(self):
        size = self.payload_sizes(self.update)["patch"]
        (patch,) = [file.read_bytes() for file in (self.update / "artifacts").iterdir() if file.stat().st_size == size]

        def flip(content):
            end = content.index(patch) + size
            return content[:end - 1] + bytes([content[end - 1] ^ 1]) + content[end:]

        said = self.refused("piece_rejected", self.link(spoil=("update", flip)))
        self.assertIn("runs 1.0.0 ", said)

    def test_the_quorum_is_proven_by_every_algorithm(self):
        for signers in (("vendor", "committee-1"), ("committee-1", "committee-2")):
            unsigned = self.make_release("1.1.0", self.new, security=2, bases=self.old, signers=signers, out="-".join(signers))
            self.refused("quorum_missing", self.link(update=unsigned))
        self.refused("below_floor", self.link(first=self.make_release("1.0.0", self.old, security=3, out="later")))


main()
