// ethers and viem beside engine/abi/evm, from the packages in $AIRLOCK_PEERS.
//
// corpus FOLDER [FOUND]   random types, random ABIs with calls, returns, errors and events, and malformed input, also what
//                         evm_call_fuzz left in FOUND: what both libraries make of them, as the files that the tests
//                         EvmCorpus.* read
// counted REPORT FOLDER   says how many cases each of those tests passed by its report, which must be all of its file
// workloads               the calls that tools/bench_abi.py measures, with their ABIs
// bench FILE              decodes those calls, and prints nanoseconds of processor time a call as JSON
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { gunzipSync, gzipSync } from "node:zlib";

const require = createRequire(path.join(process.env.AIRLOCK_PEERS, "package.json"));
const ethers = require("ethers");
const viem = require("viem");

const CALLS = 64;
const ROUNDS = 5;
const ROUND_MS = 150;
const TYPES = 2000;
const MALFORMED = 4000;
const ABIS = 100;
const ENTRIES = { function: 12, event: 10, error: 6 };  // of an ABI
const CASES = 2;                                        // of an entry
const INDEXED_MAX = 3;
const READERS = {
  DecodesRandomTypesToTheValuesOfBothLibraries: "random_types.jsonl.gz",
  EncodesRandomTypesToTheBytesOfBothLibraries: "random_types.jsonl.gz",
  DecodesCallsOfRealContracts: "calls.jsonl",
  EncodesCallsOfRealContracts: "calls.jsonl",
  DecodesReturnsOfRealContracts: "returns.jsonl",
  DecodesErrorsOfRealContracts: "errors.jsonl",
  DecodesEventsOfRealContracts: "events.jsonl",
  GivesTheChainsVerdictOnMalformedInput: "malformed.jsonl",
};
const SIGNATURES = {
  transfer: "function transfer(address to, uint256 value)",
  exactInputSingle: "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 deadline, " +
    "uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
  exactInput: "function exactInput((bytes path, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum) " +
    "params) payable returns (uint256 amountOut)",
  seaport: "function fulfillAdvancedOrder(((address offerer, address zone, (uint8 itemType, address token, uint256 " +
    "identifierOrCriteria, uint256 startAmount, uint256 endAmount)[] offer, (uint8 itemType, address token, uint256 " +
    "identifierOrCriteria, uint256 startAmount, uint256 endAmount, address recipient)[] consideration, uint8 orderType, uint256 " +
    "startTime, uint256 endTime, bytes32 zoneHash, uint256 salt, bytes32 conduitKey, uint256 totalOriginalConsiderationItems) " +
    "parameters, uint120 numerator, uint120 denominator, bytes signature, bytes extraData) advancedOrder, (uint256 orderIndex, " +
    "uint8 side, uint256 index, uint256 identifier, bytes32[] criteriaProof)[] criteriaResolvers, bytes32 fulfillerConduitKey, " +
    "address recipient) payable returns (bool fulfilled)",
  safe: "function execTransaction(address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas, " +
    "uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures) payable returns (bool success)",
};

// xorshift: another seed each run, printed, so that a failure can be made again.
let state = Number(process.env.AIRLOCK_SEED ?? Date.now() % 0x7fffffff) || 1;
function below(limit) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}
const one_of = (list) => list[below(list.length)];
const times = (count, make) => Array.from({ length: count }, (_, place) => make(place));
const hex = (size) => "0x" + Array.from({ length: size }, () => below(256).toString(16).padStart(2, "0")).join("");

function integer(type, bits) {
  const size = below(4) === 0 ? bits : 1 + below(bits);
  const value = BigInt(hex(32)) & ((1n << BigInt(size)) - 1n);
  return type.startsWith("int") ? BigInt.asIntN(bits, value) : value;
}

const TEXTS = ["", "a", "\u{1f680}\u202eabc", "x".repeat(31), "\u00e9".repeat(33), "\u0007\n\"\\"];
function random_value(type) {
  const array = /^(.*)\[(\d*)\]$/.exec(type.type);
  if (array) {
    const count = array[2] === "" ? below(4) : Number(array[2]);
    return Array.from({ length: count }, () => random_value({ ...type, type: array[1] }));
  }
  if (type.type === "tuple") return type.components.map(random_value);
  if (type.type === "address") return ethers.getAddress(hex(20));
  if (type.type === "bool") return below(2) === 1;
  if (type.type === "string") return TEXTS[below(TEXTS.length)];
  if (type.type === "bytes") return hex([0, 1, 31, 32, 33, below(200)][below(6)]);
  if (type.type.startsWith("bytes")) return hex(Number(type.type.slice(5)));
  return integer(type.type, Number(type.type.replace(/\D/g, "")));
}

