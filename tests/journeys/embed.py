"""Programs that are not ours: they find the installed library by pkg-config and by CMake, load a pack, and read calls by
it while another pack takes its place."""
import os
import unittest

from stage import *

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NEEDED = ("cmake", "cc", "c++", "make", "pkg-config", "nm")
MISSING = [tool for tool in NEEDED if shutil.which(tool) is None]
BUILD_SECONDS_MAX = 600  # a few small programs on a busy machine
TOKEN = "0x" + 40 * "1"
PERMIT = (("address", "owner"), ("address", "spender"), ("uint256", "value"), ("uint256", "nonce"), ("uint256", "deadline"))


def transfer_abi(receiver):
    inputs = [{"name": receiver, "type": "address"}, {"name": "value", "type": "uint256"}]
    return [{"type": "function", "name": "transfer", "inputs": inputs, "outputs": [], "stateMutability": "nonpayable"}]


def expected(version, receiver):
    return {"call": "transfer(address,uint256)", "bound": True, "canonical": True, "version": version,
            "arguments": {receiver: "0x" + 40 * "2", "value": "1000"}}


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)}")
@unittest.skipIf(is_sanitized("make_pack"), "a program must be built with the sanitizer of a library that has one")
class Embed(Stage):
    def setUp(self):
        super().setUp()
        self.prefix = self.dir / "prefix"
        self.tool("cmake", "--install", BIN, "--component", "abi", "--prefix", self.prefix)
        (self.library,) = self.prefix.rglob("libairlock_abi.so")

    def tool(self, *args, **env):
        """Runs a tool of the machine, not one of ours."""
        ran = subprocess.run([str(arg) for arg in args], capture_output=True, text=True, cwd=self.dir,
                             env={**os.environ, **env}, timeout=BUILD_SECONDS_MAX, stdin=subprocess.DEVNULL)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        return ran.stdout

    def build_c(self):
        shutil.copytree(ROOT / "examples/abi-c", self.dir / "abi-c")
        self.tool("make", "-C", "abi-c", CFLAGS="-Wall -Wextra -Wpedantic -Werror",
                  PKG_CONFIG_PATH=str(self.library.parent / "pkgconfig"))
        return self.dir / "abi-c/transfer"

    def build_cpp(self):
        self.tool("cmake", "-S", ROOT / "examples/abi-cpp", "-B", "abi-cpp", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                  "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Wshadow -Werror")
        self.tool("cmake", "--build", "abi-cpp")
        return self.dir / "abi-cpp"

    def pack(self, version, receiver="to", **more):
        """PACK ROOT COUNT VERSION of a pack of one token."""
        abi = self.dir / f"{version}.json"
        abi.write_text(json.dumps(transfer_abi(receiver)))
        sources = [f"abi/eip155:1/{TOKEN}={abi}"]
        for key, content in more.items():
            case = self.dir / f"{version}-{key}.json"
            case.write_text(json.dumps(content))
            sources.append(f"golden/{key}={case}")
        said = json.loads(self.run_program("make_pack", f"{version}.pack", *sources))
        return [f"{version}.pack", said["root"], said["count"], version]

    def pack_with_words(self, version):
        """The same of a pack whose words are for a permit of the token."""
        permit = [f"{kind} {name}" for kind, name in PERMIT]
        fields = [{"path": "spender", "label": "Spender"}, {"path": "value", "label": "Amount"}]
        words = {"$schema": "https://x/erc7730-v2.schema.json", "metadata": {"owner": "Token"},
                 "context": {"eip712": {"deployments": [{"chainId": 1, "address": TOKEN}]}},
                 "display": {"formats": {f"Permit({','.join(permit)})": {"intent": "Allow", "fields": fields}}}}
        (self.dir / "words.json").write_text(json.dumps(words))
        (self.dir / "nothing").write_text("")
        said = json.loads(self.run_program("make_pack", f"{version}.pack", f"file/words.json={self.dir}/words.json",
                                           f"typed/eip155:1/{TOKEN}/words.json={self.dir}/nothing"))
        return [f"{version}.pack", said["root"], said["count"], version]

    def message(self, value=7):
        """A file with a permit."""
        domain = [{"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"}]
        types = {"EIP712Domain": domain, "Permit": [{"name": name, "type": kind} for kind, name in PERMIT]}
        values = {"owner": "0x" + 40 * "3", "spender": "0x" + 40 * "2", "value": value, "nonce": 0, "deadline": 9}
        (self.dir / "permit.json").write_text(json.dumps({
            "types": types, "primaryType": "Permit", "domain": {"chainId": 1, "verifyingContract": TOKEN}, "message": values}))
        return self.dir / "permit.json"

    def run_example(self, program, *args):
        """Runs what a user built: with what it was linked to, and with nothing of our build folder."""
        env = {**os.environ, "LD_LIBRARY_PATH": str(self.library.parent)}
        ran = subprocess.run([str(program), *map(str, args)], capture_output=True, text=True, cwd=self.dir, env=env,
                             timeout=WAIT_SECONDS_MAX)
        if ran.returncode != 0:
            raise Refused([program.name, *args], ran)
        return ran.stdout

    def refused(self, code, program, *args):
        with self.assertRaises(Refused) as caught:
            self.run_example(program, *args)
        self.assertEqual(caught.exception.code, code)
        return caught.exception.text

    def assert_reads_transfers(self, program):
        self.assertEqual(json.loads(self.run_example(program, *self.pack("1.4.0"))), expected("1.4.0", "to"))
        file, root, count, version = self.pack("1.5.0", "receiver")
        self.assertEqual(json.loads(self.run_example(program, file, root, count, version)), expected("1.5.0", "receiver"))
        self.refused("entry_mismatch", program, file, 64 * "0", count, version)
        self.refused("entry_mismatch", program, file, root, count + 1, version)
        self.refused("not_found", program, "no-such.pack", root, count, version)
        case = {"chain": "eip155:1", "target": TOKEN, "data": "0x", "expect": {}}
        self.assertIn("golden/wrong", self.refused("golden_case_failed", program, *self.pack("1.6.0", wrong=case)))

    def test_a_program_in_c_built_with_pkg_config(self):
        self.assert_reads_transfers(self.build_c())

    def test_programs_in_both_show_a_message_and_what_is_signed(self):
        pack = self.pack_with_words("1.4.0")
        in_c = self.build_c().parent / "message"
        screen = self.run_example(in_c, *pack, self.message())
        self.assertIn("> Allow\n", screen)
        self.assertIn("| Amount: 7\n", screen)
        digest = screen.splitlines()[-1]
        self.assertRegex(digest, "^[0-9a-f]{64}$")
        self.assertNotIn(digest, self.run_example(in_c, *pack, self.message(8)))
        self.refused("bad_value", in_c, *pack, self.message("much"))
        pages = json.loads(self.run_example(self.build_cpp() / "message", *pack, self.message()))
        self.assertIn(["Amount", "7"], pages)

    def test_a_program_in_cpp_built_with_cmake(self):
        self.assert_reads_transfers(self.build_cpp() / "transfer")

    def test_two_threads_read_while_packs_are_swapped(self):
        swaps = self.build_cpp() / "swaps"
        said = self.run_example(swaps, 500, *self.pack("1.4.0"), *self.pack("1.5.0", "receiver"))
        self.assertEqual(said, "swapped 500, failed 0\n")

    def test_the_library_exports_its_c_abi_and_nothing_else(self):
        header = (self.prefix / "include/airlock_abi.h").read_text()
        declared = set(re.findall(r"^AIRLOCK_ABI_API [^;]*?\b(airlock_abi_\w+)\(", header, re.M))
        listed = self.tool("nm", "-D", "--defined-only", "--format=posix", self.library)
        exported = {line.split()[0].split("@")[0] for line in listed.splitlines()}
        self.assertGreater(len(declared), 10)
        self.assertEqual(exported, {*declared, "AIRLOCK_ABI_0"})


main()
