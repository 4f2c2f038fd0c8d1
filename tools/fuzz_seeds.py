#!/usr/bin/env python3
"""Makes the inputs from which the fuzzers start: what the programs themselves write, and one example of
each body that travels (docs/formats/http.md). Without them a fuzzer spends its time on the first bytes.

Usage: fuzz_seeds.py FOLDER    writes FOLDER/TARGET/name; programs from $AIRLOCK_BIN (build/release)
"""
import base64
import hashlib
import json
import pathlib
import random
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "journeys"))
import authority  # noqa: E402
import stage  # noqa: E402
import tuf_repository  # noqa: E402

HEX = "ab" * 32
DUID = "abcdefghijklmnopqrstuvwxyz234567"
HEAD_SIZE = 8 + 2 * 35  # docs/formats/payload.md: of a payload of one block; its facts and coded bytes follow
FRAME_HEAD, FRAME_CHECKSUM = 6, 4  # docs/formats/boot-record.md; the head ends with the body's size
FUZZ_BASE = bytes((i * i >> 3) & 0xFF for i in range(4096))  # the base of patch_fuzz

CHECK_IN = {"model": "demo-wallet", "version": "1.0.0-rc.1+b2", "security_version": 1, "bootloader": 3, "keyring": 1,
            "region": "de", "group": "beta", "certificate": HEX, "images": {"mcu": HEX, "radio": HEX}}
BODIES = {
    "check-in": {"duid": DUID, **CHECK_IN},
    "check-in-private": {"pseudonym": "p" * 40, "bucket": {"3": 1234, "17": 0}, **CHECK_IN},
    "report": {"report": "e30=", "key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
               "signature": "00" * 64},
    "report-signed": {"duid": DUID, "sequence": 5, "rollout": 3, "manifest": HEX, "version": "1.1.0", "phase": "staging",
                      "outcome": "went_back", "reason": "unhealthy", "time_bound": 1_700_000_000},
    "rollout": {"manifest": HEX, "share": 1234, "why": "w", "models": ["demo-wallet"], "regions": ["de"], "groups": ["beta"],
                "certificates": [HEX], "from_min": "1.0.0", "from_max": "2.0.0-rc.1", "not_before": "2026-01-02T03:04:05Z",
                "not_after": "2026-02-02T03:04:05Z", "state": "created"},
    "change": {"share": 100, "why": "w"},
    "fees": {"duid": DUID, "region": "de", "group": "beta", "tier": "gold"},
    "outcomes": {"outcomes": "e30=", "key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                 "signature": "00" * 64},
    "outcomes-signed": {"duid": DUID, "sequence": 5, "outcomes": [
        {"experiment": 1, "arm": "gray", "stage": 4, "ok": True, "ms": 120},
        {"experiment": 1, "arm": "baseline", "ok": False, "ms": 900}]},
    "experiment": {"name": "fees-eu", "baseline": HEX, "why": "w", "state": "created",
                   "arms": [{"name": "a", "policy": HEX, "weight": 4000}, {"name": "b", "policy": HEX, "weight": 6000}],
                   "regions": ["de"], "groups": ["beta"], "tiers": ["gold"], "jitter": 150000, "automatic": False,
                   "guards": [{"metric": "failures", "limit": 50000, "on_limit": "rollback", "dry_run": True},
                              {"metric": "slow", "limit": 10000}],
                   "ramp": [{"share": 500, "seconds": 60, "samples": 100}, {"share": 2500}],
                   "window": 60, "samples": 300, "hold": 30},
    "devices": {"keys": [HEX], "why": "w"},
}
ANSWERS = {
    "offer": {"offer": {"target": "firmware/1.1.0/demo-wallet.cose", "manifest": HEX, "version": "1.1.0",
                        "security_version": 2, "size": 1000, "rollout": 3, "expires": "2026-01-02T03:04:05Z",
                        "payloads": [{"component": "mcu", "type": "patch", "digest": HEX, "size": 1000}]},
              "poll_after_s": 3600},
    "nothing": {"offer": None, "why": "outside_share", "explain": "rollout 3: not yet", "poll_after_s": 3312},
    "seeds": {"offer": None, "why": "bucket_missing", "explain": "", "seeds": {"3": HEX, "5": HEX}, "poll_after_s": 60},
    "fees": {"experiments": [{"experiment": 1, "name": "fees-eu", "arm": "gray", "policy": HEX, "baseline": HEX, "stage": 4},
                             {"experiment": 2, "name": "other", "arm": "baseline", "policy": HEX, "baseline": HEX, "stage": 0}],
             "poll_after_s": 10},
    "no-fees": {"experiments": [], "poll_after_s": 10},
}
# Targets of calls for a dependency, and header lines of such a call and of an answer.
FORWARDED = {
    "target": "/v1/dependency/gateway/a/%2e%2e/..?of=%41",
    "call": "host: x\r\nauthorization: Bearer y\r\nconnection: close, x-mine\r\nx-mine: 1\r\nidempotency-key: k\r\n",
    "answer": "content-type: text/plain\r\ncache-control: no-store\r\nairlock-why: ok\r\nset-cookie: a=b\r\n",
}
# What a Prometheus answers to an instant query.
VECTORS = {
    "counters": {"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {"__name__": "airlock_payments_total", "arm": "gray", "book": "3f0c9a51d2e4b867", "experiment": "1", "instance": "a:1", "since": "1800000000",
                    "result": "failed"}, "value": [1_700_000_000, "52"]},
        {"metric": {"__name__": "airlock_payment_seconds_bucket", "arm": "gray", "book": "3f0c9a51d2e4b867", "experiment": "1", "instance": "a:1", "since": "1800000000",
                    "le": "+Inf"}, "value": [1_700_000_000, "1.5e+06"]}]}},
    "empty": {"status": "success", "data": {"resultType": "vector", "result": []}},
    "nan": {"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {}, "value": [1_700_000_000, "NaN"]}]}},
    "error": {"status": "error", "errorType": "bad_data", "error": "invalid parameter"},
}


