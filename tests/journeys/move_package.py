"""A Move package as its compiler leaves it: its calls are read and written by its folder, and it goes into a pack."""
from stage import *

MOVE_TOML = """[package]
name = "Kit"
edition = "2024"

[addresses]
kit = "0x1"
"""
BUILT = "kit/build/Kit/bytecode_modules"
SENDER = "aa" * 32


def module(name, function="send"):
    """0x1::NAME with `public entry fun FUNCTION(&signer, u64)`."""
    names = b"".join(bytes([len(text)]) + text.encode() for text in (name, function))
    tables = ((1, "0000"), (3, "0001010000"), (5, "00" + "02060c03"), (7, names.hex()), (8, "00" * 31 + "01"),
              (12, "00010400" + "00" + "0102"))
    directory, contents = b"", b""
    for kind, table in tables:
        directory += bytes([kind, len(contents), len(table) // 2])
        contents += bytes.fromhex(table)
    return bytes.fromhex("a11ceb0b06000000") + bytes([len(tables)]) + directory + contents + b"\0"


# `fun main(signer, u64)`
SCRIPT = bytes.fromhex("a11ceb0b06000000" + "01" + "050004" + "00020c03" + "00" + "01" + "00" + "0102")


def call(name, amount):
    return f"{1:064x}" + "".join(f"{len(text):02x}" + text.encode().hex() for text in (name, "send")) + \
        "000108" + amount.to_bytes(8, "little").hex()


def transaction(payload):
    return "0x" + SENDER + "00" * 8 + payload + "01" * 8 + "02" * 8 + "03" * 8 + "01"


class MovePackage(Stage):
    def put(self, path, content):
        path = self.dir / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def make_package(self):
        self.put("kit/Move.toml", MOVE_TOML)
        self.put(f"{BUILT}/wallet.mv", module("wallet"))
        self.put(f"{BUILT}/bank.mv", module("bank"))
        self.put(f"{BUILT}/dependencies/Std/std.mv", module("std"))
        self.put("kit/build/Kit/bytecode_scripts/main.mv", SCRIPT)

    def inspected(self, path):
        told = json.loads(self.airlock("abi", "inspect", "--abi", path, "--json"))
        return told["name"], sorted(entry["signature"] for entry in told["entries"])

    def test_its_folder_and_its_move_toml_stand_for_its_own_modules(self):
        self.make_package()
        expected = ("Kit", ["0x1::bank::send(&signer, u64)", "0x1::wallet::send(&signer, u64)"])
        for path in ("kit", "kit/", "kit/Move.toml"):
            self.assertEqual(self.inspected(path), expected)
        payload = self.airlock("abi", "encode", "--abi", "kit", "0x1::bank::send(&signer, u64)", '["7"]').strip()
        self.assertEqual(payload, "0x02" + call("bank", 7))
        of_sui = self.refuses("usage", self.airlock, "abi", "decode", "--abi", "kit", "--chain", "sui", payload)
        self.assertIn("airlock abi transaction --chain sui:mainnet", of_sui.text)
        told = json.loads(self.airlock("abi", "decode", "--abi", "kit", "--chain", "aptos", "--json", payload))
        self.assertEqual(told["call"], "0x1::bank::send(&signer, u64)")
        self.assertIn("7", json.dumps(told["arguments"]))

    def test_it_goes_into_a_pack_under_its_name_or_another(self):
        self.make_package()
        contract = {"chain": "aptos:1", "address": "0x1", "source": "kit"}
        for more, name in (({}, "Kit"), ({"name": "Treasury"}, "Treasury")):
            self.put("pack.json", json.dumps({"contracts": [{**contract, **more}]}))
            self.airlock("abi", "pack", "pack.json", "--out", "kit.pack")
            told = json.loads(self.airlock("abi", "inspect", "--abi", "kit.pack", "--chain", "aptos:1", "--to", "0x1", "--json"))
            self.assertEqual((told["name"], len(told["entries"])), (name, 2))

    def test_what_is_wrong_with_it_is_said_with_what_to_do(self):
        look = ("abi", "inspect", "--abi", "kit")
        self.put("kit/notes.txt", "")
        self.assertIn("neither a Move.toml nor a .mv file", self.refuses("not_found", self.airlock, *look).text)
        self.put("kit/Move.toml", MOVE_TOML)
        self.assertIn("sui move build", self.refuses("not_found", self.airlock, *look).text)
        self.make_package()
        self.put(f"{BUILT}/copy.mv", module("bank"))
        error = self.refuses("duplicate_key", self.airlock, *look).text
        self.assertTrue("bank.mv" in error and "copy.mv" in error, error)
        self.put(f"{BUILT}/copy.mv", module("copy")[:-1])
        self.assertIn("copy.mv", self.refuses("bad_module", self.airlock, *look).text)
        self.put("kit/Move.toml", MOVE_TOML + "[dependencies]\nStd = {\n")
        self.assertRegex(self.refuses("bad_text", self.airlock, *look).text, "Move.toml, line [89]")
        self.put("kit/Move.toml", MOVE_TOML.replace("Kit", "../elsewhere"))
        self.assertIn("package.name", self.refuses("bad_text", self.airlock, *look).text)
        # The list of a pack says it in the same words.
        self.put("pack.json", json.dumps({"contracts": [{"chain": "aptos:1", "address": "0x1", "source": "kit"}]}))
        self.assertIn("package.name", self.refuses("bad_text", self.airlock, "abi", "pack", "pack.json", "--out", "p").text)

    def test_a_transaction_shows_who_calls_and_a_script_by_its_own_code(self):
        self.make_package()
        self.put("pack.json", json.dumps({"contracts": [{"chain": "aptos:1", "address": "0x1", "source": "kit"}]}))
        self.airlock("abi", "pack", "pack.json", "--out", "kit.pack")

        def shown(payload):
            return json.loads(self.airlock("abi", "transaction", "--chain", "aptos:1", "--pack", "kit.pack", transaction(payload)))

        own = shown("02" + call("bank", 7))
        self.assertNotIn("multisig", own)
        account = "bb" * 32
        for_others = shown("03" + account + "0100" + call("bank", 7))
        self.assertEqual((for_others["multisig"], for_others["call"]), ("0x" + account, own["call"]))
        stored = shown("03" + account + "00")
        self.assertEqual((stored["multisig"], stored["call"]["warning"]), ("0x" + account, "unknown_call"))
        script = shown("00" + f"{len(SCRIPT):02x}" + SCRIPT.hex() + "00" + "01" + "01" + "0900000000000000")["script"]
        self.assertEqual((script["code_size"], script["call"]["call"]), (len(SCRIPT), "main(signer, u64)"))
        self.assertIn("9", json.dumps(script["call"]["arguments"]))


if __name__ == "__main__":
    main()
