// @mysten/move-bytecode-template, @mysten/bcs, @mysten/sui and @aptos-labs/ts-sdk beside engine/abi/move, from the
// packages in PEERS.
//
// write PEERS FOLDER          random modules, changed modules, values, payloads of Aptos and transactions of Sui, with what
//                             the libraries make of them, as the files that the tests MoveCorpus.* read
// bench PEERS FOLDER ROUNDS   time to read every module of a folder, the fastest round's processor time, as JSON on one line:
//                             {"seconds": .., "bytes": .., "modules": ..}
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const MODULES = 300;
const CHANGED = 2000;
const VALUES = 2000;
const PAYLOADS = 1000;
const TRANSACTIONS = 500;
const APTOS_ARGUMENTS_MAX = 6;
const PAYLOAD_SIZE_MAX = 64 << 10; // the chain's own limit

const [mode, peers, folder, rounds] = process.argv.slice(2);
const require = createRequire(join(peers, "x.js"));
const template = require("@mysten/move-bytecode-template");

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
const random_bytes = (size) => times(size, () => below(256));
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const address = () => "0x" + hex(random_bytes(32));
const lines = (name, list) => writeFileSync(join(folder, name), list.map((line) => JSON.stringify(line) + "\n").join(""));

function integer(bits) {
  const kind = below(8);
  if (kind === 0) return 0n;
  if (kind === 1) return (1n << BigInt(bits)) - 1n;
  return BigInt("0x" + hex(random_bytes(bits / 8))) >> BigInt(below(bits));
}
const TEXTS = ["", "a", "\u{1f680}\u202eabc", "x".repeat(127), "x".repeat(128), "\u00e9".repeat(33), "\n\"\\"];
const bits_of = (type) => Number(type.slice(1));

// ---- modules

const PLAIN = ["Bool", "U8", "U16", "U32", "U64", "U128", "U256", "Address"];
const LIBRARY = [["string", "String", 0], ["ascii", "String", 0], ["option", "Option", 1], ["object", "Object", 1], ["other", "Thing", 2]];