# As C2SP prints them; the signatures are of no key that a fuzzer knows.
CHECKPOINT = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""
HASHES = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\nB95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"
LOG = {
    "checkpoint": CHECKPOINT,
    "proof": f"c2sp.org/tlog-proof@v1\nindex 73894\n{HASHES}\n{CHECKPOINT}",
    "proof-extra": f"c2sp.org/tlog-proof@v1\nextra YWdlLXYx\nindex 0\n{HASHES}\n{CHECKPOINT}",
    "growth": f"old 20852014\n{HASHES}\n{CHECKPOINT}",
}


# Calls of the two functions that embed_fuzz knows: transfer, and lists(["x"], [], [-1, 1]).
WORDS = (0x80, 0x100, 2**256 - 1, 1, 1, 0x20, 1, 0x78 << 248, 0)
EMBEDDED_CALLS = {"transfer": "a9059cbb" + f"{1:064x}{1000:064x}", "lists": "656a8c73" + "".join(f"{word:064x}" for word in WORDS)}


URIS = ("pkcs11:token=Committee;object=anna", "pkcs11:token=A%20B;id=%01%ff;type=private?pin-source=file:/run/pin",
        "pkcs11:slot-id=1;manufacturer=SoftHSM?module-path=/usr/lib/softhsm/libsofthsm2.so", "pkcs11:token=C?pin-value=1")


# An old form, tuples, an anonymous event and an error; and calls as evm_call_fuzz takes them.
ABI = [{"constant": True, "name": "get", "inputs": [], "outputs": [{"name": "", "type": "uint256[2][]"}]},
       {"type": "function", "name": "fill", "stateMutability": "payable", "outputs": [], "inputs": [
           {"name": "o", "type": "tuple[]", "internalType": "struct Shop.Order[]", "components": [
               {"name": "id", "type": "bytes32"}, {"name": "to", "type": "address"}, {"name": "note", "type": "string"}]}]},
       {"type": "constructor", "inputs": [{"name": "owner", "type": "address"}]}, {"type": "receive", "stateMutability": "payable"},
       {"type": "event", "name": "E", "anonymous": True, "inputs": [{"name": "a", "type": "bytes", "indexed": True}]},
       {"type": "error", "name": "Bad", "inputs": [{"name": "code", "type": "int24"}]}]
SIGNATURES = ("transfer(address to,uint256 value)", "f((uint a,bytes)[2][] calldata x, function, bool)", "(int8[3],string)")


def words(*numbers):
    return b"".join((number % (1 << 256)).to_bytes(32, "big") for number in numbers)


CALLS = {
    "words": b"(address,int8,bool,bytes4)\n" + words(1 << 150, -3, 1, 0x01020304 << 224),
    "tails": b"(string,uint8[],(bytes,uint256)[2])\n" + words(96, 160, 256, 2, 0x6869 << 240, 2, 7, 8, 64, 192, 64, 5, 1, 1 << 248,
                                                              64, 6, 0),
    "shared": b"(bytes[])\n" + words(32, 3, 96, 96, 96, 0),
    "multicall": b"()\n" + bytes.fromhex("ac9650d8") + words(32, 1, 32, 68) + bytes.fromhex("a9059cbb") + words(5, 6) + bytes(28),
    "commands": b"()\n" + bytes.fromhex("24856bc3") + words(64, 128, 2, 0x0b8c << 240, 2, 64, 160, 64, 1, 2, 64, 3, 4),
    "packed": b"()\n" + bytes.fromhex("8d80ff0a") + words(32, 85) + bytes(21) + words(9) + words(0) + bytes(11),
}


