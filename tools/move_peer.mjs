// Time that @mysten/move-bytecode-template takes for every module of a folder, as JSON on one line:
// {"seconds": .., "bytes": .., "modules": ..} of the fastest of ROUNDS rounds, in processor time.
// Usage: node move_peer.mjs PEERS FOLDER ROUNDS
import { createRequire } from "node:module";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [peers, folder, rounds] = process.argv.slice(2);
const { deserialize } = createRequire(join(peers, "x.js"))("@mysten/move-bytecode-template");
const files = readdirSync(folder, { recursive: true })
  .filter((name) => name.endsWith(".mv"))
  .map((name) => readFileSync(join(folder, name)))
  .filter((bytes) => bytes[7] !== 0x0a);
let seconds = Infinity;
for (let round = 0; round <= Number(rounds); ++round) {
  const since = process.cpuUsage();
  for (const bytes of files) deserialize(bytes);
  const used = process.cpuUsage(since);
  if (round > 0) seconds = Math.min(seconds, (used.user + used.system) / 1e6); // the first one warms up
}
const bytes = files.reduce((sum, file) => sum + file.length, 0);
console.log(JSON.stringify({ seconds, bytes, modules: files.length }));