// A module as the reference's objects: its names, structs, enums (of Sui's version 7) and functions.
class RandomModule {
  constructor(place) {
    this.made = { version: below(3) ? 6 : 7, self_module_handle_idx: 0, module_handles: [], datatype_handles: [],
      function_handles: [], field_handles: [], friend_decls: [], struct_def_instantiations: [], function_instantiations: [],
      field_instantiations: [], signatures: [], identifiers: [], address_identifiers: [], constant_pool: [], metadata: [],
      struct_defs: [], function_defs: [], enum_defs: [], enum_def_instantiations: [], variant_handles: [],
      variant_instantiation_handles: [] };
    this.name = `m${place}`;
    this.address = hex(random_bytes(32));
    this.made.address_identifiers.push(this.address, "1".padStart(64, "0"), hex(random_bytes(32)));
    this.made.module_handles.push({ address: 0, name: this.identifier(this.name) });
    for (const [module, name, parameters] of LIBRARY)
      this.add_datatype(this.add_module(module === "other" ? 2 : 1, module), name, 7, parameters);
    times(below(6), (number) => this.add_struct(number));
    if (this.made.version === 7) times(below(3), (number) => this.add_enum(number));
    this.calls = times(1 + below(4), (number) => this.add_entry(number));
    times(below(8), (number) => this.add_function(number));
    this.add_the_rest();
  }
  identifier(name) {
    const found = this.made.identifiers.indexOf(name);
    return found >= 0 ? found : this.made.identifiers.push(name) - 1;
  }
  signature(types) {
    const text = JSON.stringify(types);
    const found = this.made.signatures.findIndex((other) => JSON.stringify(other) === text);
    return found >= 0 ? found : this.made.signatures.push(types) - 1;
  }
  add_module(place, name) {
    return this.made.module_handles.push({ address: place, name: this.identifier(name) }) - 1;
  }
  add_datatype(module, name, abilities, parameters) {
    return this.made.datatype_handles.push({ module, name: this.identifier(name), abilities,
      type_parameters: times(parameters, () => ({ constraints: below(16), is_phantom: below(2) === 1 })) }) - 1;
  }
  // Structs and enums contain only what stands before them, so that none contains itself.
  type(parameters, depth = 3) {
    const kind = below(depth > 0 ? 10 : 5);
    if (kind < 4) return one_of(PLAIN);
    if (kind === 4) return parameters ? { TypeParameter: below(parameters) } : "U64";
    if (kind < 7) return { Vector: this.type(parameters, depth - 1) };
    const datatype = below(this.made.datatype_handles.length);
    const arguments_ = this.made.datatype_handles[datatype].type_parameters.map(() => this.type(parameters, depth - 1));
    return arguments_.length ? { DatatypeInstantiation: [datatype, arguments_] } : { Datatype: datatype };
  }
  fields(parameters) {
    return times(below(5), (place) => ({ name: this.identifier(`f${place}`), signature: this.type(parameters) }));
  }
  add_struct(number) {
    const parameters = below(3) ? 0 : 1 + below(2);
    const declared = { Declared: this.fields(parameters) };
    if (declared.Declared.length) this.made.field_handles.push({ owner: this.made.struct_defs.length, field: 0 });
    const struct_handle = this.add_datatype(0, `S${number}`, below(16), parameters);
    this.made.struct_defs.push({ struct_handle, field_information: below(8) ? declared : "Native" });
    if (this.made.struct_defs.at(-1).field_information === "Native" && declared.Declared.length) this.made.field_handles.pop();
  }
  add_enum(number) {
    const parameters = below(2);
    const enum_def = this.made.enum_defs.length;
    const variants = times(1 + below(4), (place) =>
      ({ variant_name: this.identifier(`V${place}`), fields: this.fields(parameters) }));
    this.made.enum_defs.push({ enum_handle: this.add_datatype(0, `E${number}`, below(16), parameters), variants });
    const variant = () => below(variants.length);
    this.made.variant_handles.push({ enum_def, variant: variant() });
    const instance = this.made.enum_def_instantiations.push({ def: enum_def, type_parameters: this.signature([]) }) - 1;
    this.made.variant_instantiation_handles.push({ enum_def: instance, variant: variant() });
  }
  add_function_of(name, visibility, is_entry, parameters, types, results) {
    const handle = this.made.function_handles.push({ module: 0, name: this.identifier(name), parameters: this.signature(types),
      return_: this.signature(results), type_parameters: times(parameters, () => below(16)) }) - 1;
    this.made.function_defs.push({ function: handle, visibility, is_entry, acquires_global_resources: [], code: this.code(handle) });
  }
  add_function(number) {
    const parameters = below(3) ? 0 : 1 + below(3);
    const argument = () => {
      const type = this.type(parameters);
      return below(4) ? type : { [one_of(["Reference", "MutableReference"])]: type };
    };
    this.add_function_of(`g${number}`, one_of(["Private", "Public", "Friend"]), below(4) === 0, parameters,
                         times(below(6), argument), times(below(3), argument));
  }
  // What a transaction of Aptos can give: plain values, texts, options, objects, and what the call's own types are.
  argument(parameters, depth, in_option) {
    const kind = below(depth > 0 ? 10 : 6);
    if (kind < 4) return one_of(PLAIN);
    if (kind === 4) return { Datatype: 0 };
    if (kind === 5) return parameters ? { TypeParameter: below(parameters) } : { DatatypeInstantiation: [3, [{ Datatype: 1 }]] };
    if (kind < 9 || in_option) return { Vector: this.argument(parameters, depth - 1, false) };
    return { DatatypeInstantiation: [2, [this.argument(parameters, depth - 1, true)]] };
  }
  add_entry(number) {
    const parameters = below(3);
    const given = times(below(APTOS_ARGUMENTS_MAX), () => this.argument(parameters, 2, false));
    const signers = one_of([[], ["Signer"], [{ Reference: "Signer" }], [{ Reference: "Signer" }, "Signer"]]);
    this.add_function_of(`call${number}`, one_of(["Private", "Public"]), true, parameters, [...signers, ...given], []);
    return { name: `call${number}`, parameters, given };
  }
  code(handle) {
    if (below(6) === 0) return null;
    const { struct_defs, enum_defs, function_handles } = this.made;
    const of_enums = ["Pack", "Unpack"].flatMap((verb) => [{ [`${verb}Variant`]: below(enum_defs.length) },
      { [`${verb}VariantGeneric`]: below(enum_defs.length) }]).concat([{ UnpackVariantImmRef: 0 }, { VariantSwitch: 0 }]);
    const made = times(below(12), () => one_of([{ LdU8: below(256) }, { LdU64: integer(64) }, { LdU128: integer(128) },
      { LdU16: below(65536) }, { LdU32: below(65536) }, "Pop", "Add", "LdTrue", { Branch: 0 }, { Call: below(function_handles.length) },
      ...(struct_defs.length ? [{ Pack: below(struct_defs.length) }] : []), ...(enum_defs.length ? of_enums : [])]));
    const head_enum = below(enum_defs.length || 1);
    const jump_tables = enum_defs.length ? [{ head_enum, jump_table: { Full: enum_defs[head_enum].variants.map(() => below(made.length + 1)) } }] : [];
    return { locals: this.signature(times(below(3), () => "U64")), code: [...made, "Ret"], jump_tables };
  }
  add_the_rest() {
    const { made } = this;
    const nothing = this.signature([]);
    made.function_handles.forEach((_, handle) => below(3) || made.function_instantiations.push({ handle, type_parameters: nothing }));
    made.struct_defs.forEach((_, def) => below(3) || made.struct_def_instantiations.push({ def, type_parameters: nothing }));
    made.field_handles.forEach((_, handle) => below(3) || made.field_instantiations.push({ handle, type_parameters: nothing }));
    times(below(4), () => made.constant_pool.push({ type_: one_of(["U64", { Vector: "U8" }]), data: random_bytes(below(20)) }));
    times(below(3), () => made.metadata.push({ key: random_bytes(below(9)), value: random_bytes(below(200)) }));
    if (below(2)) made.friend_decls.push({ address: 0, name: this.identifier("friendly") });
  }
}

