// @ts-check
/**
 * Every rule of tidy has a planted breach it must find and a clean neighbour it must leave alone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reflow } from './reflow.mjs';
import { tidy } from './tidy.mjs';

/** A repository without a fault. */
const CLEAN = {
  'package.json': JSON.stringify({
    version: '1.2.3',
    bin: './dist/cli/main.js',
    dependencies: { 'left-pad': '1' },
  }),
  'CHANGELOG.md': '# Changelog\n\n## 1.2.3 (soon)\n',
  'docs/dependencies.md': '# Dependencies\n\n| name |\n|---|\n| `left-pad` | pads |\n',
  'src/cli/main.ts': "import { start } from '../server/server.ts';\nstart();\n",
  'src/server/server.ts': "import '../storage/local/log.ts';\nexport function start() {}\n",
  'src/storage/local/log.ts': "import '../../common/assert.ts';\n",
  'src/common/assert.ts': 'export const limit = 1;\n',
  'src/common/assert.test.ts': "import './assert.ts';\nimport 'node:test';\n",
};

/**
 * What tidy says of the clean repository with these files added or replaced.
 * @param {Record<string, string>} files
 * @returns {string[]}
 */
function problemsWith(files) {
  const all = new Map(Object.entries({ ...CLEAN, ...files }));
  return tidy({ files: all }).map(({ path, line, message }) => `${path}:${line} ${message}`);
}

/**
 * @param {string} body
 * @param {string} [path]
 */
function problemsOf(body, path = 'src/server/server.ts') {
  const head = path === 'src/server/server.ts' ? "import '../storage/local/log.ts';\n" : '';
  return problemsWith({ [path]: `${head}${body}\n` });
}

/**
 * Text that could not stand in this file without breaking the rule it is for.
 * @param {string[]} parts
 */
function joined(...parts) {
  return parts.join('');
}

test('a clean repository has no problems', () => {
  assert.deepEqual(problemsWith({}), []);
});

test('directions: only what the table allows', () => {
  for (const [from, to, bad] of /** @type {const} */ ([
    ['common', 'runtime', true],
    ['runtime', 'common', false],
    ['health', 'metrics', true],
    ['storage', 'backend', true],
    ['backend', 'api', true],
    ['backend', 'storage', false],
    ['api', 'backend', true],
    ['frontend', 'control', true],
    ['frontend', 'api', false],
    ['sim', 'server', false],
    ['server', 'sim', true],
  ])) {
    const found = problemsWith({
      [`src/${from}/a.ts`]: `import '../${to}/b.ts';\n`,
      [`src/${from}/user.ts`]: "import './a.ts';\n",
      [`src/${to}/b.ts`]: 'export {};\n',
    }).filter((line) => line.startsWith(`src/${from}/a.ts`));
    const expected = `src/${from}/a.ts:1 ../${to}/b.ts: ${from}/ may not import ${to}/`;
    assert.deepEqual(found, bad ? [expected] : [], `${from} → ${to}`);
  }
});

test('directions: every way to name a file counts', () => {
  for (const body of [
    "export { x } from '../backend/b.ts';",
    "import type { X } from '../backend/b.ts';",
    "const x = await import('../backend/b.ts');",
    "type X = import('../backend/b.ts').X;",
    "const url = new URL('../backend/b.ts', import.meta.url);",
  ]) {
    const found = problemsWith({ 'src/storage/a.ts': body, 'src/backend/b.ts': 'export {};\n' });
    assert.ok(
      found.some((line) => line.includes('storage/ may not import backend/')),
      body,
    );
  }
});

test('directions: a test may start what it may not import', () => {
  const start = "new URL('../cli/main.js', import.meta.url);\n";
  assert.deepEqual(problemsWith({ 'src/server/a.test.ts': start }), []);
});

test('directions: the console takes types only', () => {
  const files = { 'src/api/ports.ts': 'export {};\n' };
  const found = problemsWith({
    ...files,
    'src/console/a.ts': "import { a } from '../api/ports.ts';\n",
    'src/console/b.ts': "import type { A } from '../api/ports.ts';\n",
  });
  assert.deepEqual(found, ['src/console/a.ts:1 ../api/ports.ts: console/ may not import api/']);
});

test('depth: inner files are private, except to composers and to tests of ports', () => {
  const inner = 'src/storage/local/log.ts';
  for (const [from, bad] of /** @type {const} */ ([
    ['src/backend/a.ts', true],
    ['src/backend/a.test.ts', false],
    ['src/server/a.ts', false],
    ['src/storage/a.ts', false],
  ])) {
    const specifier = from.startsWith('src/storage') ? './local/log.ts' : '../storage/local/log.ts';
    const found = problemsWith({ [from]: `import '${specifier}';\n` });
    assert.equal(
      found.some((line) => line.includes('private')),
      bad,
      `${from} → ${inner}`,
    );
  }
});

