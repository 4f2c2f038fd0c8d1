"""An ABI pack from the list of contracts to the screen of a running wallet, and back again."""
import subprocess

from stage import *

TOKEN = "0x1111111111111111111111111111111111111111"
OTHER = "0x3333333333333333333333333333333333333333"
CALL = "0xa9059cbb" + "2222222222222222222222222222222222222222".rjust(64, "0") + hex(1000)[2:].rjust(64, "0")
SPENDER = "0x2222222222222222222222222222222222222222"
SIGNERS = ("vendor", "reviewer-1", "reviewer-2")


def erc20(receiver="to"):
    return [{"type": "function", "name": "transfer", "stateMutability": "nonpayable", "outputs": [{"name": "", "type": "bool"}],
             "inputs": [{"name": receiver, "type": "address"}, {"name": "value", "type": "uint256"}]}]


PERMIT = [{"name": name, "type": kind} for kind, name in (("address", "owner"), ("address", "spender"), ("uint256", "value"),
                                                          ("uint256", "nonce"), ("uint256", "deadline"))]


def permit(value=1500, spender=SPENDER):
    """A message of ERC-2612: whoever signs it lets the spender take as much."""
    domain = [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"},
              {"name": "verifyingContract", "type": "address"}]
    return {"types": {"EIP712Domain": domain, "Permit": PERMIT}, "primaryType": "Permit",
            "domain": {"name": "Token", "chainId": 1, "verifyingContract": TOKEN},
            "message": {"owner": OTHER, "spender": spender, "value": value, "nonce": 0, "deadline": 1_900_000_000}}


def descriptor(context, key, fields, intent):
    return {"$schema": "https://x/erc7730-v2.schema.json", "metadata": {"owner": "Token"},
            "context": {context: {"deployments": [{"chainId": 1, "address": TOKEN}]}},
            "display": {"formats": {key: {"intent": intent, "fields": [
                {"path": fields[0], "label": "To", "format": "addressName"},
                {"path": fields[1], "label": "Amount", "format": "tokenAmount", "params": {"tokenPath": "@.to"}}]}}}}


SCREEN = {"intent": "Send", "fields": [{"label": "To", "value": SPENDER}, {"label": "Amount", "value": "1 TOK"}]}
PERMIT_SCREEN = {"intent": "Allow", "fields": [{"label": "To", "value": SPENDER}, {"label": "Amount", "value": "1.5 TOK"}]}


