// What Anchor, @solana/web3.js, @solana/spl-token and Codama's clients from npm write and read, beside engine/abi/solana.
//
// write FOLDER MODULES SEED   random IDL and calls by Anchor, calls of native programs, messages: idl.json,
//                             calls.jsonl, native.jsonl, generated.jsonl, messages.jsonl, for engine/abi/solana/peer_test.cc
// bench CORPUS MODULES IDL..  calls that Anchor's coder decodes in a second of CPU time, one line an IDL
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [mode, folder, modules, ...rest] = process.argv.slice(2);
const require = createRequire(join(modules, 'here.js'));
const anchor = require('@coral-xyz/anchor');
const hex = (bytes) => Buffer.from(bytes).toString('hex');

let state = 1n;
const random = (below) => { // xorshift64*, so that a seed makes the same calls again
  state ^= state >> 12n; state ^= (state << 25n) & 0xffffffffffffffffn; state ^= state >> 27n;
  return Number(((state * 0x2545f4914f6cdd1dn) & 0xffffffffffffffffn) % BigInt(below));
};
const randomBytes = (size) => Uint8Array.from({ length: size }, () => random(256));
const lines = (name, list) => writeFileSync(join(folder, name), list.map((one) => `${JSON.stringify(one)}\n`).join(''));

function randomIdl() {
  const types = [];
  const words = ['bool', 'u8', 'u16', 'u32', 'u64', 'u128', 'i8', 'i16', 'i32', 'i64', 'i128', 'pubkey', 'string', 'bytes'];
  const type = (depth) => {
    const kind = random(depth > 3 ? 8 : 14);
    if (kind < 8) return words[random(words.length)];
    if (kind < 9) { // JavaScript has one null, so that an option holds no other option
      const within = type(depth + 1);
      return within.option ? within : { option: within };
    }
    if (kind < 10) return { vec: type(depth + 1) };
    if (kind < 11) return { array: [type(depth + 1), 1 + random(4)] };
    return types.length ? { defined: { name: types[random(types.length)].name } } : 'u64';
  };
  // A struct has a field at least: Anchor's coder loses all arguments where the last one has no bytes.
  const fields = (depth, least) => Array.from({ length: least + random(3) }, (_, i) => ({ name: `f${i}`, type: type(depth) }));
  for (let i = 0; i < 40; i++) {
    const body = random(3)
      ? { kind: 'struct', fields: fields(1, 1) }
      : { kind: 'enum', variants: Array.from({ length: 1 + random(5) }, (_, v) => {
        const inner = fields(1, 0);
        return { name: `V${v}`, ...(inner.length && { fields: random(2) ? inner : inner.map((f) => f.type) }) };
      }) };
    types.push({ name: `t${i}`, type: body });
  }
  const instructions = Array.from({ length: 120 }, (_, i) => ({
    name: `call${i}`, discriminator: [i, ...randomBytes(random(8))], accounts: [],
    args: Array.from({ length: random(6) }, (_unused, a) => ({ name: `a${a}`, type: type(0) })) }));
  return { address: '11111111111111111111111111111111', metadata: { name: 'random', version: '0.1.0', spec: '0.1.0' },
    instructions, types };
}

