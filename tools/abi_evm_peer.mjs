// ethers and viem beside engine/abi/evm, from the packages in $AIRLOCK_PEERS.
//
// cases COUNT      random types and values, one JSON line each, where both libraries make the same bytes
// workloads        the calls that tools/bench_abi.py measures, with their ABIs
// bench FILE       decodes those calls, and prints nanoseconds of processor time a call as JSON
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.env.AIRLOCK_PEERS, "package.json"));
const ethers = require("ethers");
const viem = require("viem");

const CALLS = 64;
const ROUNDS = 5;
const ROUND_MS = 150;
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

const spelled = (value) => (typeof value === "bigint" ? value.toString() : value);

function cases(count) {
  console.error(`AIRLOCK_SEED=${state}`);
  const coder = ethers.AbiCoder.defaultAbiCoder();
  for (let i = 0; i < count; ++i) {
    const types = Array.from({ length: 1 + below(5) }, () => random_type(4));
    const params = types.map((type) => without_names(ethers.ParamType.from(type)));
    const values = params.map(random_value);
    const data = coder.encode(types, values);
    if (viem.encodeAbiParameters(params, values) !== data) throw new Error(`the libraries differ on ${types}`);
    console.log(JSON.stringify({ id: `peer-${i}`, types, values, data }, (_, value) => spelled(value)));
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

const [command, argument] = process.argv.slice(2);
if (command === "cases") cases(Number(argument));
else if (command === "workloads") workloads();
else if (command === "bench") bench(argument);
else throw new Error("usage: abi_evm_peer.mjs cases COUNT | workloads | bench FILE");