function random_type(depth) {
  const kind = below(depth > 0 ? 9 : 6);
  if (kind === 0) return `uint${8 * (1 + below(32))}`;
  if (kind === 1) return `int${8 * (1 + below(32))}`;
  if (kind === 2) return `bytes${1 + below(32)}`;
  if (kind < 6) return ["address", "bool", "string", "bytes"][below(4)];
  if (kind === 6) return `(${Array.from({ length: 1 + below(4) }, () => random_type(depth - 1)).join(",")})`;
  return random_type(depth - 1) + (kind === 7 ? "[]" : `[${1 + below(3)}]`);
}

// ethers names every component and viem reads them by place only where none has a name.
function without_names(param) {
  const kept = { type: param.type.replace(/^tuple(\(.*\))/, "tuple") };
  if (param.type.startsWith("tuple")) kept.type = "tuple" + /((\[\d*\])*)$/.exec(param.type)[1];
  const components = param.components ?? base_components(param);
  if (components) kept.components = components.map(without_names);
  return kept;
}
function base_components(param) {
  let inner = param;
  while (inner.baseType === "array") inner = inner.arrayChildren;
  return inner.components;
}

// Integers are text: viem makes numbers of the small ones and ethers of none.
const spelled = (value) => (typeof value === "bigint" || typeof value === "number" ? value.toString() : value);
const json = (value) => JSON.stringify(value, (_, part) => spelled(part));

// same returns what all of them say.
function same(what, first, ...others) {
  for (const other of others)
    if (json(other) !== json(first)) throw new Error(`the libraries differ on ${what}: ${json(first)} ${json(other)}`);
  return first;
}

const coder = ethers.AbiCoder.defaultAbiCoder();
const unnamed = (type) => without_names(ethers.ParamType.from(type));
const encode = (types, values) =>
  same(types, coder.encode(types, values), viem.encodeAbiParameters(types.map(unnamed), values));
const by_ethers = (types, data) => coder.decode(types, data).toArray(true);
const by_viem = (types, data) => viem.decodeAbiParameters(types.map(unnamed), data);

function type_case() {
  const types = times(1 + below(5), () => random_type(4));
  const values = types.map(unnamed).map(random_value);
  const data = encode(types, values);
  return { types, values: same(types, values, by_ethers(types, data), by_viem(types, data)), data };
}

// ---- random ABIs

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$0123456789";
const MUTABILITIES = ["pure", "view", "nonpayable", "payable"];
const word = () => LETTERS[below(54)] + times(below(12), () => LETTERS[below(LETTERS.length)]).join("");

function named(param, place) {
  const kept = { ...param, name: below(5) === 0 ? "" : `${word()}_${place}` };
  if (param.components) kept.components = param.components.map(named);
  return kept;
}
const parameters = (count) => times(count, (place) => named(unnamed(random_type(3)), place));

function some_indexed(inputs) {
  let left = INDEXED_MAX;
  return inputs.map((input) => ({ ...input, indexed: below(2) === 0 && left-- > 0 }));
}

function random_entry(type, name) {
  const entry = { type, name, inputs: parameters(below(6)) };
  if (type === "error") return entry;
  if (type === "event") return { ...entry, inputs: some_indexed(entry.inputs), anonymous: below(8) === 0 };
  return { ...entry, outputs: parameters(below(5)), stateMutability: one_of(MUTABILITIES) };
}

// viem reads by place only what has no names.
function without_any_names(entry) {
  const kept = { ...entry };
  const strip = (param) => ({ ...without_names(param), indexed: param.indexed });
  for (const side of ["inputs", "outputs"]) if (entry[side]) kept[side] = entry[side].map(strip);
  return kept;
}

function of_both(entry) {
  const fragment = ethers.Fragment.from(entry);
  return { ...entry, fragment, plain: without_any_names(entry), signature: fragment.format("sighash") };
}

// Some names come twice, with other parameters.
function random_entries(type, count) {
  const made = new Map();
  while (made.size < count) {
    const twin = below(4) === 0 ? one_of([...made.values()]) : undefined;
    const entry = of_both(random_entry(type, twin?.name ?? word()));
    if (!made.has(entry.signature)) made.set(entry.signature, entry);
  }
  return [...made.values()];
}

// What every contract may return, whatever its ABI.
const panics = [{ type: "error", name: "Error", inputs: [{ name: "", type: "string" }] },
                { type: "error", name: "Panic", inputs: [{ name: "", type: "uint256" }] }].map(of_both);

