"""Packages that are a part of a program: embedded as an object or as C source, and installed from memory."""
import shlex

from stage import *

CC, CXX, NINJA, READELF = (shutil.which(tool) for tool in ("cc", "c++", "ninja", "readelf"))
BUILD_SECONDS_MAX = 600  # one link on a busy machine
CALLER = """#include <stdio.h>
#include "update.h"
int main(void) { return fwrite(airlock_package, 1, airlock_package_size, stdout) == airlock_package_size ? 0 : 1; }
"""


class Packaged(Stage):
    """A signed package with a full image and a patch."""

    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.old = firmware(200_000, 1)
        self.new = firmware(200_000, 2, base=self.old)
        self.package = self.make_release("1.1.0", self.new, security=2, bases=self.old)

    def embed(self, *arguments, package=None, out="update.o"):
        said = self.airlock("package", "embed", package or self.package, "--out", out, "--json", *arguments)
        return json.loads(said)

    def carton(self, *arguments):
        self.embed("--format", "carton", *arguments, out="update.carton")
        return (self.dir / "update.carton").read_bytes()

    def tool(self, *args):
        ran = subprocess.run([str(arg) for arg in args], capture_output=True, cwd=self.dir, timeout=BUILD_SECONDS_MAX)
        self.assertEqual(ran.returncode, 0, ran.stderr.decode())
        return ran.stdout


class Embedding(Packaged):
    """What airlock package embed makes."""

    @unittest.skipUnless(CC and CXX, "no compiler")
    def test_an_object_and_c_source_give_a_program_the_same_bytes(self):
        whole = self.carton()
        (self.dir / "caller.c").write_text(CALLER)
        strict = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
        self.embed("--header", "update.h")
        self.tool(CC, *strict, "caller.c", "update.o", "-o", "by-object")
        self.assertEqual(self.tool(self.dir / "by-object"), whole)
        self.embed("--format", "c", out="update.c")
        self.tool(CC, "-std=c11", *strict, "caller.c", "update.c", "-o", "by-source")
        self.assertEqual(self.tool(self.dir / "by-source"), whole)
        self.tool(CXX, "-x", "c++", *strict, "caller.c", "update.c", "-o", "by-c++")
        self.assertEqual(self.tool(self.dir / "by-c++"), whole)

    def test_of_firmware_it_is_told_how_a_package_is_made(self):
        for content in (b"", b"firmware", bytes(3 << 20)):
            (self.dir / "fw.bin").write_bytes(content)
            with self.assertRaises(Refused) as caught:
                self.airlock("package", "embed", "fw.bin", "--out", "fw.o")
            refused = caught.exception
            self.assertIn("fw.bin is no package", refused.text)
            self.assertIn("airlock release --image COMPONENT=fw.bin", refused.text)

    @unittest.skipUnless(READELF, "no readelf")
    def test_an_object_is_constant_data_for_the_machine_that_was_named(self):
        size = len(self.carton())
        for target, machine in (("x86-64", "X86-64"), ("aarch64", "AArch64"), ("arm", "ARM")):
            self.embed("--target", target, "--symbol", "first_update")
            said = self.tool(READELF, "--wide", "-h", "-S", "-s", "update.o").decode()
            self.assertRegex(said, f"Machine: .*{machine}")
            section = re.search(r"\.rodata\.first_update +PROGBITS +0+ (\w+) \w+ 00 +A +0 +0 16\n", said)
            self.assertEqual(int(section[1], 16) % 16, 0)
            self.assertRegex(said, rf"(?m)^ +1: 0+ +({size}|{size:#x}) OBJECT  GLOBAL DEFAULT +1 first_update$")
            self.assertRegex(said, r"(?m)OBJECT  GLOBAL DEFAULT +1 first_update_size$")
        self.assertRegex(said, "Flags: .*Version5 EABI")

    def test_the_same_package_gives_the_same_bytes(self):
        self.embed()
        first = (self.dir / "update.o").read_bytes()
        self.embed(package=shutil.copytree(self.package, self.dir / "copy"))
        self.assertEqual((self.dir / "update.o").read_bytes(), first)

    def test_those_payloads_travel_that_were_named(self):
        shown = self.inspect(self.package)["manifest"]["components"][0]["payloads"]
        sizes = {one["type"]: one["size"] for one in shown}
        base = hashlib.sha256(self.old).hexdigest()
        envelope = (self.package / "manifest.cose").stat().st_size
        for wanted, payload in (("full", sizes["full"]), (base, sizes["patch"]), ("all", sum(sizes.values()))):
            self.assertLess(len(self.carton("--payload", wanted)) - payload - envelope, 256)
        self.refuses("no_usable_payload", self.embed, "--payload", hashlib.sha256(b"").hexdigest())
        self.refuses("usage", self.embed, "--payload", "patches")
        self.refuses("usage", self.embed, "--symbol", "1st")
        self.refuses("usage", self.embed, "--target", "sparc")

    def test_a_name_that_c_or_c_plus_plus_has_taken_is_no_symbol(self):
        for taken in ("int", "class", "NULL", "size_t", "_Bool", "__x"):
            self.refuses("usage", self.embed, "--format", "c", "--symbol", taken, out="update.c")
        self.embed("--format", "c", "--symbol", "integer", out="update.c")

    def test_a_target_is_for_an_object_alone(self):
        for form in ("c", "carton"):
            for target in ("sparc", "arm"):
                self.refuses("usage", self.embed, "--format", form, "--target", target, out="update.carton")
        self.assertFalse((self.dir / "update.carton").exists())

    def test_nothing_is_replaced_where_either_file_cannot_be_made(self):
        (self.dir / "update.o").write_bytes(b"the last one")
        (self.dir / "folder").mkdir()
        self.refuses("not_found", self.embed, "--header", "none/update.h")
        self.refuses("not_a_file", self.embed, "--header", "folder")
        self.refuses("usage", self.embed, "--header", "update.o")
        self.refuses("usage", self.embed, "--header", "folder/../update.o")
        self.refuses("usage", self.embed, out=self.package / "manifest.cose")
        payload = next((self.package / "artifacts").iterdir())
        before = payload.read_bytes()
        self.refuses("usage", self.embed, out=payload)
        self.assertEqual(payload.read_bytes(), before)
        self.assertEqual((self.dir / "update.o").read_bytes(), b"the last one")

    def test_what_the_manifest_does_not_name_is_not_embedded(self):
        (artifact, *_) = (self.package / "artifacts").iterdir()
        artifact.write_bytes(artifact.read_bytes()[:-1] + b"x")
        (self.dir / "update.o").write_bytes(b"the last one")
        self.assertIn(artifact.name, self.refuses("target_mismatch", self.embed).text)
        artifact.unlink()
        self.refuses("not_found", self.embed)
        self.assertEqual((self.dir / "update.o").read_bytes(), b"the last one")