// What the reference read, but for the bodies of functions.
function reference_of(bytes) {
  const read = template.deserialize(bytes);
  read.function_defs = read.function_defs.map(({ code, ...others }) => ({ ...others, native: code === undefined || code === null }));
  return read;
}

function write_modules() {
  mkdirSync(join(folder, "mv/random"), { recursive: true });
  const modules = times(MODULES, (place) => {
    const module = new RandomModule(place);
    module.file = `mv/random/${module.name}.mv`;
    module.bytes = Buffer.from(template.serialize(module.made));
    writeFileSync(join(folder, module.file), module.bytes);
    return module;
  });
  lines("modules.jsonl", modules.map(({ file, bytes }) => ({ file, reference: reference_of(bytes) })));
  return modules;
}

function changed_module({ file, bytes }, number) {
  const line = { id: `changed-${number}`, base: file };
  let changed = Buffer.from(bytes);
  const kind = below(10);
  if (kind === 0) {
    line.truncate = below(bytes.length);
    changed = changed.subarray(0, line.truncate);
  } else if (kind === 1) {
    const added = random_bytes(1 + below(8));
    line.append = hex(added);
    changed = Buffer.concat([changed, Buffer.from(added)]);
  } else {
    line.patch = times(1 + below(2), () => [below(bytes.length), one_of([0, 1, 2, 127, 128, 255, below(256)])]);
    for (const [place, byte] of line.patch) changed[place] = byte;
  }
  try {
    const text = JSON.stringify(reference_of(changed));
    return { ...line, reference: "accept", reference_sha16: createHash("sha256").update(text).digest("hex").slice(0, 16) };
  } catch {
    return { ...line, reference: "refuse" };
  }
}

// ---- values

function random_type(depth) {
  const kind = below(depth > 0 ? 12 : 8);
  if (kind < 8) return one_of(["bool", "u8", "u16", "u32", "u64", "u128", "u256", "string", "address"]);
  if (kind === 8) return { vector: random_type(depth - 1) };
  if (kind === 9) { // JavaScript has one null, so that an option holds no other option
    const within = random_type(depth - 1);
    return within.option ? within : { option: within };
  }
  if (kind === 10) return { struct: times(1 + below(4), () => random_type(depth - 1)) };
  return { enum: times(1 + below(5), () => (below(3) ? random_type(depth - 1) : null)) };
}

function codec_of(bcs, type) {
  if (type === "address")
    return bcs.fixedArray(32, bcs.u8()).transform({ input: (text) => [...Buffer.from(text.slice(2), "hex")], output: (bytes) => "0x" + hex(bytes) });
  if (typeof type === "string") return bcs[type]();
  if (type.vector) return bcs.vector(codec_of(bcs, type.vector));
  if (type.option) return bcs.option(codec_of(bcs, type.option));
  const named = (list, letter) => Object.fromEntries(list.map((inner, place) => [letter + place, inner && codec_of(bcs, inner)]));
  return type.struct ? bcs.struct("s", named(type.struct, "f")) : bcs.enum("e", named(type.enum, "v"));
}

