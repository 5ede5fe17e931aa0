// @ts-check
/**
 * Compiles the kernels to WebAssembly and writes them, as text, to where the server has them:
 * `npm ci && npm run build` in this folder. With `--check` nothing is written: it fails where a
 * file is not what the sources give.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const LINE = 96;

/** The size of the memory is the importer's. */
const OPTIONS = [
  ...['--baseDir', FOLDER, '--outFile', 'kernels.wasm'],
  ...['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
  ...['--importMemory', '--initialMemory', '1'],
  ...['--enable', 'simd', '--enable', 'bulk-memory'],
];
/** A shared memory must have a bound. */
const SHARED = ['--sharedMemory', '--maximumMemory', '65536', '--enable', 'threads'];

const KERNELS = [
  { source: 'put-records.ts', target: 'api/fast/put-records-wasm.ts', options: SHARED },
  { source: 'answers.ts', target: 'api/fast/answers-wasm.ts', options: [] },
  { source: 'sums.ts', target: 'common/sums-wasm.ts', options: [] },
];

/**
 * @param {string} source
 * @param {string[]} options
 * @returns {Promise<Uint8Array>}
 */
async function compile(source, options) {
  let binary = new Uint8Array(0);
  const { error, stderr } = await asc.main([source, ...OPTIONS, ...options], {
    writeFile: (_name, contents) => {
      binary = Buffer.from(contents);
    },
  });
  if (error !== null) throw new Error(stderr.toString(), { cause: error });
  return binary;
}

/**
 * @param {string} source
 * @param {Uint8Array} binary
 */
function textOf(source, binary) {
  const text = Buffer.from(binary).toString('base64');
  const lines = text.match(new RegExp(`.{1,${LINE - 4}}`, 'g')) ?? [];
  const name = source.replace('.ts', '').replace('-', '_').toUpperCase();
  return [
    `/** \`kernels/${source}\`, compiled: made by \`kernels/build.mjs\`, not to be edited. */`,
    '// prettier-ignore',
    `export const ${name}_WASM: string = [`,
    ...lines.map((line) => `  '${line}',`),
    "].join('');",
    '',
  ].join('\n');
}

for (const { source, target, options } of KERNELS) {
  const made = textOf(source, await compile(source, options));
  const file = fileURLToPath(new URL(`../src/${target}`, import.meta.url));
  if (!process.argv.includes('--check')) {
    writeFileSync(file, made);
  } else if (readFileSync(file, 'utf8') !== made) {
    console.error(`src/${target} is not what kernels/ gives: npm run build there`);
    process.exitCode = 1;
  }
}