test('a module that the table does not know', () => {
  const found = problemsWith({ 'src/misc/a.test.ts': 'export {};\n' });
  assert.deepEqual(found, ['src/misc/a.test.ts:0 not in a module of scripts/tidy/rules.mjs']);
});

test('only tests import tests', () => {
  const found = problemsOf("import '../storage/local/log.test.ts';\nexport function start() {}");
  assert.ok(found.some((line) => line.includes('only tests import tests')));
});

test('cycles, also through types, are found once', () => {
  const found = problemsWith({
    'src/model/a.ts': "import type { B } from './b.ts';\n",
    'src/model/b.ts': "import type { C } from './c.ts';\n",
    'src/model/c.ts': "import type { A } from './a.ts';\n",
    'src/model/d.ts': "import './a.ts';\n",
    'src/model/d.test.ts': "import './d.ts';\n",
  });
  assert.deepEqual(found, [
    'src/model/a.ts:0 imports go round in a circle: src/model/a.ts · src/model/b.ts · src/model/c.ts',
  ]);
});

test('dead files', () => {
  const dead = ['src/model/a.ts:0 dead: nothing imports, starts or names it'];
  assert.deepEqual(problemsWith({ 'src/model/a.ts': 'export {};\n' }), dead);
  // A script that names the compiled file starts it.
  const script = { 'scripts/x.mjs': "import('../dist/model/a.js');\n" };
  assert.deepEqual(problemsWith({ 'src/model/a.ts': 'export {};\n', ...script }), []);
  // So does a worker's address.
  const worker = "new URL('./a.js', import.meta.url);\n";
  const files = { 'src/model/a.ts': 'export {};\n', 'src/model/b.ts': worker };
  assert.deepEqual(problemsWith({ ...files, 'src/model/b.test.ts': "import './b.ts';\n" }), []);
});

test('node: imports have their places', () => {
  for (const [path, name, bad] of /** @type {const} */ ([
    ['src/runtime/node/disk.ts', 'node:fs', false],
    ['src/runtime/disk.ts', 'node:fs', true],
    ['src/storage/a.ts', 'node:fs', true],
    ['src/storage/a.test.ts', 'node:fs', false],
    ['src/frontend/a.ts', 'node:http2', false],
    ['src/frontend/a.ts', 'node:fs', true],
    ['src/auth/a.ts', 'node:crypto', false],
    ['src/api/a.ts', 'node:crypto', true],
    ['src/common/crc32.ts', 'node:zlib', false],
    ['src/common/other.ts', 'node:zlib', true],
    ['src/common/other.ts', 'node:crypto', false],
    ['src/cli/a.ts', 'node:readline', false],
  ])) {
    const found = problemsOf(`import '${name}';`, path).filter((line) => line.includes(name));
    assert.equal(found.length, bad ? 1 : 0, `${path} ${name}`);
  }
});

test('banned globals are found however they are reached', () => {
  for (const [code, name] of /** @type {const} */ ([
    ['setTimeout(f, 1);', 'setTimeout'],
    ['const later = setImmediate;', 'setImmediate'],
    ['globalThis.setInterval(f, 1);', 'setInterval'],
    ['const now = Date.now();', 'Date.now'],
    ['const { now } = Date; const at = new Date();', 'new Date()'],
    ['const text = Date();', 'Date()'],
    ['const x = Math.random();', 'Math.random'],
    ['const t = performance.now();', 'performance'],
    ["await fetch('http://x');", 'fetch'],
    ['const ns = process.hrtime.bigint();', 'process.hrtime'],
    ['const id = crypto.randomUUID();', 'crypto.randomUUID'],
    ['const id = globalThis.crypto.randomUUID();', 'crypto.randomUUID'],
    ['const ref = new WeakRef(o);', 'WeakRef'],
    ['const r = new FinalizationRegistry(f);', 'FinalizationRegistry'],
    ['const s = AbortSignal.timeout(5);', 'AbortSignal.timeout'],
    ['const o = { fetch };', 'fetch'],
  ])) {
    const found = problemsOf(code, 'src/model/a.test.ts'.replace('.test', ''));
    const named = found.filter((line) => line.includes(` ${name} is not for here`));
    assert.equal(named.length, 1, `${code}\n${found.join('\n')}`);
  }
});

test('names that only look like banned globals', () => {
  const body = `
    export function ask(fetch: () => void, clock: { setTimeout(): void }) {
      fetch();
      clock.setTimeout();
      const date = new Date(5);
      const entry = { performance: 1, fetch: 2 };
      return [date, entry.performance];
    }
    export interface Clock { setTimeout(): void }
    export const Random = { random: () => 4 };
    export const x = Random.random();`;
  const files = { 'src/model/a.ts': body, 'src/model/a.test.ts': "import './a.ts';\n" };
  assert.deepEqual(problemsWith(files), []);
});

