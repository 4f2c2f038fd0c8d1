// The cases of calls of ERC-7730's registry, formatted by @ethereum-sourcify/clear-signing with everything in
// memory. Usage: clear_signing_peer.mjs FOLDER SECONDS; prints {"cases", "equal", "per_second"} of its CPU time.
import { readdirSync, readFileSync, existsSync } from "node:fs";
import { join, normalize } from "node:path";
import { createRequire } from "node:module";

const require = createRequire(join(process.env.AIRLOCK_PEERS, "package.json"));
const { format } = require("@ethereum-sourcify/clear-signing");
const [root, seconds] = [process.argv[2], Number(process.argv[3] ?? 2)];

const CURRENCIES = { 1: "ETH", 10: "ETH", 56: "BNB", 137: "POL", 146: "S", 8453: "ETH", 42161: "ETH", 43114: "AVAX",
  11155111: "ETH" };

function rlp(bytes, at) {
  const first = bytes[at];
  if (first < 0x80) return { begin: at, end: at + 1 };
  const list = first >= 0xc0, short = first - (list ? 0xc0 : 0x80);
  if (short <= 55) return { begin: at + 1, end: at + 1 + short };
  const width = short - 55, size = Number("0x" + bytes.subarray(at + 1, at + 1 + width).toString("hex"));
  return { begin: at + 1 + width, end: at + 1 + width + size };
}

function transaction(hex) {
  const bytes = Buffer.from(hex.slice(2), "hex"), typed = bytes[0] < 0xc0;
  const list = rlp(bytes, typed ? 1 : 0), items = [];
  for (let at = list.begin; at < list.end;) {
    const item = rlp(bytes, at);
    items.push(bytes.subarray(item.begin, item.end));
    at = item.end;
  }
  const number = (item) => (item.length ? BigInt("0x" + item.toString("hex")) : 0n);
  const first = typed ? (bytes[0] === 2 ? 5 : 4) : 3;
  return { chainId: Number(number(items[typed ? 0 : 6])), to: "0x" + items[first].toString("hex"),
    value: number(items[first + 1]), data: "0x" + items[first + 2].toString("hex") };
}

const index = { calldataIndex: {}, typedDataIndex: {} }, files = new Map();
const read = (path) => files.get(path) ?? files.set(path, JSON.parse(readFileSync(join(root, path)))).get(path);
const tests = [];
for (const project of readdirSync(join(root, "registry"))) {
  const folder = join("registry", project);
  for (const name of readdirSync(join(root, folder)).filter((one) => /^calldata-.*\.json$/.test(one))) {
    for (const { chainId, address } of read(join(folder, name)).context?.contract?.deployments ?? [])
      index.calldataIndex[`eip155:${chainId}:${address.toLowerCase()}`] ??= join(folder, name);
  }
  const cases = join(folder, "testsv2");
  if (!existsSync(join(root, cases))) continue;
  for (const name of readdirSync(join(root, cases)).filter((one) => one.startsWith("calldata-"))) {
    const file = read(join(cases, name)), data = file.dataProvider ?? {};
    const lookup = (map, key) => Object.entries(map ?? {}).find(([at]) => at.toLowerCase() === key.toLowerCase())?.[1] ?? null;
    const named = (name) => (name ? { name, typeMatch: true } : null);
    const path = normalize(join(cases, file.descriptor));
    for (const test of file.tests) {
      const tx = { ...transaction(test.rawTx), ...(test.from ? { from: test.from } : {}) };
      // The case names its descriptor, which another one of the same contract may stand before.
      const own = { ...index, calldataIndex: Object.create(index.calldataIndex) };
      own.calldataIndex[`eip155:${tx.chainId}:${tx.to}`] = path;
      tests.push({ tx, expected: test.expected, opts: {
        descriptorResolverOptions: { type: "custom", resolver: { index: own, fetchDescriptor: async (at) => read(at) } },
        externalDataProvider: {
          resolveToken: async (_, address) => lookup(data.tokens, address),
          resolveLocalName: async (address) => named(lookup(data.addressNames, address)),
          resolveEnsName: async (address) => named(lookup(data.ensNames, address)),
          resolveNftCollectionName: async (_, address) => named(lookup(data.nftCollectionNames, address)),
          resolveBlockTimestamp: async (_, block) => (data.blockTimestamps?.[block] ? { timestamp: data.blockTimestamps[block] } : null),
          resolveChainInfo: async (id) => (CURRENCIES[id] ? { name: String(id), nativeCurrency: { symbol: CURRENCIES[id], decimals: 18 } } : null),
        } } });
    }
  }
}

const flat = (fields) => (fields ?? []).flatMap((one) => (one.fields ? flat(one.fields) : [one]));
const shown = (display) => ({ intent: display.intent, interpolatedIntent: display.interpolatedIntent, owner: display.metadata?.owner,
  fields: flat(display.fields).map((one) => ({ label: one.label,
    value: one.embeddedCalldata?.display.fields ? shown(one.embeddedCalldata.display) : one.value })) });
const plain = ({ intent, owner, fields }) => JSON.stringify([intent, owner, fields.map((one) =>
  [one.label, typeof one.value === "string" ? one.value : plain(one.value)])]);

let equal = 0;
for (const { tx, expected, opts } of tests) equal += plain(shown(await format(tx, opts))) === plain(expected) ? 1 : 0;
let rounds = 0;
const since = process.cpuUsage();
const spent = () => { const used = process.cpuUsage(since); return (used.user + used.system) / 1e6; };
while (spent() < seconds) {
  for (const { tx, opts } of tests) await format(tx, opts);
  ++rounds;
}
console.log(JSON.stringify({ cases: tests.length, equal, per_second: (rounds * tests.length) / spent() }));
process.exitCode = equal === tests.length ? 0 : 1;