function random_abi() {
  const made = {};
  for (const [type, count] of Object.entries(ENTRIES)) made[type] = random_entries(type, count);
  const all = Object.values(made).flat();
  const abi = all.map(({ fragment, plain, signature, ...entry }) => entry);
  return { ...made, abi, ethers: new ethers.Interface(abi), viem: all.map((entry) => entry.plain) };
}

function call_case(made, { inputs, fragment, plain, signature }) {
  const values = inputs.map(random_value);
  const asked = { abi: [plain], functionName: plain.name };
  const data = same(signature, made.ethers.encodeFunctionData(fragment, values),
                    viem.encodeFunctionData({ ...asked, args: values }));
  const parsed = made.ethers.parseTransaction({ data });
  same("a selector", signature, parsed.signature);
  const args = same(signature, values, parsed.args.toArray(true),
                    viem.decodeFunctionData({ abi: made.viem, data }).args ?? []);
  return { signature, selector: data.slice(0, 10), data, args };
}

// viem has one value as it is and many as a list.
function return_case(made, { outputs, fragment, plain, signature }) {
  const given = outputs.map(random_value);
  const asked = { abi: [plain], functionName: plain.name };
  const data = same(signature, made.ethers.encodeFunctionResult(fragment, given),
                    viem.encodeFunctionResult({ ...asked, result: given.length === 1 ? given[0] : given }));
  const result = viem.decodeFunctionResult({ ...asked, data });
  const values = same(signature, given, made.ethers.decodeFunctionResult(fragment, data).toArray(true),
                      given.length === 1 ? [result] : result ?? []);
  return { signature, data, values };
}

function error_case(made, { inputs, fragment, plain, signature }) {
  const values = inputs.map(random_value);
  const data = same(signature, made.ethers.encodeErrorResult(fragment, values),
                    viem.encodeErrorResult({ abi: [plain], errorName: plain.name, args: values }));
  const parsed = made.ethers.parseError(data);
  same("a selector", signature, parsed.signature);
  const args = same(signature, values, parsed.args.toArray(true),
                    viem.decodeErrorResult({ abi: made.viem, data }).args ?? []);
  return { signature, selector: data.slice(0, 10), data, args };
}

// Neither library hashes an indexed tuple or array: there a random word stands for the hash.
const is_composite = (input) => /^tuple|\]$/.test(input.type);
const is_hashed = (input) => input.indexed && (is_composite(input) || /^(bytes|string)$/.test(input.type));
function with_words(event) {
  const inputs = event.inputs.map((input) =>
    (input.indexed && is_composite(input) ? { ...input, type: "bytes32", components: undefined } : input));
  return of_both({ type: "event", name: event.name, inputs });
}

function log_of(event, values) {
  const { inputs, fragment, plain } = with_words(event);
  const part = (indexed) => values.filter((_, place) => inputs[place].indexed === indexed);
  const theirs = { data: viem.encodeAbiParameters(plain.inputs.filter((input) => !input.indexed), part(false)),
                   topics: viem.encodeEventTopics({ abi: [plain], eventName: plain.name, args: part(true) }) };
  const log = same(event.signature, new ethers.Interface([fragment]).encodeEventLog(fragment, values), theirs);
  const key = same(event.signature, event.fragment.topicHash, viem.toEventSelector(event.signature));
  return { topics: [key, ...log.topics.slice(1)], data: log.data };
}

function event_case(made, event) {
  const { signature, inputs } = event;
  const values = with_words(event).inputs.map(random_value);
  const log = log_of(event, values);
  const hashes = log.topics.slice(1);
  const topics = inputs.map((input) => (input.indexed ? hashes.shift() : undefined));
  const given = values.map((value, place) => (is_hashed(inputs[place]) ? { hash: topics[place] } : value));
  const parsed = made.ethers.parseLog(log);
  same("a topic", signature, parsed.signature);
  const of_ethers = parsed.args.toArray(true).map((arg) => (arg instanceof ethers.Indexed ? { hash: arg.hash } : arg));
  const of_viem = (viem.decodeEventLog({ abi: made.viem, ...log }).args ?? [])
    .map((arg, place) => (is_hashed(inputs[place]) ? { hash: arg } : arg));
  const args = same(signature, given, of_ethers, of_viem);
  return { signature, ...log, indexed: inputs.map((input) => input.indexed), args };
}

// ---- malformed input

function flipped(data, place) {
  const changed = Buffer.from(data);
  changed[place] ^= 1 << below(8);
  return changed;
}