// A random value twice: as Anchor takes it, and as ours spells it.
function randomValue(idl, type) {
  if (typeof type === 'string') {
    if (type === 'bool') { const value = random(2) === 1; return [value, value]; }
    if (type === 'pubkey') { const key = new anchor.web3.PublicKey(randomBytes(32)); return [key, key.toBase58()]; }
    if (type === 'string') { const text = ['', 'a', 'grüße', '漢字'][random(4)]; return [text, text]; }
    if (type === 'bytes') { const bytes = Buffer.from(randomBytes(random(9))); return [bytes, `0x${hex(bytes)}`]; }
    const bits = Number(type.slice(1));
    const raw = BigInt(`0x${hex(randomBytes(bits / 8))}`);
    const value = type[0] === 'i' ? BigInt.asIntN(bits, raw) : raw;
    return [bits > 32 ? new anchor.BN(value.toString()) : Number(value), value.toString()];
  }
  if (type.option) {
    if (!random(2)) return [null, null];
    const [theirs, ours] = randomValue(idl, type.option);
    return [theirs, { some: ours }];
  }
  if (type.vec || type.array) {
    const element = type.vec ?? type.array[0];
    const parts = Array.from({ length: type.vec ? random(4) : type.array[1] }, () => randomValue(idl, element));
    const ours = element === 'u8' ? `0x${hex(parts.map((p) => p[0]))}` : parts.map((p) => p[1]);
    return [parts.map((p) => p[0]), ours];
  }
  const body = idl.types.find((one) => one.name === type.defined.name).type;
  if (body.kind === 'struct') return randomMembers(idl, body.fields);
  const variant = body.variants[random(body.variants.length)];
  const [theirs, ours] = variant.fields ? randomMembers(idl, variant.fields) : [{}, null];
  return [{ [variant.name]: theirs }, { variant: variant.name, fields: ours }];
}

function randomMembers(idl, fields) {
  const parts = fields.map((field) => randomValue(idl, field.type ?? field));
  if (!fields.length) return [{}, []];
  if (!fields[0].type) return [parts.map((p) => p[0]), parts.map((p) => p[1])];
  const named = (side) => Object.fromEntries(fields.map((field, i) => [field.name, parts[i][side]]));
  return [named(0), named(1)];
}

function anchorCalls() {
  const idl = randomIdl();
  writeFileSync(join(folder, 'idl.json'), JSON.stringify(idl));
  const coder = new anchor.BorshInstructionCoder(idl);
  const calls = [];
  for (let i = 0; i < 3000; i++) {
    const instruction = idl.instructions[random(idl.instructions.length)];
    const [theirs, ours] = randomMembers(idl, instruction.args);
    let data;
    try { data = coder.encode(instruction.name, theirs); } catch (error) {
      if (error instanceof RangeError) continue; // Anchor's buffer has 1000 bytes
      throw error;
    }
    calls.push({ name: instruction.name, data: hex(data), args: ours });
  }
  lines('calls.jsonl', calls);
}

