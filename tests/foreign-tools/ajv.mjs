// Checks every schema and example with ajv, formats included; says how many were accepted.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [modules] = process.argv.slice(2);
const require = createRequire(join(modules, 'package.json'));
const Ajv = require('ajv/dist/2020').default;
const addFormats = require('ajv-formats').default;
const root = join(dirname(fileURLToPath(import.meta.url)), '../../schemas');

let accepted = 0;
let refused = 0;
for (const way of ['in', 'out']) {
  for (const name of readdirSync(join(root, 'json', way))) {
    // uint64 and int64 are formats of numbers that ajv does not know.
    const ajv = new Ajv({ allErrors: true, strict: false, formats: { uint64: true, int64: true } });
    addFormats(ajv);
    const schema = JSON.parse(readFileSync(join(root, 'json', way, name), 'utf8'));
    const message = name.replace('.schema.json', '');
    const example = JSON.parse(readFileSync(join(root, 'examples/json', `${message}.json`), 'utf8'));
    const validate = ajv.compile(schema);
    if (validate(example) && !validate([example])) {
      accepted += 1;
    } else {
      refused += 1;
      validate(example);
      console.error(`${way}/${message}: ${ajv.errorsText(validate.errors)}`);
    }
  }
}
console.log(`${accepted} examples against JSON schemas of draft 2020-12`);
process.exit(refused > 0 || accepted === 0 ? 1 : 0);
