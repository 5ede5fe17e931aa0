// @ts-check
/**
 * Compiles the kernels to WebAssembly and writes them, as text, to where the server has them:
 * `npm ci && npm run build` in this folder. With `--check` nothing is written: it fails where the
 * file is not what the sources give.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const TARGET = fileURLToPath(new URL('../src/api/fast/put-records-wasm.ts', import.meta.url));
const LINE = 96;

/** The size of the memory is the importer's; a shared one must have a bound. */
const OPTIONS = [
  'put-records.ts',
  ...['--baseDir', FOLDER, '--outFile', 'kernels.wasm'],
  ...['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  ...['--enable', 'simd', '--enable', 'threads', '--enable', 'bulk-memory'],
];

/** @returns {Promise<Uint8Array>} */
async function compile() {
  let binary = new Uint8Array(0);
  const { error, stderr } = await asc.main(OPTIONS, {
    writeFile: (_name, contents) => {
      binary = Buffer.from(contents);
    },
  });
  if (error !== null) throw new Error(stderr.toString(), { cause: error });
  return binary;
}

/** @param {Uint8Array} binary */
function source(binary) {
  const text = Buffer.from(binary).toString('base64');
  const lines = text.match(new RegExp(`.{1,${LINE - 4}}`, 'g')) ?? [];
  return [
    '/** The kernels of `kernels/`, compiled: made by `kernels/build.mjs`, not to be edited. */',
    '// prettier-ignore',
    'export const PUT_RECORDS_WASM: string = [',
    ...lines.map((line) => `  '${line}',`),
    "].join('');",
    '',
  ].join('\n');
}

const made = source(await compile());
if (!process.argv.includes('--check')) {
  writeFileSync(TARGET, made);
} else if (readFileSync(TARGET, 'utf8') !== made) {
  console.error('src/api/fast/put-records-wasm.ts is not what kernels/ gives: npm run build there');
  process.exitCode = 1;
}
