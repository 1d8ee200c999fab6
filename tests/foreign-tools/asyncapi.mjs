// Reads an AsyncAPI document with the official parser; fails on errors.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [modules, file] = process.argv.slice(2);
const { Parser } = createRequire(join(modules, 'package.json'))('@asyncapi/parser');
const { document, diagnostics } = await new Parser().parse(readFileSync(file, 'utf8'));
// 0 is an error, 1 a warning; the rest is advice.
const wrong = diagnostics.filter((it) => it.severity <= 1);
for (const it of wrong) {
  console.error(`${file}: ${it.path.join('.')}: ${it.message}`);
}
if (!document || wrong.length > 0) {
  process.exit(1);
}
const many = (list) => list.all().length;
console.log(`${many(document.channels())} channels, ${many(document.operations())} operations, `
  + `${many(document.components().messages())} messages`);