// The first parameter is a word, the next two are of one type behind offsets, and the last has its padding at the end.
const WORDS = { address: 12, bool: 31, uint8: 31, uint24: 29, uint48: 26, int16: 30, int40: 27 };
const dynamic_type = () =>
  one_of(["bytes", "string", `${random_type(2)}[]`, `(${random_type(2)},bytes)`, `${random_type(1)}[][2]`]);
function sound_case() {
  const twice = dynamic_type();
  const types = [one_of(Object.keys(WORDS)), twice, twice, ...times(below(3), () => random_type(3)), "bytes"];
  const values = types.map(unnamed).map(random_value);
  return { types, values, data: Buffer.from(encode(types, values).slice(2), "hex") };
}

function tail_padding({ values, data }) {
  const spare = -ethers.dataLength(values.at(-1)) & 31;
  return spare > 0 ? { data: flipped(data, data.length - 1 - below(spare)), values } : undefined;
}

function offset_shared({ values, data }) {
  const changed = Buffer.from(data);
  data.copy(changed, 64, 32, 64);
  return { data: changed, values: values.map((value, place) => (place === 2 ? values[1] : value)) };
}

// Where the rule is known beforehand: with `values` it is what the chain still reads, without them the chain reverts.
const MUTATIONS = {
  truncated: ({ data }) => ({ data: data.subarray(0, below(data.length)) }),
  offset_flipped: ({ data }) => ({ data: flipped(data, 32 + below(64)) }),
  bit_flipped: ({ data }) => ({ data: flipped(data, below(data.length)) }),
  word_padding: ({ types, data }) => ({ data: flipped(data, below(WORDS[types[0]])) }),
  trailing: ({ values, data }) => ({ data: Buffer.concat([data, ethers.getBytes(hex(1 + below(70)))]), values }),
  tail_padding,
  offset_shared,
};

function read(how, types, data) {
  try {
    return how(types, data);
  } catch {
    return undefined;
  }
}

// Both must refuse what the chain refuses, else it is no case: a string that is no UTF-8 stops ethers alone. But a
// word's padding ethers looks at in addresses only, and viem in bools and small integers: there one is enough.
function malformed_case() {
  const { types, ...sound } = sound_case();
  const mutation = one_of(Object.keys(MUTATIONS));
  const changed = MUTATIONS[mutation]({ types, ...sound });
  if (!changed) return undefined;
  const data = "0x" + changed.data.toString("hex");
  const found = [by_ethers, by_viem].map((how) => read(how, types, data));
  if (changed.values) {
    const values = same(`${mutation} of ${types}`, changed.values, ...found);
    return { types, mutation, data, chain: "accept", canonical: false, chain_reencoded: encode(types, values),
             chain_values: values };
  }
  const refusals = found.filter((values) => values === undefined).length;
  if (refusals < (mutation === "word_padding" ? 1 : 2)) return undefined;
  return { types, mutation, data, chain: "revert", canonical: false };
}

function malformed_cases() {
  const kept = [];
  let left_out = 0;
  while (kept.length < MALFORMED) {
    const made = malformed_case();
    if (made) kept.push(made);
    else ++left_out;
  }
  console.error(`malformed: ${left_out} more left out, where the libraries do not show what the chain does`);
  return kept;
}

// What a fuzz target found: a signature, a line feed, data. It is a case where both libraries refuse, or read values
// whose one encoding the data is; what else they take, they take more lightly than the chain.
function found_case(file) {
  const content = fs.readFileSync(file);
  const line = content.indexOf(10);
  const parsed = line < 0 ? undefined : read(() => ethers.FunctionFragment.from(content.subarray(0, line).toString("latin1")));
  if (!parsed || parsed.inputs.length === 0) return undefined;
  const types = parsed.inputs.map((input) => input.format("sighash"));
  const data = "0x" + content.subarray(line + 1).toString("hex");
  const [first, second] = [by_ethers, by_viem].map((how) => read(how, types, data));
  const made = { types, mutation: `found ${path.basename(file)}`, data };
  if (!first && !second) return { ...made, chain: "revert", canonical: false };
  if (!first || !second || json(first) !== json(second) || read(encode, types, first) !== data) return undefined;
  return { ...made, chain: "accept", canonical: true, chain_values: first };
}

function found_cases(folder) {
  if (!folder) return [];
  const files = fs.readdirSync(folder).map((name) => path.join(folder, name));
  const cases = files.map(found_case).filter(Boolean);
  console.error(`found by fuzzing: ${cases.length} of ${files.length} are cases`);
  return cases;
}