def transcript():
    """Entries that bind each other, and a seal of no key that a fuzzer knows."""
    lines = ""
    for event, facts in (("begun", {"airlock": "0.1.0"}), ("compared", {"with": "Carol"}), ("sealed", None)):
        line = {"event": event, "previous": hashlib.sha256(lines.encode()).hexdigest()}
        if facts is None:
            line |= {"algorithm": -8, "key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                     "signature": base64.b64encode(bytes(64)).decode()}
        else:
            line |= {"facts": facts, "time": "2026-01-01T00:00:00Z"}
        lines += json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n"
    return lines


# Targets metadata with what lies below it, as metadata_fuzz takes it. It signs each role by one key, RFC 8032's first.
FUZZ_KEY = {"keytype": "ed25519", "keyval": {"public": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},
            "scheme": "ed25519"}
FUZZ_KEY_ID = hashlib.sha256(tuf_repository.canonical(FUZZ_KEY)).hexdigest()
FUZZ_RULE = {"keyids": [FUZZ_KEY_ID], "threshold": 1}


def targets_part(*paths, **more):
    listing = {"length": 7, "hashes": {"sha256": HEX}}
    return {"_type": "targets", "spec_version": "1.0.34", "version": 1, "expires": "2099-01-01T00:00:00Z",
            "targets": {path: listing for path in paths}, **more}


def delegating(*roles, paths=()):
    """A targets part that delegates to (name, scope) in this order."""
    return targets_part(*paths, delegations={"keys": {FUZZ_KEY_ID: FUZZ_KEY}, "roles": [
        {"name": name, **FUZZ_RULE, "terminating": False, **scope} for name, scope in roles]})


def searches():
    """{name: (top-level targets, {role: its targets})}."""
    every, deep = {"paths": ["*", "*/*"]}, {"paths": ["a/*"]}
    chain = {f"r{i}": delegating((f"r{i + 1}", every)) for i in range(40)}
    agreeing = {"delegations": [{"roles": ["a", "b"], "paths": ["*"], "terminating": True}],
                "keys": {FUZZ_KEY_ID: FUZZ_KEY}, "roles": {"a": FUZZ_RULE, "b": FUZZ_RULE}}
    bins = {"keys": {FUZZ_KEY_ID: FUZZ_KEY}, "succinct_roles": {**FUZZ_RULE, "bit_length": 1, "name_prefix": "bin"}}
    return {
        "chain": (delegating(("a", every)), {"a": delegating(("b", deep), paths=["wanted"]), "b": targets_part("a/b")}),
        "terminating": (delegating(("a", {**every, "terminating": True}), ("b", every)),
                        {"a": targets_part("other"), "b": targets_part("wanted")}),
        "cycle": (delegating(("a", every), ("b", every)), {"a": delegating(("b", every)), "b": delegating(("a", every))}),
        "prefixes": (delegating(*((f"bin-{i:x}", {"path_hash_prefixes": [f"{i:x}"]}) for i in range(16))),
                     {f"bin-{i:x}": targets_part("wanted", "a/b") for i in range(16)}),
        "succinct": (targets_part(delegations=bins), {f"bin-{i}": targets_part("wanted", "a/b") for i in (0, 1)}),
        "agreement": (targets_part(**agreeing), {name: targets_part("wanted") for name in "ab"}),
        "too-many": (delegating(("r0", every)), chain),
        "odd-names": (delegating(("../a", every), ("?", every), ("%2F", deep)),
                      {name: targets_part("a/b") for name in ("../a", "?", "%2F")}),
    }


def solana_field(name, kind):
    return {"name": name, "type": kind}


def solana_type(name, fields, **more):
    return {"name": name, "type": {"kind": "struct", "fields": fields}, **more}


SOLANA_TREE = {"defined": {"name": "Tree"}}
SOLANA = {
    "plain": ({"metadata": {"name": "x", "spec": "0.1.0"}, "instructions": [
        {"name": "call", "discriminator": [1], "accounts": [{"name": "a", "writable": True, "signer": True}], "args": [
            solana_field("a", "u64"), solana_field("b", {"option": "pubkey"}), solana_field("c", {"vec": "string"}),
            solana_field("d", {"hashMap": ["u8", "bool"]}), solana_field("e", {"array": ["u8", 4]}), solana_field("f", "f64")]}]},
              "01" + "07" * 8 + "00" + "01000000" "0100000061" + "01000000" "0501" + "01020304" + "000000000000f83f"),
    "old": ({"version": "0.1.0", "name": "x", "instructions": [
        {"name": "doIt", "accounts": [{"name": "g", "accounts": [{"name": "a", "isMut": True, "isSigner": False}]}],
         "args": [solana_field("a", {"defined": "E"})]}], "accounts": [solana_type("K", [solana_field("a", "publicKey")])],
        "types": [{"name": "E", "type": {"kind": "enum", "variants": [{"name": "A"}, {"name": "B", "fields": ["u8"]}]}}],
        "events": [{"name": "Paid", "fields": [{"name": "n", "type": "u8", "index": True}]}],
        "errors": [{"code": 6000, "name": "Bad", "msg": "bad"}]}, "0105"),
    "generic": ({"instructions": [{"name": "call", "discriminator": [1], "accounts": [], "args": [
        solana_field("a", {"defined": {"name": "Box", "generics": [{"kind": "type", "type": "u8"}, {"kind": "const", "value": "2"}]}}),
        solana_field("b", SOLANA_TREE)]}], "types": [
        solana_type("Box", [{"array": [{"generic": "T"}, {"generic": "N"}]}],
                    generics=[{"kind": "type", "name": "T"}, {"kind": "const", "name": "N", "type": "usize"}]),
        solana_type("Tree", [solana_field("n", {"vec": SOLANA_TREE}), solana_field("o", {"option": SOLANA_TREE})])]},
                "01" "0102" "01000000" "00000000" "00" "00"),
}
# Of Move: the smallest modules and scripts, a payload of Aptos, and a transaction of Sui.
def move_module(version, *tables, end="00"):
    content, directory = b"", b""
    for kind, table in tables:
        table = bytes.fromhex(table)
        directory += bytes([kind, len(content), len(table)])
        content += table
    return bytes.fromhex("a11ceb0b" + version) + bytes([len(tables)]) + directory + content + bytes.fromhex(end)


MOVE_MODULES = {
    "plain": move_module("06000000", (1, "0000"), (3, "0001010000"), (5, "00" + "0203" + "0a02"), (7, "016d" + "0166"),
                         (8, "00" * 31 + "01"), (12, "00010400" + "00" + "0102")),
    "aptos": move_module("0800000a", (1, "0000"), (2, "0002070101" + "00"), (3, "000101000001" + "00"), (5, "00" + "0109" + "00"),
                         (7, "016d" + "0166" + "0153"), (8, "00" * 31 + "01")),
    "sui": move_module("07000005", (1, "0000"), (2, "00010700"), (5, "00"), (7, "016d" + "0145"), (8, "00" * 31 + "01"),
                       (17, "000201" + "00" + "00")),
    "script": move_module("06000000", (5, "00"), end="0000" + "00" + "0102"),
}
MOVE_PAYLOAD = bytes.fromhex("02" + "00" * 31 + "01" + "016d" + "0166" + "0106" + "01" + "01" + "08" + "07" * 8)
MOVE_RAW = bytes(32) + bytes(8) + MOVE_PAYLOAD + bytes(25)
SUI_CALL = "00" + "00" * 31 + "02" + "016d" + "0166" + "0107" + "00" * 31 + "02" + "0373756903535549" + "00" + "020100000102" + "0000"
SUI_TRANSACTION = bytes.fromhex(
    "0000" + "02" + "0008" + "07" * 8 + "0101" + "05" * 32 + "01" * 8 + "01" + "02" + "0200010100" + "00" + SUI_CALL
    + "aa" * 32 + "01" + "bb" * 32 + "02" * 8 + "20" + "cc" * 32 + "aa" * 32 + "03" * 8 + "04" * 8 + "00")


# Of clear signing: a descriptor of a call with a group and a sentence, one of a message, and such a message.
CLEAR_ADDRESS = "0x" + "11" * 20
CLEAR_SCHEMA = {"$schema": "https://x/erc7730-v2.schema.json"}
CLEAR_CALLS = {**CLEAR_SCHEMA, "context": {"contract": {"deployments": [{"chainId": 1, "address": CLEAR_ADDRESS}]}},
               "metadata": {"owner": "O", "enums": {"e": {"1": "one"}}, "maps": {"m": {"values": {"1": CLEAR_ADDRESS}}}},
               "display": {"definitions": {"d": {"label": "D", "format": "unit", "params": {"base": "h", "decimals": 1}}}, "formats": {
                   "f(uint256 a,bytes d,(address t,uint256 n)[] l)": {"intent": "Do", "interpolatedIntent": "Do {a} {{x}}", "fields": [
                       {"path": "a", "label": "A", "format": "tokenAmount", "params": {
                           "token": {"map": "$.metadata.maps.m", "keyPath": "@.chainId"}, "threshold": "0xff"}},
                       {"path": "d", "label": "Call", "format": "calldata", "params": {"calleePath": "@.to"}},
                       {"path": "d.[-20:]", "label": "To", "format": "addressName", "visible": {"ifNotIn": [CLEAR_ADDRESS]}},
                       {"path": "l.[]", "iteration": "bundled", "fields": [
                           {"path": "n", "$ref": "$.display.definitions.d"}, {"path": "t", "label": "T", "separator": "{index}"}]}]}}}}
CLEAR_TYPES = {"M": [{"name": "n", "type": "uint256"}, {"name": "of", "type": "M[]"}]}
CLEAR_MESSAGES = {**CLEAR_SCHEMA, "context": {"eip712": {"domain": {"name": "x"}}}, "display": {"formats": {
    "M(uint256 n,M[] of)": {"intent": {"Sign": "it"}, "fields": [{"path": "n", "label": "N", "visible": {"mustMatch": [1]}}]}}}}
CLEAR_DATA = {"types": CLEAR_TYPES, "primaryType": "M", "domain": {"name": "x", "chainId": 1, "verifyingContract": CLEAR_ADDRESS},
              "message": {"n": "0x1", "of": [{"n": 2, "of": []}]}}
# f(5, 20 bytes, [(an address, 7)])
CLEAR_WORDS = (5, 0x60, 0xa0, 20, int("11" * 20 + "00" * 12, 16), 1, int("22" * 20, 16), 7)
# Cases of the pack of golden_fuzz: what a call decodes as and is shown as, and a message that nothing describes.
GOLDEN_SCREEN = {"intent": "Send", "fields": [{"label": "To", "value": "0x" + "22" * 20}, {"label": "Amount", "value": "7"}]}
GOLDEN_CALL = {"chain": "eip155:1", "target": CLEAR_ADDRESS, "data": "0xa9059cbb" + ("22" * 20).rjust(64, "0") + "7".rjust(64, "0")}
GOLDEN = {"shown": {**GOLDEN_CALL, "from": CLEAR_ADDRESS, "value": "1", "shown": GOLDEN_SCREEN},
          "expect": {**GOLDEN_CALL, "expect": {"call": "transfer(address,uint256)", "bound": True, "canonical": True,
                                               "arguments": {"to": "0x" + "22" * 20, "value": "7"}}},
          "message": {"message": CLEAR_DATA, "shown": {"intent": "", "fields": []}}}
UNSIGNED = {"dynamic": "02e3" "01018002825208" "94" + "11" * 20 + "05" "8401020304" "c0",
            "legacy": "de0102825208" "94" + "11" * 20 + "0582abcd"}

PLUGIN_FLAGS = {"plain": ["-nostartfiles"], "small": ["-nostartfiles", "-Wl,-z,noseparate-code,--hash-style=gnu"], "start-files": [],
                "search-path": ["-nostartfiles", "-Wl,-rpath,/x,-z,nodelete"], "unversioned": ["-nostartfiles", "-nodefaultlibs"]}


def crc32c(data):
    """CRC-32C (Castagnoli), bit by bit: frames are short."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def link_frame(message):
    """A message as it goes over a serial line (docs/formats/serial-link.md)."""
    runs, content = [b""], message + struct.pack(">I", crc32c(message))
    for byte in content:
        if byte:
            runs[-1] += bytes([byte])
        if not byte or len(runs[-1]) == 254:
            runs.append(b"")
    return b"\0" + b"".join(bytes([len(run) + 1]) + run for run in runs) + b"\0"


LINK = {  # CBOR by hand; answers carry 0x01020304 as their request's checksum
    "hello": bytes.fromhex("850101011904006b") + b"demo-wallet", "ask": bytes.fromhex("820202"),
    "fetch": bytes.fromhex("8503035820" + "ab" * 32 + "19100018ff"), "hello-next": bytes.fromhex("8404010200"),
    "answer-hello": bytes.fromhex("85011a010203040101190400"), "none": bytes.fromhex("83021a0102030403"),
    "offer": bytes.fromhex("86021a01020304025820" + "cd" * 32 + "19100007"),
    "bytes": bytes.fromhex("84031a010203040458ff") + bytes(255), "missing": bytes.fromhex("83031a0102030405"),
}


class Seeds(authority.Authority):
    def setUp(self):
        super().setUp()
        self.make_vendor()
        self.make_authority()
        self.certify("keys/vendor.key", "signer")

    def runTest(self):  # a Stage is a test case; this one is driven by hand
        pass

    def make(self, folder):
        self.folder = folder
        for name, body in BODIES.items():
            self.put("body_fuzz", name, json.dumps(body).encode())
        for name, answer in ANSWERS.items():
            self.put("answer_fuzz", name, json.dumps(answer).encode())
        for name, vector in VECTORS.items():
            self.put("prometheus_fuzz", name, json.dumps(vector).encode())
        for name, value in {**BODIES, **ANSWERS}.items():
            self.put("json_fuzz", name, json.dumps(value, indent=1).encode())
        for name, text in LOG.items():
            self.put("log_fuzz", name, text.encode())
        for name, message in LINK.items():
            self.put("link_fuzz", name, message)
            self.put("link_fuzz", name + "-frame", link_frame(message))
        self.put("link_fuzz", "several", b"noise".join(link_frame(message) for message in LINK.values()))
        for number, uri in enumerate(URIS):
            self.put("token_uri_fuzz", str(number), uri.encode())
        self.put("evm_abi_fuzz", "array", json.dumps(ABI).encode())
        self.put("evm_abi_fuzz", "artifact", json.dumps({"abi": ABI[:2], "bytecode": "0x"}).encode())
        for number, signature in enumerate(SIGNATURES):
            self.put("evm_signature_fuzz", str(number), signature.encode())
        for name, call in CALLS.items():
            self.put("evm_call_fuzz", name, call)
        self.put("transcript_fuzz", "whole", transcript().encode())
        for path in (ROOT / "examples" / "fee-policy").glob("*.yaml"):
            for target in ("yaml_fuzz", "fee_policy_fuzz"):
                self.put(target, path.stem, path.read_bytes())
        for path in (ROOT / "examples" / "dependencies").glob("*.yaml"):
            for target in ("yaml_fuzz", "dependencies_fuzz"):
                self.put(target, path.stem, path.read_bytes())
        for name, text in FORWARDED.items():
            self.put("forward_fuzz", name, text.encode())
        self.put("yaml_fuzz", "refused", b"%YAML 1.1\n---\na: &x !!str [*x, 'y', \"\\u202e\"]\n? {b: |\n c}\n: >-\n  d\n...\n---\n")
        self.of_plugins()
        self.of_solana()
        for name, data in EMBEDDED_CALLS.items():
            self.put("embed_fuzz", name, b"\1" + bytes.fromhex(data))
        self.of_move()
        self.of_clear_signing()
        self.of_abi_packs()
        self.of_exchanges()
        self.of_pairs()
        self.of_certificates()
        self.of_packages()
        self.of_metadata()
        self.of_payloads()
        self.of_a_device()

    def of_plugins(self):
        """The example plugin, and the same linked as no plugin may be."""
        for name, flags in PLUGIN_FLAGS.items():
            made = self.dir / f"{name}.so"
            subprocess.run(["cc", "-O2", "-fPIC", "-shared", *flags, "-I", ROOT / "engine" / "fee" / "plugin" / "abi", "-o", made,
                            ROOT / "examples" / "fee-plugin" / "squared.c"], check=True)
            self.put("elf_fuzz", name, made.read_bytes())

    def put(self, target, name, data):
        place = self.folder / target
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)

    def of_solana(self):
        """An IDL before its data as borsh_fuzz takes them, native schemas, messages."""
        for name, (idl, data) in SOLANA.items():
            text = json.dumps(idl).encode()
            self.put("idl_fuzz", name, text)
            self.put("borsh_fuzz", name, framed(text) + bytes.fromhex(data))
        for path in (ROOT / "engine/abi/solana/native").glob("*.json"):
            self.put("native_schema_fuzz", path.stem, path.read_bytes())
            self.put("borsh_fuzz", path.stem, framed(path.read_bytes()) + bytes.fromhex("0200000040420f0000000000"))
        call = bytes.fromhex("01020200010c0200000040420f0000000000")
        legacy = bytes.fromhex("01000103") + b"".join(bytes([i]) * 32 for i in (1, 2, 0, 9)) + call
        self.put("solana_message_fuzz", "legacy", b"\0" + legacy)
        self.put("read_transaction_fuzz", "solana", b"\2" + legacy)
        self.put("solana_message_fuzz", "signed", b"\1\1" + b"s" * 64 + legacy)
        self.put("solana_message_fuzz", "v0", b"\0\x80" + legacy + b"\1" + b"t" * 32 + bytes.fromhex("0105020607"))
    def of_clear_signing(self):
        for name, file in (("calls", CLEAR_CALLS), ("messages", CLEAR_MESSAGES)):
            self.put("descriptor_fuzz", name, json.dumps(file).encode())
        self.put("typed_data_fuzz", "message", json.dumps(CLEAR_DATA).encode())
        self.put("embed_fuzz", "message", b"\2" + json.dumps(CLEAR_DATA).encode())
        for number, path in enumerate(("#.a.[].b", "d.[-20:]", "a[0].[1:2]", "@.to", "$.metadata.enums.e")):
            self.put("path_fuzz", str(number), path.encode())
        call = bytes.fromhex("6700cd08") + b"".join(word.to_bytes(32, "big") for word in CLEAR_WORDS)
        self.put("show_fuzz", "call", framed(json.dumps(CLEAR_CALLS).encode()) + call)
        for name, transaction in UNSIGNED.items():
            self.put("transaction_fuzz", name, bytes.fromhex(transaction))
            self.put("read_transaction_fuzz", name, b"\0" + bytes.fromhex(transaction))

    def of_move(self):
        for name, module in MOVE_MODULES.items():
            self.put("move_module_fuzz", name, module)
            self.put("aptos_fuzz", name, framed(module) + MOVE_PAYLOAD)
        self.put("aptos_fuzz", "payload", MOVE_PAYLOAD)
        self.put("aptos_fuzz", "transaction", MOVE_RAW)
        self.put("aptos_fuzz", "multisig", b"\3" + b"a" * 32 + b"\1\0" + MOVE_PAYLOAD[1:])
        script = MOVE_MODULES["script"]
        self.put("aptos_fuzz", "script", b"\0" + bytes([len(script)]) + script + b"\0\0")
        self.put("aptos_fuzz", "tag", b"vector<0x1::coin::Coin<0x1::a::B, u8>>")
        self.put("aptos_fuzz", "names", b'{"0x1::m::f": ["from", "to"]}')
        self.put("sui_fuzz", "call", SUI_TRANSACTION)
        self.put("read_transaction_fuzz", "aptos", b"\3" + MOVE_RAW)
        self.put("read_transaction_fuzz", "sui", b"\4" + SUI_TRANSACTION)
        self.put("move_toml_fuzz", "package", b'[package]\nname = "kit"\n[addresses]\nkit = "0x1"\n[dependencies.Std]\nlocal = \'..\'\n')
        for kind in range(16):
            self.put("bcs_fuzz", str(kind), bytes([2 * kind]) + b"\1\2\1\1ab" + bytes(32))

    def of_abi_packs(self):
        """A pack of nothing and of two entries, a proof of one and of none, an empty shelf and one with a pack."""
        self.put("pack_fuzz", "empty", b"ALPK" + struct.pack("<III", 1, 0, 0))
        keys, content = b"golden/agolden/b", b"{}"
        at = 16 + 2 * 56 + len(keys)
        digest = hashlib.sha256(content).digest()
        records = b"".join(struct.pack("<IIQII", place * 8, 8, at, len(content), 0) + digest for place in range(2))
        self.put("pack_fuzz", "two", b"ALPK" + struct.pack("<III", 1, 2, len(keys)) + records + keys + content)
        leaf = b"\x84\x00\x68golden/a" + b"\x58\x20" + digest + b"\x81\x58\x20" + digest
        for name, case in GOLDEN.items():
            self.put("golden_fuzz", name, json.dumps(case).encode())
        self.put("golden_fuzz", "binding", f"clear/eip155:1/{CLEAR_ADDRESS}/a/b.json".encode())
        self.put("entry_proof_fuzz", "present", b"\xa2\x01\x01\x02\x81" + leaf)
        self.put("entry_proof_fuzz", "none", b"\xa2\x01\x01\x02\x80")
        pack = (b"\x88" + (b"\x58\x20" + digest) * 2 + b"\x18\x40\x01\x02\x651.0.0\x58\x20" + digest + b"\x02")
        for name, packs in (("empty", b"\x80"), ("one", b"\x81" + pack)):
            body = b"\xa5\x01\x01\x02" + packs + b"\x03\xf4\x04\x58\x20" + digest + b"\x05\x00"
            frame = b"ALPS" + struct.pack(">H", len(body)) + body
            self.put("shelf_fuzz", name, frame + struct.pack(">I", crc32c(frame)))

    def of_exchanges(self):
        """Two pages of 512 bytes each: over, begun, and with three steps of eight done."""
        def sealed(magic, body):
            frame = magic + struct.pack(">H", len(body)) + body
            return frame + struct.pack(">I", crc32c(frame))

        for name, step, marks in (("over", 8, 0), ("begun", 0, 0), ("half", 0, 3)):
            page = sealed(b"ALXJ", bytes([0xA5, 1, 1, 2, 7, 3, 1, 4, 8, 5, step])).ljust(128, b"\0")
            for mark in range(marks):
                page += sealed(b"ALXM", struct.pack(">II", mark + 1, 7)).ljust(32, b"\0")
            page = page.ljust(512, b"\xff")
            self.put("exchange_fuzz", name, page + page)

    def of_pairs(self):
        """Two copies of 256 bytes each, of counters one and two, and the same with the newer one torn."""
        def copy(counter, content):
            number = struct.pack(">Q", counter)
            head = number + struct.pack(">II", len(content), crc32c(number + content))
            return (head + content).ljust(256, b"\xff")

        older, newer = copy(1, b"older"), copy(2, b"newer" * 20)
        self.put("pair_fuzz", "whole", older + newer)
        self.put("pair_fuzz", "torn", older + newer[:60].ljust(256, b"\xff"))

    def of_certificates(self):
        """Pieces as certificate_fuzz and evidence_fuzz take them: two bytes of length before each but the last."""
        leaf, root = self.der("x509", "signer.pem"), self.der("x509", "root.pem")
        path = framed(leaf) + framed(root)
        self.put("certificate_fuzz", "path", path)
        self.put("certificate_fuzz", "pem", (self.dir / "signer.pem").read_bytes())
        self.list_revoked()
        self.staple("signer")
        self.put("evidence_fuzz", "crl", path + self.der("crl", "root.crl"))
        self.put("evidence_fuzz", "ocsp", path + (self.dir / "signer.ocsp").read_bytes())
        self.revoke("signer")
        self.staple("signer")
        self.put("evidence_fuzz", "crl-revoked", path + self.der("crl", "root.crl"))
        self.put("evidence_fuzz", "ocsp-revoked", path + (self.dir / "signer.ocsp").read_bytes())

    def der(self, what, name):
        self.openssl(what, "-in", name, "-outform", "DER", "-out", "seed.der")
        return (self.dir / "seed.der").read_bytes()

    def of_packages(self):
        image = stage.firmware(150_000, 1)
        self.old = self.make_release("1.0.0", image)
        rich = self.make_release("1.1.0-rc.1", {"mcu": image, "radio": image[:70_000]}, security=2, extra=(
            "--from", "1.0.0..2.0.0", "--bootloader-min", "2",
            "--ramp", f"start=2026-01-01T00:00:00Z,seed={'5a' * 32},0h=1,24h=50,72h=100"))
        for name, package in (("plain", self.old), ("rich", rich)):
            envelope = (package / "manifest.cose").read_bytes()
            for target in ("manifest_fuzz", "cbor_fuzz"):
                self.put(target, name, envelope)
                self.put(target, f"{name}-payload", payload_of(envelope))
            self.airlock("package", "embed", package, "--format", "carton", "--out", "fuzz.carton")
            self.put("carton_fuzz", name, (self.dir / "fuzz.carton").read_bytes())
        keyring = (self.dir / "keys/keyring.cose").read_bytes()
        manifest = payload_of(keyring)
        self.put("keyring_fuzz", "anchor", keyring)
        self.put("manifest_fuzz", "keyring", keyring)
        self.put("cbor_fuzz", "keyring", manifest)
        self.of_certified_packages()
        # The keyring is the largest byte string of its manifest, and the reader takes it alone too.
        self.put("keyring_fuzz", "keyring", max(byte_strings(manifest), key=len))

    def of_certified_packages(self):
        """A keyring that demands certificates, and what then travels with a release."""
        self.list_revoked()
        self.airlock("keyring", "draft", "--from", "keys/keyring.cose", "--policy",
                     "firmware=vendor:1:certified,committee:2:ed25519+slh-dsa:certified", "--certificate-root", "root.pem",
                     "--out", "certified.cose")
        manifest = payload_of((self.dir / "certified.cose").read_bytes())
        self.put("keyring_fuzz", "certified", max(byte_strings(manifest), key=len))
        for name, extra in (("plain", ()), ("whole", ("--crl", "root.crl", "--staple", "signer.ocsp"))):
            try:  # whether or not they hold: the bundle is written first
                self.airlock("certificate", "bundle", self.old, "--keyring", "keys/keyring.cose", "--chain", "signer.pem",
                             *extra)
            except stage.Refused:
                pass
            self.put("bundle_fuzz", name, (self.old / "manifest.certificates").read_bytes())

    def of_metadata(self):
        self.publish(self.old)
        for path in (self.dir / "repo/metadata").glob("*.json"):
            self.put("metadata_fuzz", path.name, path.read_bytes())
        for name, (top, below) in searches().items():
            self.put("metadata_fuzz", f"search-{name}", tuf_repository.canonical(
                {"below": below, "signatures": [], "signed": top}))
        self.of_minimal()

    def of_minimal(self):
        """Root, signatures and list as minimal_fuzz takes them."""
        (self.dir / "tool").write_bytes(b"tool")
        self.airlock("repo", "add", "tool", "--as", "cli/tool", "--repo", "repo", "--keys", "keys")
        for name, only in (("whole", ()), ("one", ("--only", "cli/")), ("none", ("--only", "nothing/"))):
            self.airlock("repo", "export", "--minimal", "--repo", "repo", "--keys", "keys", *only, "--out", name)
            root, listed, signatures = ((self.dir / name / file).read_bytes()
                                        for file in ("root.json", "metadata.json", "metadata.json.sig"))
            self.put("minimal_fuzz", name, framed(root) + framed(signatures) + listed)

    def of_payloads(self):
        """Blocks as patch_fuzz takes them: coding, size, size of the facts, facts, coded bytes; some against its base."""
        text = stage.firmware(3000, 5)
        patched = FUZZ_BASE[:1500] + random.Random(6).randbytes(40) + FUZZ_BASE[:1400]
        for name, image, extra in (("raw", text, ("--storage", "raw")), ("coded", text, ()), ("patch", patched, ())):
            package = self.make_release("2.0.0", image, out=f"payload-{name}", bases=FUZZ_BASE, extra=extra, signers=())
            for path in (package / "artifacts").iterdir():
                payload = path.read_bytes()
                facts, block = (int.from_bytes(payload[at:at + 3], "big") for at in (8, 43))
                numbers = (block >> 22, (len(image) - 1) & 0xFF, (len(image) - 1) >> 8, (facts & 0xFF) - 1, 0, 0)
                self.put("patch_fuzz", f"{name}-{path.name[:8]}", bytes(numbers) + payload[HEAD_SIZE:])
        (self.dir / "base.bin").write_bytes(FUZZ_BASE)
        (self.dir / "image.bin").write_bytes(patched)
        for name, arguments in (("full", ()), ("patch", ("--base", "base.bin")), ("small", ("--base", "base.bin", "--profile", "small"))):
            self.airlock("delta", "make", "image.bin", "--out", f"{name}.delta", *arguments)
            self.put("delta_file_fuzz", name, (self.dir / f"{name}.delta").read_bytes())

    def of_a_device(self):
        """What a device stores, in the middle of an update too; the fuzzers try each as frame and as body."""
        self.make_certificates()
        self.device("provision", "--model", "demo-wallet", "--keyring", "keys/keyring.cose", "--root",
                    "repo/metadata/1.root.json", "--server", "https://127.0.0.1:1", "--ca", "ca.pem",
                    "--component", "mcu=1M", "--firmware", self.old)
        self.keep_state("fresh")
        package = self.make_release("1.1.0", stage.firmware(100_000, 2), security=2)
        consent = ("--consent", self.manifest_digest(package))
        self.device("install", package, *consent, "--trial", "unhealthy")
        self.keep_state("gave-up")
        self.device("install", package, *consent)
        self.keep_state("updated")

    def keep_state(self, name):
        for target, paths in (("record_fuzz", ("areas/record-0.area", "areas/record-1.area")),
                              ("session_fuzz", ("journal",))):
            for path in paths:
                if (stored := self.dir / "device" / path).is_file():
                    frame = stored.read_bytes()
                    end = FRAME_HEAD + int.from_bytes(frame[FRAME_HEAD - 2 : FRAME_HEAD], "big")
                    self.put(target, f"{name}-{stored.stem}", frame[: end + FRAME_CHECKSUM])
                    self.put(target, f"{name}-{stored.stem}-body", frame[FRAME_HEAD:end])
                    if target == "session_fuzz":
                        whole = frame[: end + FRAME_CHECKSUM]
                        report = bytes.fromhex("83050459") + struct.pack(">H", len(whole)) + whole
                        self.put("link_fuzz", f"{name}-report", link_frame(report))


def framed(piece):
    return len(piece).to_bytes(2, "big") + piece


def byte_strings(data):
    """Every byte string that stands in these bytes by its CBOR head, wherever it begins."""
    for at, first in enumerate(data):
        width = {0x58: 1, 0x59: 2}.get(first)
        if width is None:
            continue
        size = int.from_bytes(data[at + 1 : at + 1 + width], "big")
        if 32 < size <= len(data) - at - 1 - width:
            yield data[at + 1 + width : at + 1 + width + size]


def payload_of(envelope):
    return max(byte_strings(envelope), key=len)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    seeds = Seeds()
    seeds.setUp()
    try:
        seeds.make(pathlib.Path(sys.argv[1]).resolve())
    finally:
        seeds.tearDown()


main()