function nativeCalls() {
  const web3 = require('@solana/web3.js');
  const spl = require('@solana/spl-token');
  const made = [];
  const key = () => new web3.PublicKey(randomBytes(32));
  const number = () => BigInt(`0x${hex(randomBytes(6))}`);
  const add = (program, name, instruction, args) => made.push({ program, name, data: hex(instruction.data), args });
  const s = web3.SystemProgram;
  for (let i = 0; i < 20; i++) {
    const [a, b, c] = [key(), key(), key()];
    const n = number(), m = number(), text = `seed-${i}`;
    const lamports = n.toString(), space = m.toString();
    add('system', 'transfer', s.transfer({ fromPubkey: a, toPubkey: b, lamports: n }), { lamports });
    add('system', 'transfer_with_seed', s.transfer({ fromPubkey: a, basePubkey: b, toPubkey: c, lamports: n, seed: text, programId: b }),
      { lamports, from_seed: text, from_owner: b.toBase58() });
    add('system', 'create_account', s.createAccount({ fromPubkey: a, newAccountPubkey: b, lamports: Number(n), space: Number(m), programId: c }),
      { lamports, space, owner: c.toBase58() });
    add('system', 'create_account_with_seed', s.createAccountWithSeed({ fromPubkey: a, newAccountPubkey: b, basePubkey: c, seed: text,
      lamports: Number(n), space: Number(m), programId: a }), { base: c.toBase58(), seed: text, lamports, space, owner: a.toBase58() });
    add('system', 'assign', s.assign({ accountPubkey: a, programId: b }), { owner: b.toBase58() });
    add('system', 'assign_with_seed', s.assign({ accountPubkey: a, basePubkey: b, seed: text, programId: c }),
      { base: b.toBase58(), seed: text, owner: c.toBase58() });
    add('system', 'allocate', s.allocate({ accountPubkey: a, space: Number(m) }), { space });
    add('system', 'allocate_with_seed', s.allocate({ accountPubkey: a, basePubkey: b, seed: text, space: Number(m), programId: c }),
      { base: b.toBase58(), seed: text, space, owner: c.toBase58() });
    add('system', 'advance_nonce_account', s.nonceAdvance({ noncePubkey: a, authorizedPubkey: b }), {});
    add('system', 'withdraw_nonce_account', s.nonceWithdraw({ noncePubkey: a, authorizedPubkey: b, toPubkey: c, lamports: Number(n) }), { lamports });
    add('system', 'authorize_nonce_account', s.nonceAuthorize({ noncePubkey: a, authorizedPubkey: b, newAuthorizedPubkey: c }), { new_authority: c.toBase58() });
    add('system', 'initialize_nonce_account', s.nonceInitialize({ noncePubkey: a, authorizedPubkey: b }), { authority: b.toBase58() });
    const stake = web3.StakeProgram;
    const role = { variant: i % 2 ? 'Withdrawer' : 'Staker', fields: null };
    const layout = web3.StakeAuthorizationLayout[role.variant];
    add('stake', 'initialize', stake.initialize({ stakePubkey: a, authorized: new web3.Authorized(b, c), lockup: new web3.Lockup(i, i + 1, a) }),
      { authorized: { staker: b.toBase58(), withdrawer: c.toBase58() }, lockup: { unix_timestamp: `${i}`, epoch: `${i + 1}`, custodian: a.toBase58() } });
    const only = (transaction) => transaction.instructions.at(-1);
    add('stake', 'delegate_stake', only(stake.delegate({ stakePubkey: a, authorizedPubkey: b, votePubkey: c })), {});
    add('stake', 'authorize', only(stake.authorize({ stakePubkey: a, authorizedPubkey: b, newAuthorizedPubkey: c, stakeAuthorizationType: layout })),
      { new_authority: c.toBase58(), role });
    add('stake', 'authorize_with_seed', only(stake.authorizeWithSeed({ stakePubkey: a, authorityBase: b, authoritySeed: text, authorityOwner: c,
      newAuthorizedPubkey: a, stakeAuthorizationType: layout })), { new_authority: a.toBase58(), role, seed: text, owner: c.toBase58() });
    add('stake', 'withdraw', only(stake.withdraw({ stakePubkey: a, authorizedPubkey: b, toPubkey: c, lamports: Number(n) })), { lamports });
    add('stake', 'deactivate', only(stake.deactivate({ stakePubkey: a, authorizedPubkey: b })), {});
    add('stake', 'merge', only(stake.merge({ stakePubkey: a, sourceStakePubKey: b, authorizedPubkey: c })), {});
    add('stake', 'split', stake.splitInstruction({ stakePubkey: a, authorizedPubkey: b, splitStakePubkey: c, lamports: Number(n) }), { lamports });
    const budget = web3.ComputeBudgetProgram;
    add('compute_budget', 'set_compute_unit_limit', budget.setComputeUnitLimit({ units: i }), { units: `${i}` });
    add('compute_budget', 'set_compute_unit_price', budget.setComputeUnitPrice({ microLamports: n }), { micro_lamports: lamports });
    add('compute_budget', 'request_heap_frame', budget.requestHeapFrame({ bytes: 1024 * i }), { bytes: `${1024 * i}` });
    const amount = lamports, decimals = `${i}`;
    for (const [program, id] of [['token', spl.TOKEN_PROGRAM_ID], ['token_2022', spl.TOKEN_2022_PROGRAM_ID]]) {
      add(program, 'transfer', spl.createTransferInstruction(a, b, c, n, [], id), { amount });
      add(program, 'transfer_checked', spl.createTransferCheckedInstruction(a, b, c, a, n, i, [], id), { amount, decimals });
      add(program, 'approve', spl.createApproveInstruction(a, b, c, n, [], id), { amount });
      add(program, 'approve_checked', spl.createApproveCheckedInstruction(a, b, c, a, n, i, [], id), { amount, decimals });
      add(program, 'revoke', spl.createRevokeInstruction(a, b, [], id), {});
      add(program, 'mint_to', spl.createMintToInstruction(a, b, c, n, [], id), { amount });
      add(program, 'mint_to_checked', spl.createMintToCheckedInstruction(a, b, c, n, i, [], id), { amount, decimals });
      add(program, 'burn', spl.createBurnInstruction(a, b, c, n, [], id), { amount });
      add(program, 'burn_checked', spl.createBurnCheckedInstruction(a, b, c, n, i, [], id), { amount, decimals });
      add(program, 'close_account', spl.createCloseAccountInstruction(a, b, c, [], id), {});
      add(program, 'freeze_account', spl.createFreezeAccountInstruction(a, b, c, [], id), {});
      add(program, 'thaw_account', spl.createThawAccountInstruction(a, b, c, [], id), {});
      add(program, 'sync_native', spl.createSyncNativeInstruction(a, id), {});
      add(program, 'initialize_account', spl.createInitializeAccountInstruction(a, b, c, id), {});
      add(program, 'initialize_account3', spl.createInitializeAccount3Instruction(a, b, c, id), { owner: c.toBase58() });
      const freeze = i % 2 ? b : null, some = freeze ? { some: b.toBase58() } : null;
      add(program, 'initialize_mint2', spl.createInitializeMint2Instruction(a, i, c, freeze, id), { decimals, mint_authority: c.toBase58(), freeze_authority: some });
      add(program, 'set_authority', spl.createSetAuthorityInstruction(a, c, i % 4, freeze, [], id),
        { role: { variant: ['MintTokens', 'FreezeAccount', 'AccountOwner', 'CloseAccount'][i % 4], fields: null }, new_authority: some });
      add(program, 'amount_to_ui_amount', spl.createAmountToUiAmountInstruction(a, n, id), { amount });
      add(program, 'ui_amount_to_amount', spl.createUiAmountToAmountInstruction(a, '12.5', id), { ui_amount: '12.5' });
    }
    const t = 'token_2022', id = spl.TOKEN_2022_PROGRAM_ID;
    const owner = i % 2 ? b : null, one = owner ? { some: b.toBase58() } : null;
    add(t, 'initialize_mint_close_authority', spl.createInitializeMintCloseAuthorityInstruction(a, owner, id), { close_authority: one });
    add(t, 'initialize_transfer_fee_config', spl.createInitializeTransferFeeConfigInstruction(a, owner, owner, i, n, id),
      { config_authority: one, withdraw_authority: one, basis_points: `${i}`, maximum_fee: amount });
    add(t, 'transfer_checked_with_fee', spl.createTransferCheckedWithFeeInstruction(a, b, c, a, n, i, m, [], id), { amount, decimals, fee: space });
    add(t, 'set_transfer_fee', spl.createSetTransferFeeInstruction(a, b, [], i, n, id), { basis_points: `${i}`, maximum_fee: amount });
    add(t, 'harvest_withheld_tokens_to_mint', spl.createHarvestWithheldTokensToMintInstruction(a, [b], id), {});
    add(t, 'withdraw_withheld_tokens_from_accounts', spl.createWithdrawWithheldTokensFromAccountsInstruction(a, b, c, [], [a, b], id), { account_count: '2' });
    add(t, 'initialize_default_account_state', spl.createInitializeDefaultAccountStateInstruction(a, 2, id), { state: { variant: 'Frozen', fields: null } });
    add(t, 'reallocate', spl.createReallocateInstruction(a, b, [7, 8], c, [], id), { extensions: ['7', '8'] });
    add(t, 'enable_required_memos', spl.createEnableRequiredMemoTransfersInstruction(a, b, [], id), {});
    add(t, 'enable_cpi_guard', spl.createEnableCpiGuardInstruction(a, b, [], id), {});
    add(t, 'initialize_interest_bearing_mint', spl.createInitializeInterestBearingMintInstruction(a, b, -i, id), { rate_authority: b.toBase58(), rate: `${-i}` });
    add(t, 'initialize_permanent_delegate', spl.createInitializePermanentDelegateInstruction(a, b, id), { delegate: b.toBase58() });
    add(t, 'initialize_transfer_hook', spl.createInitializeTransferHookInstruction(a, b, c, id), { authority: b.toBase58(), program: c.toBase58() });
    add(t, 'initialize_metadata_pointer', spl.createInitializeMetadataPointerInstruction(a, b, c, id), { authority: b.toBase58(), metadata: c.toBase58() });
    add(t, 'initialize_group_pointer', spl.createInitializeGroupPointerInstruction(a, b, c, id), { authority: b.toBase58(), group: c.toBase58() });
    add(t, 'pause', spl.createPauseInstruction(a, b, [], id), {});
    add(t, 'initialize_pausable', spl.createInitializePausableConfigInstruction(a, b, id), { authority: b.toBase58() });
    add(t, 'update_multiplier', spl.createUpdateMultiplierDataInstruction(a, b, 1.5, 9n, [], id), { multiplier: '1.5', effective_timestamp: '9' });
    add(t, 'initialize_token_metadata', spl.createInitializeInstruction({ programId: id, metadata: a, updateAuthority: b, mint: c, mintAuthority: a,
      name: text, symbol: 'S', uri: 'https://x' }), { name: text, symbol: 'S', uri: 'https://x' });
    add(t, 'update_token_metadata_field', spl.createUpdateFieldInstruction({ programId: id, metadata: a, updateAuthority: b, field: 'colour', value: text }),
      { field: { variant: 'Key', fields: ['colour'] }, value: text });
    const associated = 'associated_token';
    add(associated, 'create_by_empty_data', spl.createAssociatedTokenAccountInstruction(a, b, c, a), {});
    add(associated, 'create_idempotent', spl.createAssociatedTokenAccountIdempotentInstruction(a, b, c, a), {});
    add(associated, 'recover_nested', spl.createRecoverNestedInstruction(a, b, c, a, b, c, a), {});
  }
  lines('native.jsonl', made);
}