// ---- the files

function write_cases(folder, file, cases) {
  const id = file.split(".")[0];
  const text = cases.map((one, place) => json({ id: `${id}-${place}`, ...one }) + "\n").join("");
  fs.writeFileSync(path.join(folder, file), file.endsWith(".gz") ? gzipSync(text) : text);
}

function corpus(folder, found) {
  console.error(`AIRLOCK_SEED=${state}`);
  fs.mkdirSync(path.join(folder, "abi"), { recursive: true });
  const cases = { calls: [], returns: [], events: [], errors: [] };
  for (let i = 0; i < ABIS; ++i) {
    const made = random_abi();
    const abi = `abi/random-${i}.json`;
    fs.writeFileSync(path.join(folder, abi), JSON.stringify(made.abi));
    const add = (list, make, entries) => {
      for (const entry of entries) list.push(...times(CASES, () => ({ abi, ...make(made, entry) })));
    };
    add(cases.calls, call_case, made.function);
    add(cases.returns, return_case, made.function);
    // Nothing in a log says that it is of an anonymous event: those only stand by.
    add(cases.events, event_case, made.event.filter((event) => !event.anonymous));
    add(cases.errors, error_case, [...made.error, ...panics]);
  }
  for (const [name, list] of Object.entries(cases)) write_cases(folder, `${name}.jsonl`, list);
  write_cases(folder, "random_types.jsonl.gz", times(TYPES, type_case));
  write_cases(folder, "malformed.jsonl", [...malformed_cases(), ...found_cases(found)]);
  fs.writeFileSync(path.join(folder, "manifest.json"), "{}\n");
}

function lines_in(file) {
  const content = fs.readFileSync(file);
  return (file.endsWith(".gz") ? gunzipSync(content) : content).toString().trimEnd().split("\n").length;
}

// A test that was not run, or that skipped itself, is no success.
function counted(report, folder) {
  const suites = JSON.parse(fs.readFileSync(report, "utf8")).testsuites;
  const tests = suites.flatMap((suite) => suite.testsuite);
  for (const [name, file] of Object.entries(READERS)) {
    const test = tests.find((one) => one.classname === "EvmCorpus" && one.name === name);
    const cases = lines_in(path.join(folder, file));
    if (test?.result !== "COMPLETED" || test.failures || Number(test.vectors) !== cases)
      throw new Error(`EvmCorpus.${name} passed not all of ${cases} cases of ${file}`);
    console.log(`ethers and viem: EvmCorpus.${name} passed ${cases} of ${cases} cases`);
  }
}

function workloads() {
  const made = {};
  const abi = JSON.parse(new ethers.Interface(Object.values(SIGNATURES)).formatJson());
  for (const [name, signature] of Object.entries(SIGNATURES)) {
    const own = new ethers.Interface([signature]);
    const fragment = own.fragments[0];
    const params = fragment.inputs.map(without_names);
    const calldata = [];
    while (calldata.length < CALLS) calldata.push(own.encodeFunctionData(fragment, params.map(random_value)));
    made[name] = { own: JSON.parse(own.formatJson()), abi, calldata };
  }
  console.log(JSON.stringify(made));
}

// The smallest of several rounds: what another process took away is in none of them.
function time(decode, calls) {
  for (const call of calls) decode(call);
  let best = Infinity;
  for (let round = 0; round < ROUNDS; ++round) {
    const since = process.cpuUsage();
    let done = 0;
    let used = 0;
    while (used < ROUND_MS) {
      for (const call of calls) decode(call);
      done += calls.length;
      const now = process.cpuUsage(since);
      used = (now.user + now.system) / 1000;
    }
    best = Math.min(best, (used * 1e6) / done);
  }
  return best;
}

function bench(file) {
  const found = {};
  for (const [name, { own, calldata }] of Object.entries(JSON.parse(fs.readFileSync(file, "utf8")))) {
    const ours = new ethers.Interface(own);
    found[name] = { viem: time((data) => viem.decodeFunctionData({ abi: own, data }), calldata),
                    ethers: time((data) => ours.parseTransaction({ data }), calldata) };
  }
  console.log(JSON.stringify(found));
}

const [command, argument, folder] = process.argv.slice(2);
if (command === "corpus") corpus(argument, folder);
else if (command === "counted") counted(argument, folder);
else if (command === "workloads") workloads();
else if (command === "bench") bench(argument);
else throw new Error("usage: abi_evm_peer.mjs corpus FOLDER [FOUND] | counted REPORT FOLDER | workloads | bench FILE");