@unittest.skipUnless(NINJA, "no ninja, which knows how the program is linked")
class BuiltIn(Packaged):
    """airlock-device with a package linked in: the package's files are gone before it installs."""

    def setUp(self):
        super().setUp()
        self.make_certificates()
        first = self.make_release("1.0.0", self.old)
        self.device("provision", "--model", "demo-wallet", "--keyring", "keys/keyring.cose", "--root",
                    "repo/metadata/1.root.json", "--server", "https://127.0.0.1:9", "--ca", "ca.pem",
                    "--component", "mcu=4M", "--firmware", first)
        self.digest = self.manifest_digest(self.package)

    def link(self, object_file):
        """As the build links airlock-device, and one object more."""
        said = subprocess.run([NINJA, "-C", str(BIN), "-t", "commands", "-s", "airlock-device"], capture_output=True,
                              text=True, check=True).stdout.splitlines()
        out = self.dir / "airlock-device-with-package"
        command, links = re.subn(r" -o airlock-device(?= )", f" -o {shlex.quote(str(out))} {shlex.quote(str(object_file))}",
                                 [line for line in said if " -o airlock-device " in line][-1])
        self.assertEqual(links, 1)
        ran = subprocess.run(command, shell=True, cwd=BIN, capture_output=True, text=True, timeout=BUILD_SECONDS_MAX)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return out

    def program_with(self, *payloads, spoil=None):
        self.embed(*payloads)
        if spoil:
            content = (self.dir / "update.o").read_bytes()
            (self.dir / "update.o").write_bytes(spoil(content))
        return self.link(self.dir / "update.o")

    def install(self, program):
        shutil.rmtree(self.package, ignore_errors=True)
        for made in ("update.o", "update.carton"):
            (self.dir / made).unlink(missing_ok=True)
        return self.run_program(program, "install", "--dir", "device", "--built-in", "--consent", self.digest)

    def spoil_payload(self, content):
        """Flips the last byte of the patch: the carton's last parts are payloads, by their digests."""
        size = self.payload_sizes(self.package)["patch"]
        (artifact,) = [file.read_bytes() for file in (self.package / "artifacts").iterdir() if file.stat().st_size == size]
        end = content.index(artifact) + len(artifact)
        return content[:end - 1] + bytes([content[end - 1] ^ 1]) + content[end:]

    def test_a_device_installs_the_patch_from_its_own_memory(self):
        self.install(self.program_with())
        self.assert_runs("1.1.0", self.new)

    def test_a_device_installs_a_full_image_where_the_patch_did_not_come_along(self):
        self.install(self.program_with("--payload", "full"))
        self.assert_runs("1.1.0", self.new)

    def test_what_is_linked_in_is_proven_as_anything_else(self):
        self.refuses("piece_rejected", self.install, self.program_with(spoil=self.spoil_payload))
        self.assert_runs("1.0.0", self.old)
        self.assert_ended("piece_rejected", "staging")

    def test_who_links_a_package_in_signs_nothing(self):
        unsigned = self.make_release("1.1.0", self.new, security=2, bases=self.old, out="unsigned", signers=("vendor",))
        self.embed(package=unsigned)
        self.refuses("quorum_missing", self.install, self.link(self.dir / "update.o"))
        self.assert_runs("1.0.0", self.old)

    def test_a_carton_that_is_damaged_or_missing_is_told(self):
        program = self.program_with(spoil=lambda content: content.replace(b"ALC1", b"ALC2"))
        self.refuses("unsupported_version", self.install, program)
        self.refuses("not_found", self.install, BIN / "airlock-device")
        self.assert_runs("1.0.0", self.old)


main()