// What @solana/spl-token does not write: each instruction of these schemas that Codama's clients know, with random arguments.
async function generatedCalls() {
  const made = [];
  const camel = (name) => name.replace(/_([a-z0-9])/g, (_all, letter) => letter.toUpperCase());
  for (const [program, module, isNew] of [['token_2022', '@solana-program/token-2022', (tag) => [27, 37, 42, 45, 46, 255].includes(tag)],
    ['token', '@solana-program/token', (tag) => [38, 45, 255].includes(tag)], ['system', '@solana-program/system', (tag) => tag === 13]]) {
    const client = await import(pathToFileURL(require.resolve(module)));
    const schema = JSON.parse(readFileSync(`engine/abi/solana/native/${program}.json`, 'utf8'));
    for (const one of schema.instructions) {
      const isGroup = /token_group|emit_token/.test(one.name);
      if (!isGroup && !isNew([one.tag].flat()[0])) continue;
      const pascal = camel(`_${one.name}`);
      const encoder = client[`get${pascal}InstructionDataEncoder`];
      if (!encoder) throw new Error(`${module} has no ${pascal}`);
      for (let i = 0; i < 10; i++) {
        const theirs = {}, args = {};
        for (const { name, type } of one.args ?? []) [theirs[theirName(program, name)], args[name]] = generatedValue(name, type);
        made.push({ program, name: one.name, data: hex(encoder().encode(theirs)), args });
      }
    }
  }
  lines('generated.jsonl', made);
}