test('banned globals are allowed where the outside world begins, and some in tests', () => {
  assert.deepEqual(problemsOf('setTimeout(f, 1);', 'src/runtime/node/clock.test.ts'), []);
  assert.deepEqual(problemsOf('setImmediate(f);', 'src/model/a.test.ts'), []);
  assert.equal(problemsOf('setTimeout(f, 1);', 'src/model/a.test.ts').length, 1);
  assert.deepEqual(problemsOf('process.exit(1);', 'src/cli/a.test.ts'), []);
});

test('module state', () => {
  const found = problemsOf('let count = 0;\nexport const start = () => count++;');
  assert.deepEqual(found, [
    'src/server/server.ts:2 module state: keep it in an object that is passed',
  ]);
});

test('function size, and the grouping functions of tests', () => {
  const lines = (/** @type {number} */ n) => '  f();\n'.repeat(n - 2);
  const long = `export function start() {\n${lines(71)}}\n`;
  const found = problemsOf(long).filter((line) => !line.includes('local'));
  assert.deepEqual(found, ['src/server/server.ts:2 start: 71 lines, at most 70 in a function']);
  assert.deepEqual(problemsOf(`export function start() {\n${lines(70)}}\n`), []);
  const table = `describe('all', () => {\n${lines(100)}});\n`;
  assert.deepEqual(problemsOf(table, 'src/model/a.test.ts'), []);
  const single = `test('one', () => {\n${lines(100)}});\n`;
  assert.equal(problemsOf(single, 'src/model/a.test.ts').length, 1);
});

test('file size and columns', () => {
  const path = 'src/model/a.test.ts';
  assert.deepEqual(problemsWith({ [path]: '\n'.repeat(800) }), []);
  assert.equal(problemsWith({ [path]: '\n'.repeat(801) }).length, 1);
  assert.equal(problemsWith({ 'scripts/a.mjs': '\n'.repeat(501) }).length, 1);
  assert.deepEqual(problemsWith({ [path]: `// ${'é'.repeat(97)}\n` }), []);
  assert.deepEqual(problemsWith({ [path]: `\n// ${'x'.repeat(98)}\n` }), [
    `${path}:2 101 columns, at most 100`,
  ]);
});

test('names and leftovers', () => {
  assert.deepEqual(problemsWith({ 'src/model/aB.test.ts': '' }), [
    'src/model/aB.test.ts:0 file names are kebab-case',
  ]);
  const note = joined('// TO', 'DO later\n');
  assert.deepEqual(problemsWith({ 'docs/a.md': `# A\n${note}` }), [
    joined('docs/a.md:2 leftover TO', 'DO: do it or drop it'),
  ]);
});

test('documents: one title each', () => {
  assert.deepEqual(problemsWith({ 'docs/a.md': 'text\n' }), ['docs/a.md:0 has no title (# …)']);
  assert.deepEqual(problemsWith({ 'docs/a.md': '# A\n\n# B\n' }), [
    'docs/a.md:3 has more than one title (# …)',
  ]);
  assert.deepEqual(problemsWith({ 'docs/a.md': '# A\n\n```sh\n# a comment\n```\n' }), []);
});

test('a version without a changelog entry, a dependency without a row', () => {
  assert.deepEqual(problemsWith({ 'CHANGELOG.md': '# Changelog\n\n## 1.2.30\n' }), [
    'package.json:0 version 1.2.3 has no entry in CHANGELOG.md',
  ]);
  assert.deepEqual(problemsWith({ 'docs/dependencies.md': '# Dependencies\n' }), [
    'package.json:0 left-pad has no row in docs/dependencies.md',
  ]);
  assert.deepEqual(
    problemsOf("import '@a/right-pad/lib/right.js';\nimport type { Pad } from 'types-only';"),
    ['package.json:0 @a/right-pad has no row in docs/dependencies.md'],
  );
});

test('reflow wraps long comments and nothing else', () => {
  const words = 'word '.repeat(30).trim();
  const wrapped = reflow(`  /** ${words} */\n  const s = '${words}';\n`);
  const lines = wrapped.split('\n');
  assert.deepEqual([lines[0], lines[3], lines.length], ['  /**', '   */', 6]);
  assert.ok(lines.slice(0, 4).every((line) => line.length <= 100));
  assert.equal(lines[4], `  const s = '${words}';`);
  const drawing = ` * ${'- '.repeat(60)}\n *   ${'x'.repeat(120)}\n`;
  assert.equal(reflow(drawing), drawing);
});
