"""What is about to be signed, read on the command line: calls, the calls in them, whole transactions."""
from stage import *

TOKEN = "0x1111111111111111111111111111111111111111"
BATCH = "0x3333333333333333333333333333333333333333"
OTHER = "0x4444444444444444444444444444444444444444"
RECEIVER = "0x2222222222222222222222222222222222222222"
ERC20 = [{"type": "function", "name": "transfer", "stateMutability": "nonpayable", "outputs": [{"name": "", "type": "bool"}],
          "inputs": [{"name": "to", "type": "address"}, {"name": "value", "type": "uint256"}]}]
MULTICALL = [{"type": "function", "name": "aggregate", "stateMutability": "payable", "outputs": [], "inputs": [
    {"name": "calls", "type": "tuple[]", "components": [{"name": "target", "type": "address"},
                                                        {"name": "callData", "type": "bytes"}]}]}]
SYSTEM = pathlib.Path(__file__).resolve().parents[2] / "engine/abi/solana/native/system.json"


def rlp(item):
    """An integer, hexadecimal digits or a list, in the EVM's encoding of transactions."""
    if isinstance(item, list):
        content, first = b"".join(map(rlp, item)), 0xC0
    else:
        content = item.to_bytes((item.bit_length() + 7) // 8, "big") if isinstance(item, int) else bytes.fromhex(item[2:])
        first = 0x80
        if len(content) == 1 and content[0] < 0x80:
            return content
    if len(content) < 56:
        return bytes([first + len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([first + 55 + len(size)]) + size + content


def sending(to, data, chain=1):
    return "0x02" + rlp([chain, 0, 1, 2, 21_000, to, 5, data, []]).hex()


def bringing(kind, to, *more):
    return f"0x0{kind}" + rlp([1, 0, 1, 2, 21_000, to, 5, "0x", [], *more]).hex()


class AbiCalls(Stage):
    def setUp(self):
        super().setUp()
        (self.dir / "erc20.json").write_text(json.dumps(ERC20))
        (self.dir / "batch.json").write_text(json.dumps(MULTICALL))
        (self.dir / "system.json").write_bytes(SYSTEM.read_bytes())
        contracts = [{"chain": "eip155:1", "address": TOKEN, "source": "erc20.json"},
                     {"chain": "eip155:1", "address": BATCH, "source": "batch.json"},
                     {"chain": "solana:mainnet", "address": "1" * 32, "source": "system.json"}]
        (self.dir / "pack.json").write_text(json.dumps({"contracts": contracts}))
        self.airlock("abi", "pack", "pack.json", "--out", "wallet.pack")
        self.call = self.airlock("abi", "encode", "--abi", "erc20.json", "transfer",
                                 json.dumps([RECEIVER, "1000"])).strip()
        parts = [{"target": TOKEN, "callData": self.call}, {"target": OTHER, "callData": "0x01020304"}]
        self.batch = self.airlock("abi", "encode", "--abi", "batch.json", "aggregate", json.dumps([parts])).strip()

    def transaction(self, chain, data, *more):
        return json.loads(self.airlock("abi", "transaction", "--chain", chain, "--pack", "wallet.pack", data, *more))

    def test_nothing_hidden_reaches_a_terminal(self):
        note = [{"type": "function", "name": "note", "stateMutability": "nonpayable", "outputs": [],
                 "inputs": [{"name": "text", "type": "string"}]}]
        (self.dir / "erc20.json").write_text(json.dumps(note))
        self.airlock("abi", "pack", "pack.json", "--out", "wallet.pack")
        hidden = "a\u202eb\u2066"
        call = self.airlock("abi", "encode", "--abi", "erc20.json", "note", json.dumps([hidden])).strip()
        told = self.airlock("abi", "transaction", "--chain", "eip155:1", "--pack", "wallet.pack", sending(TOKEN, call))
        self.assertNotIn("\u202e", told)
        self.assertEqual(json.loads(told)["call"]["arguments"]["text"], hidden)

    def test_a_call_says_which_calls_it_carries_each_by_the_contract_that_it_goes_to(self):
        by_pack = ("abi", "decode", "--abi", "wallet.pack", "--chain", "eip155:1", "--to", BATCH)
        carried = json.loads(self.airlock(*by_pack, "--json", self.batch))["calls"]
        self.assertEqual([(one["to"], one.get("call"), one.get("warning")) for one in carried],
                         [(TOKEN, "transfer(address,uint256)", None), (OTHER, None, "unknown_call")])
        self.assertEqual(carried[0]["arguments"], {"to": RECEIVER, "value": "1000"})
        text = self.airlock(*by_pack, self.batch)
        self.assertIn("carries transfer(address,uint256) of " + TOKEN, text)
        self.assertIn("0x01020304", text)
        # Without the pack nothing says what stands at the token's address.
        alone = json.loads(self.airlock("abi", "decode", "--abi", "batch.json", "--json", self.batch))["calls"]
        self.assertEqual([one["warning"] for one in alone], ["unknown_call", "unknown_call"])

    def test_what_is_refused_says_why_and_what_to_do_instead(self):
        encode = ("abi", "encode", "--abi", "erc20.json")
        wide = self.refused(*encode, "transfer", f'["{RECEIVER}", 18446744073709551616]')
        self.assertEqual(wide.code, "out_of_range")
        self.assertIn("in quotes", wide.text)
        self.airlock(*encode, "transfer", f'["{RECEIVER}", "18446744073709551616"]')
        message = self.refused("abi", "message", '{"message":{"value":18446744073709551616}}')
        self.assertEqual(message.code, "out_of_range")
        unknown = self.refused(*encode, "send", "[]")
        self.assertEqual(unknown.code, "not_found")
        self.assertIn("transfer(address,uint256)", unknown.text)
        absent = self.refused("abi", "decode", "--abi", "wallet.pack", "--chain", "solana", "--to", "1" * 32, "0x00")
        self.assertEqual(absent.code, "not_found")
        self.assertIn("airlock abi list", absent.text)
        (self.dir / "junk.mv").write_bytes(b"junk")
        self.assertEqual(self.refused("abi", "inspect", "--abi", "junk.mv").code, "bad_module")

    def refused(self, *args):
        with self.assertRaises(Refused) as caught:
            self.airlock(*args)
        return caught.exception

    def test_a_whole_transaction_is_read_with_its_call_and_for_its_own_chain_alone(self):
        said = self.transaction("eip155", sending(TOKEN, self.call))
        self.assertEqual((said["chain_id"], said["value"], said["to"]), (1, "5", TOKEN))
        self.assertEqual(said["call"]["arguments"], {"to": RECEIVER, "value": "1000"})
        self.assertIn("screen", said)
        self.assertEqual(len(self.transaction("eip155:1", sending(BATCH, self.batch))["call"]["calls"]), 2)
        self.refuses("expected_otherwise", self.transaction, "eip155:1", sending(TOKEN, self.call, chain=10))
        self.assertEqual(self.transaction("eip155", sending(OTHER, self.call))["call"], {"warning": "unknown_call"})
        self.refuses("chain_refuses", self.transaction, "eip155", sending(TOKEN, self.call)[:-2])

    def test_transactions_with_blobs_and_with_authorizations_are_read(self):
        said = self.transaction("eip155", bringing(3, OTHER, 7, ["0x01" + "44" * 31]))
        self.assertEqual((said["type"], said["value"], said["blobs"], said["blob_fee_max"]), (3, "5", ["0x01" + "44" * 31], "7"))
        self.assertEqual((said["screen"]["intent"], said["screen"]["warnings"]), ("Send", []))
        said = self.transaction("eip155", bringing(4, OTHER, [[0, TOKEN, 9, 1, 1, 1]]))
        self.assertEqual(said["authorizations"], [{"chain_id": "0", "address": TOKEN, "nonce": "9"}])
        self.assertIn("code_delegated", said["screen"]["warnings"])
        told = self.airlock("abi", "transaction", "--chain", "eip155", "--lines", bringing(4, OTHER, [[0, TOKEN, 9, 1, 1, 1]]))
        self.assertIn("Runs as an account: " + TOKEN, told)
        self.refuses("unsupported_version", self.transaction, "eip155", "0x05c0")

    def test_a_transaction_of_sui_is_read_and_written_again(self):
        split, end = "02000101" + "0000", "aa" * 32 + "00" + "aa" * 32 + "00" * 16 + "00"
        data = "0x0000" + "01" + "0008" + "07" + "00" * 7 + "01" + split + end
        shown = self.transaction("sui:mainnet", data)
        self.assertEqual(shown["commands"][0]["$kind"], "SplitCoins")
        written = self.dir / "written.json"
        written.write_text(json.dumps(shown))
        self.assertEqual(self.airlock("abi", "transaction", "--chain", "sui:mainnet", "--write", "@written.json").strip(), data)
        shown["commands"][0]["SplitCoins"]["amounts"] = [{"Input": 1}]  # there is one input, 0
        written.write_text(json.dumps(shown))
        self.refuses("chain_refuses", self.airlock, "abi", "transaction", "--chain", "sui:mainnet", "--write", "@written.json")
        self.refuses("bad_value", self.airlock, "abi", "transaction", "--chain", "sui:mainnet", "--write", "{}")
        self.refuses("usage", self.airlock, "abi", "transaction", "--chain", "eip155", "--write", "@written.json")

    def test_arguments_may_come_from_a_file(self):
        (self.dir / "arguments.json").write_text(json.dumps([RECEIVER, "1000"]))
        self.assertEqual(self.airlock("abi", "encode", "--abi", "erc20.json", "transfer", "@arguments.json").strip(), self.call)

    def test_a_message_of_solana_names_the_accounts_of_its_instructions(self):
        message = "0x01000103" + "11" * 32 + "22" * 32 + "00" * 32 + "99" * 32 + "01020200010c0200000040420f0000000000"
        one = self.transaction("solana:mainnet", message)["instructions"][0]
        self.assertEqual((one["call"]["call"], one["call"]["arguments"]), ("transfer", {"lamports": "1000000"}))
        self.assertEqual([account["signer"] for account in one["accounts"]], [True, False])
        self.assertTrue(all(account["name"] for account in one["accounts"]))
        pages = self.airlock("abi", "transaction", "--chain", "solana:mainnet", "--pack", "wallet.pack", "--screen", "128x64", message)
        self.assertIn("|to                   |", pages)


if __name__ == "__main__":
    main()