const theirName = (program, name) => {
  if (name === 'instructions') return 'data';
  if (program === 'system' && name === 'owner') return 'programAddress';
  return name.replace('withdraw_withheld_authority_elgamal', 'withdraw_withheld_authority_el_gamal')
    .replace(/_([a-z0-9])/g, (_all, letter) => letter.toUpperCase());
};

// As Codama's clients take it, and as ours spells it. A key of ElGamal is an address to them and bytes to us.
function generatedValue(name, type) {
  const web3 = require('@solana/web3.js');
  if (type === 'pubkey') { const key = new web3.PublicKey(randomBytes(32)).toBase58(); return [key, key]; }
  if (type === 'bool') { const value = random(2) === 1; return [value, value]; }
  if (type === 'i8') { const value = random(256) - 128; return [value, `${value}`]; }
  if (type === 'u8') { const value = random(256); return [value, `${value}`]; }
  if (type === 'u64') { const value = BigInt(`0x${hex(randomBytes(8))}`); return [value, `${value}`]; }
  if (type.option) {
    if (!random(2)) return [null, null];
    const [theirs, ours] = generatedValue(name, type.option);
    return [theirs, { some: ours }];
  }
  if (type.array) {
    const bytes = randomBytes(type.array[1]);
    return [name.includes('elgamal') ? new web3.PublicKey(bytes).toBase58() : bytes, `0x${hex(bytes)}`];
  }
  const calls = Array.from({ length: random(4) }, () => [random(256), randomBytes(random(40))]);
  return [calls.map(([numberOfAccounts, instructionData]) => ({ numberOfAccounts, instructionData })),
    calls.map(([accounts, data]) => ({ number_of_accounts: `${accounts}`, data: `0x${hex(data)}` }))];
}