class AbiPacks(Stage):
    def make_list(self, name, receiver="to", more=(), golden=True):
        folder = self.dir / name
        folder.mkdir()
        (folder / "erc20.json").write_text(json.dumps(erc20(receiver)))
        contracts = [{"chain": "eip155:1", "address": TOKEN, "source": "erc20.json", "name": "Token"}, *more]
        case = {"name": "transfer", "chain": "eip155:1", "target": TOKEN, "data": CALL,
                "expect": {"call": "transfer(address,uint256)", "bound": True, "canonical": True,
                           "arguments": {receiver: "0x" + "22" * 20, "value": "1000"}}}
        (folder / "pack.json").write_text(json.dumps({"contracts": contracts, "golden": [case] if golden else []}))
        return folder / "pack.json"

    def describe(self, listed, golden=()):
        """Adds descriptors of the token's transfer and of its permit to a list, and cases of what they show."""
        key = f"Permit({','.join(part['type'] + ' ' + part['name'] for part in PERMIT)})"
        (listed.parent / "send.json").write_text(json.dumps(
            descriptor("contract", "transfer(address to,uint256 value)", ("to", "value"), "Send")))
        (listed.parent / "permit.json").write_text(json.dumps(descriptor("eip712", key, ("spender", "value"), "Allow")))
        members = json.loads(listed.read_text())
        members["descriptors"] = ["send.json", "permit.json"]
        members["tokens"] = [{"chain": "eip155:1", "address": TOKEN, "symbol": "TOK", "decimals": 3}]
        members["golden"] += golden
        listed.write_text(json.dumps(members))
        return listed

    def make_pack_release(self, version, contracts, security=1, base=None, signers=SIGNERS):
        out = f"pack-{version}"
        options = ["--base", f"abi={base}"] if base else []
        self.airlock("release", "abi-pack", "--model", "*", "--version", version, "--security-version", security,
                     "--valid-for", "90d", "--contracts", contracts, "--out", out, *options)
        for signer in signers:
            self.sign(out, signer)
        return self.dir / out

    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.make_certificates()
        first = self.make_release("1.0.0", firmware(80_000, 1))
        self.publish(first)
        self.start_server()
        self.make_device(first)

    def wallet_reads(self, *args, to=TOKEN, data=CALL):
        return json.loads(self.device("read", "--chain", "eip155:1", "--to", to, data, "--json", *args))

    def follow(self, *lines):
        """What a wallet that runs says of lines, each its own."""
        text = "".join(json.dumps(line) + "\n" for line in lines)
        ran = subprocess.run([BIN / "airlock-device", "read", "--dir", self.dir / "device", "--follow", "--json"], input=text,
                             capture_output=True, text=True, env=self.environment(), timeout=WAIT_SECONDS_MAX)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return [json.loads(line) for line in ran.stdout.splitlines()]

    def take(self, package):
        self.publish(package)
        self.roll_out(package)
        return self.device("run", "--until-quiet")

    def test_a_running_wallet_reads_by_the_pack_that_came_over_the_air_and_by_the_next(self):
        self.assertEqual(self.wallet_reads()["warning"], "unknown_call")
        self.take(self.make_pack_release("1.0.0", self.make_list("one")))
        reader = subprocess.Popen([BIN / "airlock-device", "read", "--dir", self.dir / "device", "--follow", "--json"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment())
        self.children.append(reader)

        def ask():
            reader.stdin.write(json.dumps({"chain": "eip155:1", "to": TOKEN, "data": CALL}) + "\n")
            reader.stdin.flush()
            return json.loads(reader.stdout.readline())

        shown = ask()
        self.assertEqual((shown["version"], shown["arguments"]), ("1.0.0", {"to": "0x" + "22" * 20, "value": "1000"}))
        self.take(self.make_pack_release("1.1.0", self.make_list("two", "receiver")))
        shown = ask()
        self.assertEqual((shown["version"], list(shown["arguments"])), ("1.1.0", ["receiver", "value"]))
        message = "0x01000103" + "11" * 32 + "22" * 32 + "00" * 32 + "99" * 32 + "01020200010c0200000040420f0000000000"
        reader.stdin.write(json.dumps({"chain": "solana:mainnet", "transaction": message}) + "\n")
        reader.stdin.flush()
        whole = json.loads(reader.stdout.readline())
        self.assertEqual(whole["instructions"][0]["call"], {"warning": "unknown_call"})
        reader.stdin.write(json.dumps({"chain": "solana:mainnet", "transaction": message[:40]}) + "\n")
        reader.stdin.flush()
        self.assertEqual(json.loads(reader.stdout.readline()), {"warning": "truncated", "data": message[:40]})
        reader.stdin.close()
        self.assertEqual(reader.wait(), 0)
        packs = self.status()["packs"]
        self.assertEqual((packs["in_use"]["version"], [kept["version"] for kept in packs["kept"]]), ("1.1.0", ["1.0.0"]))
        self.assert_runs("1.0.0", firmware(80_000, 1))

    def test_a_patch_between_two_packs_is_what_travels(self):
        filler = [{"chain": "eip155:1", "address": "0x" + f"{i:040x}", "source": "filler.json"} for i in range(1, 40)]
        for name, receiver in (("one", "to"), ("two", "receiver")):
            self.make_list(name, receiver, filler)
            names = [{**function, "name": f"transfer{n}"} for n in range(60) for function in erc20()]
            (self.dir / name / "filler.json").write_text(json.dumps(names))
        self.take(self.make_pack_release("1.0.0", self.dir / "one/pack.json"))
        self.airlock("abi", "pack", self.dir / "one/pack.json", "--out", "one.pack")
        second = self.make_pack_release("1.1.0", self.dir / "two/pack.json", base="one.pack")
        sizes = self.payload_sizes(second)
        self.assertLess(sizes["patch"], sizes["full"])
        self.publish(second)
        self.roll_out(second)
        wire = self.put_wire_between()
        self.device("run", "--until-quiet")
        self.assertEqual(self.wallet_reads()["version"], "1.1.0")
        self.assertLess(wire.bytes_down, sizes["patch"] + SESSION_BYTES_MAX)

    def test_a_bad_pack_is_refused_whole_and_the_old_one_keeps_serving(self):
        self.take(self.make_pack_release("1.0.0", self.make_list("one")))
        bad = self.make_list("bad", "receiver")
        listed = json.loads(bad.read_text())
        listed["golden"][0]["expect"]["arguments"]["value"] = "1001"
        bad.write_text(json.dumps(listed))
        error = self.refuses("golden_case_failed", self.make_pack_release, "1.1.0", bad)
        self.assertIn("golden/transfer", error.text)
        # A publisher's tool that judges nothing is no way around: the device judges too.
        good = self.make_pack_release("1.1.0", self.make_list("two", "receiver"))
        artifact = next((good / "artifacts").iterdir())
        artifact.write_bytes(bytes(reversed(artifact.read_bytes())))
        self.refuses("index_rejected", self.device, "install", good)
        self.assertEqual(self.wallet_reads()["version"], "1.0.0")

    def test_what_only_the_devices_own_judge_refuses_never_serves(self):
        self.take(self.make_pack_release("1.0.0", self.make_list("one")))
        abi = self.make_list("two", "receiver").parent / "erc20.json"
        case = {"chain": "eip155:1", "target": TOKEN, "data": CALL,
                "expect": {"call": "transfer(address,uint256)", "bound": True, "canonical": True,
                           "arguments": {"receiver": SPENDER, "value": "1001"}}}
        (self.dir / "case.json").write_text(json.dumps(case))
        self.run_program("make_pack", "bad.pack", f"abi/eip155:1/{TOKEN}={abi}", f"golden/transfer={self.dir}/case.json")
        self.run_program("make_release", "bad.pack", "1.1.0", "bad")
        for signer in SIGNERS:
            self.sign("bad", signer)
        self.refuses("golden_case_failed", self.device, "install", self.dir / "bad")
        self.assertEqual(self.wallet_reads()["version"], "1.0.0")
        self.publish(self.dir / "bad")
        self.roll_out(self.dir / "bad")
        self.refuses("golden_case_failed", self.device, "run", "--until-quiet")
        self.assertEqual(self.wallet_reads()["version"], "1.0.0")
        self.assertEqual(self.status()["packs"]["in_use"]["version"], "1.0.0")

    def test_an_owner_reads_what_a_message_allows_before_signing_it(self):
        (self.dir / "permit.json").write_text(json.dumps(permit()))
        asked = ("read", "--message", self.dir / "permit.json")
        self.assertIn("nobody described this contract", self.device(*asked))
        listed = self.describe(self.make_list("one"))
        self.device("install", self.make_pack_release("1.0.0", listed))
        self.assertIn("| Amount: 1.5 TOK", self.device(*asked))
        call = {"chain": "eip155:1", "to": TOKEN, "data": CALL}
        call_shown, message_shown, other = self.follow(call, {"message": permit(), "from": OTHER}, {"message": permit(7)})
        self.assertEqual(call_shown["intent"], "Send")
        self.assertEqual(message_shown["screen"]["fields"][1]["value"], "1.5 TOK")
        self.assertEqual(other["screen"]["fields"][1]["value"], "0.007 TOK")
        self.assertNotEqual(message_shown["digest"], other["digest"])
        # The publisher's own tool says the same of it, and which hashes are signed.
        self.airlock("abi", "pack", listed, "--out", "one.pack")
        message = ("abi", "message", "--pack", "one.pack")
        self.assertEqual(json.loads(self.airlock(*message, "--json", f"@{self.dir}/permit.json")), message_shown)
        told = self.airlock(*message, json.dumps(permit()))
        self.assertIn("| Amount: 1.5 TOK", told)
        self.assertIn(message_shown["digest"], told)
        self.refuses("bad_value", self.airlock, *message, json.dumps(permit(spender="0x22")))

    def test_what_a_call_pays_is_said_of_each_line(self):
        self.device("install", self.make_pack_release("1.0.0", self.describe(self.make_list("one"))))
        call = {"chain": "eip155:1", "to": TOKEN, "data": CALL}
        free, paid = self.follow(call, {**call, "value": "5"})
        self.assertEqual((free["warnings"], paid["warnings"]), ([], ["value_unseen"]))
        self.assertEqual((len(free["fields"]), paid["fields"][2]["label"], paid["fields"][2]["value"]), (2, "Pays", "5"))

    def test_chain_contract_and_payment_are_told_of_calls_that_nobody_described(self):
        self.device("install", self.make_pack_release("1.0.0", self.make_list("one")))
        for to, warning in ((TOKEN, None), (OTHER, "unknown_call")):
            asked = ("--chain", "eip155:1", "--to", to, "--value", "1000000000000000000", CALL)
            shown = json.loads(self.device("read", "--json", *asked))
            self.assertEqual((shown["chain"], shown["to"], shown["value"], shown.get("warning")),
                             ("eip155:1", to, "1000000000000000000", warning))
            self.assertIn("no_descriptor", shown["warnings"])
            told = self.device("read", *asked)
            self.assertIn(f"chain: eip155:1\ncontract: {to}\npays: 1000000000000000000\n", told)
            self.assertIn("warning: nobody described this contract\n", told)
            pages = self.pages(*asked)
            self.assertIn(["Chain", "eip155:1"], [page[:2] for page in pages])
            self.assertIn(["Pays", "1000000000000000000"], [page[:2] for page in pages])
            self.assertIn(to, ["".join(page[1:]) for page in pages])
        extended = self.device("read", "--chain", "eip155:1", "--to", TOKEN, CALL + "00")
        self.assertIn("warning: the bytes are not written as usual", extended)

    def test_a_plain_payment_is_no_unreadable_call(self):
        asked = ("--chain", "eip155:1", "--to", OTHER, "--value", "5", "0x")
        self.assertEqual(json.loads(self.device("read", "--json", *asked))["intent"], "Send")
        pages = self.pages(*asked)
        self.assertEqual(pages[0][:2], ["Review", "Send"])
        self.assertIn(["Pays", "5"], [page[:2] for page in pages])

    def test_why_a_descriptor_refused_is_told_on_every_screen(self):
        listed = self.describe(self.make_list("one"))
        allowing = json.loads((listed.parent / "send.json").read_text())
        (form,) = allowing["display"]["formats"].values()
        form["fields"].append({"path": "value", "label": "Limit", "format": "raw", "visible": {"mustMatch": ["7"]}})
        (listed.parent / "send.json").write_text(json.dumps(allowing))
        self.device("install", self.make_pack_release("1.0.0", listed))
        shown = self.wallet_reads()
        self.assertEqual((shown["warnings"], shown["arguments"]["value"]), (["forbidden_value"], "1000"))
        call = ("--chain", "eip155:1", "--to", TOKEN, CALL)
        self.assertIn("warning: a value is outside those that the contract's author allows", self.device("read", *call))
        drawn = " ".join(" ".join(row for row in page if row) for page in self.pages(*call))
        self.assertIn("outside those that", drawn)
        self.assertNotIn("nobody described", drawn)

    def test_a_line_that_is_none_is_answered_and_the_next_one_read(self):
        self.device("install", self.make_pack_release("1.0.0", self.make_list("one")))
        call = {"chain": "eip155:1", "to": TOKEN, "data": CALL}
        answers = self.follow({**call, "data": "0xzz"}, {"chain": "eip155:1"}, [], call,
                              {"chain": "eip155", "transaction": "0x05c0"})
        self.assertEqual([answer.get("error") for answer in answers], ["bad_value", "missing_field", "wrong_type", None, None])
        self.assertEqual(answers[0]["about"], "data")
        self.assertEqual(answers[3]["arguments"]["value"], "1000")
        self.assertEqual(answers[4], {"warning": "unsupported_version", "data": "0x05c0"})

    def pages(self, *args):
        """The pages of the small display, as rows; each must be one of 21 by 8 letters."""
        drawn = self.device("read", "--screen", "128x64", *args).splitlines()
        edges = [place for place, line in enumerate(drawn) if line == "+" + 21 * "-" + "+"]
        pages = [drawn[first + 1:last] for first, last in zip(edges[::2], edges[1::2], strict=True)]
        titles = [f"page {place + 1} of {len(pages)}" for place in range(len(pages))]
        self.assertEqual([drawn[first - 1] for first in edges[::2]], titles)
        for row in sum(pages, []):
            self.assertRegex(row, r"^\|[ -~]{21}\|$")
        self.assertEqual({len(page) for page in pages}, {8})
        return [[row[1:-1].rstrip() for row in page] for page in pages]

    def test_a_small_display_is_paged_through(self):
        self.device("install", self.make_pack_release("1.0.0", self.describe(self.make_list("one"))))
        call = ("--chain", "eip155:1", "--to", TOKEN)
        review, owner, to, unnamed, amount, token = self.pages(*call, CALL)
        self.assertEqual((review[:2], owner[:2], amount[:2]), (["Review", "Send"], ["By", "Token"], ["Amount", "1 TOK"]))
        self.assertEqual([(page[0], "".join(page[1:])) for page in (to, token)], [("To", SPENDER), ("Amount", TOKEN)])
        self.assertEqual(unnamed[0], "! WARNING")
        (self.dir / "permit.json").write_text(json.dumps(permit()))
        self.assertIn(["Amount", "1.5 TOK"], [page[:2] for page in self.pages("--message", self.dir / "permit.json")])
        # What no descriptor speaks of is there by the names of its contract, and what nothing explains raw.
        self.device("install", self.make_pack_release("1.1.0", self.make_list("two", "receiver")))
        explained = self.pages(*call, CALL)
        self.assertEqual(explained[0][0], "! WARNING")
        self.assertIn(["value", "1000"], [page[:2] for page in explained])
        raw = self.pages("--chain", "eip155:1", "--to", OTHER, CALL)
        self.assertIn("Data", raw[-1][0])
        refused = self.pages(*call, CALL[:-2])
        self.assertIn("the chain would", " ".join(sum(refused, [])))

    def test_golden_cases_hold_what_calls_and_messages_are_shown_as(self):
        call = {"name": "shown", "chain": "eip155:1", "target": TOKEN, "data": CALL, "shown": SCREEN}
        message = {"name": "permit", "message": permit(), "shown": PERMIT_SCREEN}
        good = self.describe(self.make_list("one"), [call, message])
        self.device("install", self.make_pack_release("1.0.0", good))
        wrong = {**PERMIT_SCREEN, "intent": "Receive"}
        bad = self.describe(self.make_list("bad"), [call, {**message, "shown": wrong}])
        error = self.refuses("golden_case_failed", self.make_pack_release, "1.1.0", bad)
        self.assertIn("golden/permit", error.text)

    def test_a_descriptor_that_hides_whom_a_transfer_is_for_is_refused(self):
        listed = self.describe(self.make_list("one"))
        hiding = json.loads((listed.parent / "send.json").read_text())
        (form,) = hiding["display"]["formats"].values()
        form["fields"][0]["visible"] = "never"
        (listed.parent / "send.json").write_text(json.dumps(hiding))
        error = self.refuses("golden_case_failed", self.make_pack_release, "1.0.0", listed)
        self.assertIn(f"clear/eip155:1/{TOKEN}/send.json", error.text)

    def test_two_reviewers_and_the_vendor_must_have_signed(self):
        pack = self.make_pack_release("1.0.0", self.make_list("one"), signers=("vendor", "reviewer-1"))
        self.refuses("quorum_missing", self.device, "install", pack)
        self.sign(pack, "committee-1")
        self.refuses("quorum_missing", self.device, "install", pack)
        self.sign(pack, "reviewer-3")
        self.device("install", pack)
        self.assertEqual(self.wallet_reads()["version"], "1.0.0")

    def test_a_kept_pack_is_restored_but_never_below_the_floor(self):
        for version, security, receiver in (("1.0.0", 1, "to"), ("1.1.0", 1, "receiver"), ("1.2.0", 2, "recipient")):
            if version == "1.2.0":
                self.device("packs", "--restore", "1.0.0")
                self.assertEqual(list(self.wallet_reads()["arguments"]), ["to", "value"])
            self.device("install", self.make_pack_release(version, self.make_list(version, receiver), security))
        self.assertEqual(self.status()["floors"]["abi-pack"], 2)
        self.refuses("below_floor", self.device, "packs", "--restore", "1.1.0")
        self.refuses("not_found", self.device, "packs", "--restore", "0.9.0")
        self.assertEqual(self.wallet_reads()["version"], "1.2.0")

    def test_an_unhealthy_pack_gives_way_to_the_one_before_and_is_not_offered_again_by_itself(self):
        self.take(self.make_pack_release("1.0.0", self.make_list("one")))
        second = self.make_pack_release("1.1.0", self.make_list("two", "receiver"))
        self.publish(second)
        self.roll_out(second)
        self.device("run", "--until-quiet", "--trial", "unhealthy")
        packs = self.status()["packs"]
        self.assertEqual((packs["in_use"]["version"], packs["went_back"]["reason"]), ("1.0.0", "unhealthy"))
        self.device("run", "--until-quiet")
        self.assertEqual(self.wallet_reads()["version"], "1.0.0")

    def test_one_entry_is_proven_to_a_device_that_has_no_room_for_the_pack(self):
        pack = self.make_pack_release("1.0.0", self.make_list("one"))
        self.airlock("abi", "pack", self.dir / "one/pack.json", "--out", "w.pack")
        key = f"abi/eip155:1/{TOKEN}"
        self.airlock("abi", "prove", "--pack", "w.pack", "--key", key, "--out", "token")
        here = ("--key", key, "--entry", self.dir / "token", "--proof", self.dir / "token.proof")
        by_package = ("abi", "verify-entry", "--package", pack, "--keyring", "keys/keyring.cose")
        self.airlock(*by_package, *here)
        self.refuses("not_found", self.device, "verify-entry", *here)
        self.device("install", pack)
        self.assertIn("proven", self.device("verify-entry", *here))
        absent = f"abi/eip155:1/{OTHER}"
        self.airlock("abi", "prove", "--pack", "w.pack", "--key", absent, "--out", "none")
        gone = ("--key", absent, "--proof", self.dir / "none.proof")
        self.assertIn("no entry", self.device("verify-entry", *gone))
        self.refuses("entry_mismatch", self.device, "verify-entry", "--key", key, "--proof", self.dir / "none.proof")
        (self.dir / "token").write_bytes(b"x" + (self.dir / "token").read_bytes()[1:])
        self.refuses("entry_mismatch", self.device, "verify-entry", *here)
        # A proof by another pack's tree counts for nothing.
        self.make_list("other", "receiver")
        self.airlock("abi", "pack", self.dir / "other/pack.json", "--out", "other.pack")
        self.airlock("abi", "prove", "--pack", "other.pack", "--key", key, "--out", "token")
        self.refuses("entry_mismatch", self.device, "verify-entry", *here)

    def test_the_same_list_makes_the_same_bytes_wherever_it_lies(self):
        self.airlock("abi", "pack", self.make_list("one"), "--out", "one.pack")
        self.airlock("abi", "pack", self.make_list("elsewhere"), "--out", "two.pack")
        self.assertEqual((self.dir / "one.pack").read_bytes(), (self.dir / "two.pack").read_bytes())

    def test_diff_says_which_words_changed_and_what_breaks(self):
        self.airlock("abi", "pack", self.make_list("one"), "--out", "one.pack")
        self.airlock("abi", "pack", self.make_list("two", "receiver"), "--out", "two.pack")
        told = json.loads(self.airlock("abi", "diff", "one.pack", "two.pack", "--json"))
        self.assertFalse(told["breaking"])
        self.assertIn(("renamed", "input.to", "to", "receiver"),
                      [(c["what"], c["place"], c["before"], c["after"]) for c in told["changes"]])
        (self.dir / "empty.json").write_text('{"contracts":[]}')
        self.airlock("abi", "pack", "empty.json", "--out", "empty.pack")
        with self.assertRaises(Refused) as caught:
            self.airlock("abi", "diff", "one.pack", "empty.pack")
        self.assertEqual(caught.exception.status, 3)

    def test_diff_says_what_changed_of_a_token_and_of_a_descriptor_before_and_after(self):
        self.airlock("abi", "pack", self.describe(self.make_list("one")), "--out", "one.pack")
        listed = self.describe(self.make_list("two"))
        members = json.loads(listed.read_text())
        members["tokens"][0]["decimals"] = 6
        listed.write_text(json.dumps(members))
        (self.dir / "two/send.json").write_text((self.dir / "two/send.json").read_text().replace('"To"', '"Receiver"'))
        self.airlock("abi", "pack", listed, "--out", "two.pack")
        with self.assertRaises(Refused) as caught:
            self.airlock("abi", "diff", "one.pack", "two.pack")
        self.assertEqual(caught.exception.status, 3)
        told = caught.exception.text
        self.assertIn("decimals: 3 -> 6", told)
        self.assertIn("fields[to].label: To -> Receiver", told)

    def test_inspect_shows_what_a_quorum_signed_of_a_pack_and_list_names_its_entries(self):
        package = self.make_pack_release("1.0.0", self.make_list("one"))
        signed = json.loads(self.airlock("inspect", package, "--json"))["manifest"]["entries"]
        self.airlock("abi", "pack", self.dir / "one/pack.json", "--out", "one.pack")
        listed = json.loads(self.airlock("abi", "list", "one.pack", "--json"))
        self.assertEqual((listed["root"], listed["count"]), (signed["root"], signed["count"]))
        self.assertEqual([entry["key"] for entry in listed["entries"]], [f"abi/eip155:1/{TOKEN}", "golden/transfer"])
        for told in (self.airlock("inspect", package), self.airlock("abi", "list", "one.pack")):
            self.assertIn(signed["root"], told)
        self.assertIn(f"abi/eip155:1/{TOKEN}  ", told)

    def test_a_call_that_nothing_explains_is_shown_raw_with_a_warning(self):
        self.device("install", self.make_pack_release("1.0.0", self.make_list("one")))
        shown = self.wallet_reads(to=OTHER)
        self.assertEqual((shown["warning"], shown["data"]), ("unknown_call", CALL))
        shown = self.wallet_reads(data=CALL[:-2])
        self.assertEqual(shown["warning"], "chain_refuses")
        self.assertIn("warning", self.device("read", "--chain", "eip155:1", "--to", OTHER, CALL))

    def test_killed_anywhere_the_device_has_one_of_the_two_packs_and_ends_with_the_new_one(self):
        self.take(self.make_pack_release("1.0.0", self.make_list("one")))
        second = self.make_pack_release("1.1.0", self.make_list("two", "receiver"))
        self.publish(second)
        self.roll_out(second)
        for pause in (0.0, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2):
            child = subprocess.Popen([BIN / "airlock-device", "run", "--dir", self.dir / "device", "--until-quiet"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment())
            time.sleep(pause)
            child.kill()
            child.wait()
            self.assertIn(self.wallet_reads()["version"], ("1.0.0", "1.1.0"))
        self.device("run", "--until-quiet")
        self.assertEqual(self.wallet_reads()["version"], "1.1.0")


if __name__ == "__main__":
    main()