// A value as @mysten/bcs takes it, with integers as decimal texts.
function value_of(type) {
  if (type === "bool") return below(2) === 1;
  if (type === "string") return one_of(TEXTS);
  if (type === "address") return address();
  if (typeof type === "string") return integer(bits_of(type)).toString();
  if (type.vector) return times(below(20) ? below(4) : 130, () => value_of(type.vector));
  if (type.option) return below(2) ? value_of(type.option) : null;
  if (type.struct) return Object.fromEntries(type.struct.map((inner, place) => [`f${place}`, value_of(inner)]));
  const place = below(type.enum.length);
  return { [`v${place}`]: type.enum[place] === null ? true : value_of(type.enum[place]) };
}

// u8 to u32 are numbers to the library, and texts in the lines.
function taken(type, value) {
  if (["u8", "u16", "u32"].includes(type)) return Number(value);
  if (value === null || typeof type === "string") return value;
  if (type.vector) return value.map((part) => taken(type.vector, part));
  if (type.option) return taken(type.option, value);
  if (type.struct) return Object.fromEntries(type.struct.map((inner, place) => [`f${place}`, taken(inner, value[`f${place}`])]));
  const [name] = Object.keys(value);
  const inner = type.enum[Number(name.slice(1))];
  return { [name]: inner === null ? true : taken(inner, value[name]) };
}

function write_values() {
  const { bcs } = require("@mysten/bcs");
  lines("bcs_values.jsonl", times(VALUES, (number) => {
    const type = random_type(4);
    const value = value_of(type);
    const data = hex(codec_of(bcs, type).serialize(taken(type, value)).toBytes());
    return { id: `value-${number}`, type, value, data };
  }));
}

// ---- Aptos

class AptosCalls {
  constructor() {
    this.sdk = require("@aptos-labs/ts-sdk");
  }
  type_argument() {
    const leaf = one_of(["bool", "u8", "u16", "u32", "u64", "u128", "u256", "address", "0x1::string::String"]);
    return leaf[0] !== "0" && below(3) === 0 ? `vector<${leaf}>` : leaf;
  }
  // The type of a module, with the call's own types in place, as the values above spell it.
  spelled(type, own) {
    if (typeof type === "string") return type.toLowerCase();
    if ("TypeParameter" in type) return own[type.TypeParameter];
    if (type.Vector) return { vector: this.spelled(type.Vector, own) };
    if ("Datatype" in type) return "string";
    const [datatype, [inner]] = type.DatatypeInstantiation;
    return datatype === 3 ? "address" : { option: this.spelled(inner, own) };
  }
  spelled_tag(tag) {
    if (tag.startsWith("vector<")) return { vector: this.spelled_tag(tag.slice(7, -1)) };
    return tag === "0x1::string::String" ? "string" : tag;
  }
  // A value as the SDK's own object.
  object_of(type, value) {
    const { sdk } = this;
    if (type === "bool") return new sdk.Bool(value);
    if (type === "string") return new sdk.MoveString(value);
    if (type === "address") return sdk.AccountAddress.fromString(value);
    if (type.vector) return new sdk.MoveVector(value.map((part) => this.object_of(type.vector, part)));
    if (type.option) return new sdk.MoveOption(value === null ? undefined : this.object_of(type.option, value));
    const bits = bits_of(type);
    return new sdk[`U${bits}`](bits > 32 ? BigInt(value) : Number(value));
  }
  payload(module, number) {
    for (;;) {
      const line = this.payload_of_any_size(module, number);
      if (line.payload.length <= 2 * PAYLOAD_SIZE_MAX) return line;
    }
  }
  payload_of_any_size(module, number) {
    const call = one_of(module.calls);
    const tags = times(call.parameters, () => this.type_argument());
    const types = call.given.map((type) => this.spelled(type, tags.map((tag) => this.spelled_tag(tag))));
    const args = types.map(value_of);
    const { sdk } = this;
    const called = new sdk.EntryFunction(
      new sdk.ModuleId(sdk.AccountAddress.fromString("0x" + module.address), new sdk.Identifier(module.name)),
      new sdk.Identifier(call.name), tags.map((tag) => sdk.parseTypeTag(tag)), types.map((type, place) => this.object_of(type, args[place])));
    const payload = hex(new sdk.TransactionPayloadEntryFunction(called).bcsToBytes());
    return { id: `payload-${number}`, file: module.file, function: call.name, type_args: tags, args, payload };
  }
}

// ---- Sui