function messages() {
  const web3 = require('@solana/web3.js');
  const made = [];
  for (let i = 0; i < 300; i++) {
    const keys = Array.from({ length: 2 + random(10) }, () => new web3.PublicKey(randomBytes(32)));
    const pick = () => keys[random(keys.length)];
    const instructions = Array.from({ length: 1 + random(4) }, () => new web3.TransactionInstruction({
      programId: new web3.PublicKey(randomBytes(32)), data: Buffer.from(randomBytes(random(60))),
      keys: Array.from({ length: random(8) }, () => ({ pubkey: pick(), isSigner: !random(4), isWritable: !random(2) })) }));
    const message = new web3.TransactionMessage({ payerKey: keys[0], recentBlockhash: new web3.PublicKey(randomBytes(32)).toBase58(), instructions });
    const table = new web3.AddressLookupTableAccount({ key: new web3.PublicKey(randomBytes(32)),
      state: { deactivationSlot: 0n, lastExtendedSlot: 0, lastExtendedSlotStartIndex: 0, addresses: keys.slice(1) } });
    const compiled = random(2) ? message.compileToLegacyMessage() : message.compileToV0Message(random(2) ? [table] : []);
    const known = compiled.version === 'legacy' ? compiled.accountKeys : compiled.staticAccountKeys;
    const count = known.length + (compiled.numAccountKeysFromLookups ?? 0);
    const isV0 = compiled.version !== 'legacy';
    const one = { version: isV0 ? 0 : 'legacy', message: hex(compiled.serialize()), keys: [], instructions: [] };
    for (let k = 0; k < count; k++)
      one.keys.push({ key: known[k]?.toBase58() ?? null, signer: compiled.isAccountSigner(k), writable: compiled.isAccountWritable(k) });
    for (const call of compiled.compiledInstructions)
      one.instructions.push({ program: call.programIdIndex, accounts: [...call.accountKeyIndexes], data: hex(call.data) });
    if (one.message.length / 2 + 1 + 64 * compiled.header.numRequiredSignatures > 1232) continue;
    one.transaction = hex(new web3.VersionedTransaction(compiled).serialize());
    made.push(one);
  }
  lines('messages.jsonl', made);
}

function bench() {
  const all = readFileSync(join(folder, 'instructions.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  for (const file of rest) {
    const idl = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const coder = new anchor.BorshInstructionCoder(idl);
    const inputs = all.filter((one) => one.idl === file).map((one) => Buffer.from(one.data, 'hex'));
    const rates = [];
    for (let round = 0; round < 7; round++) {
      const before = process.cpuUsage();
      let calls = 0;
      for (let until = Date.now() + 400; Date.now() < until; calls += inputs.length) for (const data of inputs) coder.decode(data);
      const { user, system } = process.cpuUsage(before);
      rates.push(calls / ((user + system) / 1e6));
    }
    console.log(file, Math.round(rates.sort((a, b) => a - b)[3]));
  }
}

if (mode === 'bench') {
  bench();
} else {
  state = BigInt(rest[0]) * 2654435761n + 1n;
  anchorCalls();
  nativeCalls();
  await generatedCalls();
  messages();
}
