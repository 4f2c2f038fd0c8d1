// What ajv makes of fee policies by the published schema: those that airlock accepts must be valid, the zoo below must not be.
// Usage: fee_schema_peer.mjs POLICY...    with ajv and js-yaml in $AIRLOCK_PEERS
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.AIRLOCK_PEERS}/`);
const Ajv = require('ajv/dist/2020');
const yaml = require('js-yaml');
const schema = JSON.parse(readFileSync(new URL('../docs/formats/fee-policy.schema.json', import.meta.url)));
const validate = new Ajv({ strict: true, strictRequired: false, strictTypes: false }).compile(schema);
const read = (text) => yaml.load(text, { schema: yaml.CORE_SCHEMA });

let faults = 0;
for (const path of process.argv.slice(2)) {
  if (validate(read(readFileSync(path, 'utf8')))) continue;
  console.log(`${path}: ${JSON.stringify(validate.errors.slice(0, 3))}`);
  ++faults;
}
const base = readFileSync(new URL('../examples/fee-policy/fees.yaml', import.meta.url), 'utf8');
const zoo = [
  ['percentage: 0.10%', 'percentage: 0.10'],
  ['percentage: 0.10%', 'fixed: 1.5'],
  ['percentage: 0.10%', 'fixed: -1'],
  ['percentage: 0.10%', 'percent: 0.10%'],
  ['tier: gold, amount', 'tier: 12, amount'],
  ['rounding: half-up', 'rounding: half'],
  ['rounding: half-up', 'rounding: half-up\nmore: 1'],
  ['version: 1.4.0', 'version: 1.4'],
  ['mode: marginal', 'mode: step'],
  ['priority: p50', 'priority: p101'],
];
for (const [from, to] of zoo) {
  if (!base.includes(from)) throw new Error(from);
  if (!validate(read(base.replace(from, to)))) continue;
  console.log(`the schema accepts ${to}`);
  ++faults;
}
console.log(`schema of fee policies by ajv: ${process.argv.length - 2} policies, ${zoo.length} that are none, ${faults} faults`);
process.exit(faults ? 1 : 0);
