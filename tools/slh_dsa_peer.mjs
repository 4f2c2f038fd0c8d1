// What @noble/post-quantum says of SLH-DSA-SHA2-128s keys and signatures, for publish/keys/peer_test.cc.
//
// In the folder that is named lie, for each N: N.seeds (48 bytes), N.message, N.key and N.signature, of ours.
// Written beside them: N.peer-key, N.peer-signature (deterministic), N.peer-hedged (with fresh randomness),
// and N.verdicts, one character each: is ours valid, is ours with a flipped bit, is ours over another message.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, modules] = process.argv.slice(2);
const require = createRequire(join(modules, 'here.js'));
const { slh_dsa_sha2_128s: scheme } = await import(pathToFileURL(require.resolve('@noble/post-quantum/slh-dsa.js')));
const read = (name) => new Uint8Array(readFileSync(join(folder, name)));
const write = (name, bytes) => writeFileSync(join(folder, name), bytes);
const verdict = (signature, message, key) => {
  try {
    return scheme.verify(signature, message, key) ? '1' : '0';
  } catch {
    return '0';
  }
};

for (const file of readdirSync(folder).filter((name) => name.endsWith('.seeds'))) {
  const n = file.slice(0, -'.seeds'.length);
  const message = read(`${n}.message`);
  const { publicKey, secretKey } = scheme.keygen(read(file));
  write(`${n}.peer-key`, publicKey);
  write(`${n}.peer-signature`, scheme.sign(message, secretKey, { extraEntropy: false }));
  write(`${n}.peer-hedged`, scheme.sign(message, secretKey));
  const key = read(`${n}.key`);
  const signature = read(`${n}.signature`);
  const flipped = Uint8Array.from(signature);
  flipped[(Number(n) * 997) % flipped.length] ^= 1;
  write(`${n}.verdicts`, verdict(signature, message, key) + verdict(flipped, message, key)
    + verdict(signature, Uint8Array.from([...message, 0]), key));
}