const SUI_TAGS = ["u8", "bool", "address", "vector<u64>", "0x2::sui::SUI", "0x2::coin::Coin<0x2::sui::SUI>"];

class SuiTransactions {
  constructor() {
    this.sdk = require("@mysten/sui/transactions");
    this.bcs = require("@mysten/sui/bcs").bcs;
    this.digests = times(20, () => require("@mysten/sui/utils").toBase58(Uint8Array.from(random_bytes(32))));
  }
  reference() {
    return { objectId: address(), version: integer(64).toString(), digest: one_of(this.digests) };
  }
  input(transaction) {
    const { Inputs } = this.sdk;
    const kind = below(8);
    if (kind === 0) return transaction.object(Inputs.ObjectRef(this.reference()));
    if (kind === 1)
      return transaction.object(Inputs.SharedObjectRef({ objectId: address(), initialSharedVersion: integer(64).toString(), mutable: below(2) === 1 }));
    if (kind === 2) return transaction.object(Inputs.ReceivingRef(this.reference()));
    const type = one_of(["u8", "u16", "u32", "u64", "u128", "u256", "bool", "string", "address"]);
    return transaction.pure[type](taken(type, value_of(type)));
  }
  argument(transaction) {
    if (this.results.length && below(4) === 0) {
      const result = one_of(this.results);
      return below(2) ? result : result[below(3)];
    }
    return below(12) ? this.input(transaction) : transaction.gas;
  }
  add_command(transaction) {
    const argument = () => this.argument(transaction);
    const some = () => times(1 + below(4), argument);
    const kind = below(10);
    if (kind === 0) return transaction.transferObjects(some(), argument());
    if (kind === 1) return transaction.splitCoins(argument(), some());
    if (kind === 2) return transaction.mergeCoins(argument(), some());
    if (kind === 3) return transaction.makeMoveVec({ type: below(2) ? one_of(SUI_TAGS) : undefined, elements: some() });
    const code = { modules: times(1 + below(2), () => random_bytes(below(40))), dependencies: times(below(3), address) };
    if (kind === 4) return transaction.publish(code);
    if (kind === 5) return transaction.upgrade({ ...code, package: address(), ticket: argument() });
    return transaction.moveCall({ target: `${address()}::m${below(9)}::f${below(9)}`,
      typeArguments: times(below(3), () => one_of(SUI_TAGS)), arguments: times(below(5), argument) });
  }
  async line(number) {
    const transaction = new this.sdk.Transaction();
    this.results = [];
    times(1 + below(6), () => this.results.push(this.add_command(transaction)));
    transaction.setSender(address());
    transaction.setGasPrice(integer(63));
    transaction.setGasBudget(integer(63));
    transaction.setGasPayment(times(below(3), () => this.reference()));
    if (below(3) === 0) transaction.setGasOwner(address());
    if (below(3) === 0) transaction.setExpiration({ Epoch: String(below(100000)) });
    const bytes = hex(await transaction.build());
    return { id: `transaction-${number}`, bytes, data: transaction.getData() };
  }
}

async function write() {
  console.error(`AIRLOCK_SEED=${state}`);
  const modules = write_modules();
  lines("malformed.jsonl", times(CHANGED, (number) => changed_module(one_of(modules), number)));
  write_values();
  const aptos = new AptosCalls();
  lines("aptos_entry.jsonl", times(PAYLOADS, (number) => aptos.payload(one_of(modules), number)));
  const sui = new SuiTransactions();
  const transactions = [];
  for (let number = 0; number < TRANSACTIONS; ++number) transactions.push(await sui.line(number));
  lines("sui_tx.jsonl", transactions);
}

function bench() {
  const files = readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".mv"))
    .map((name) => readFileSync(join(folder, name)))
    .filter((bytes) => bytes[7] !== 0x0a);
  let seconds = Infinity;
  for (let round = 0; round <= Number(rounds); ++round) {
    const since = process.cpuUsage();
    for (const bytes of files) template.deserialize(bytes);
    const used = process.cpuUsage(since);
    if (round > 0) seconds = Math.min(seconds, (used.user + used.system) / 1e6); // the first one warms up
  }
  const bytes = files.reduce((sum, file) => sum + file.length, 0);
  console.log(JSON.stringify({ seconds, bytes, modules: files.length }));
}

if (mode === "write") await write();
else if (mode === "bench") bench();
else throw new Error("usage: move_peer.mjs write PEERS FOLDER | bench PEERS FOLDER ROUNDS");
