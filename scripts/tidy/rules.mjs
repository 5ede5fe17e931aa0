// @ts-check
/**
 * The rules of the house as data: which module may import which, where the outside world may be
 * touched, and how large things may grow. Read by tidy and by the linter's configuration.
 */

/**
 * Every module under `src/` and the modules it may import, in the order of docs/architecture.md: a
 * module never imports one that stands below it.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const MODULES = {
  common: [],
  runtime: ['common'],
  model: ['common'],
  metrics: ['common', 'runtime'],
  health: ['common', 'runtime'],
  storage: ['common', 'runtime', 'model', 'metrics'],
  shardmap: ['common', 'model'],
  keys: ['common', 'runtime', 'model', 'metrics', 'storage'],
  auth: ['common', 'runtime', 'model', 'metrics', 'keys'],
  api: ['common', 'runtime', 'model', 'metrics', 'shardmap', 'keys', 'auth'],
  client: ['common', 'runtime', 'model', 'api'],
  backend: ['common', 'runtime', 'model', 'metrics', 'storage', 'shardmap', 'keys'],
  control: [
    ...['common', 'runtime', 'model', 'metrics', 'storage', 'shardmap', 'keys', 'auth', 'api'],
    'backend',
  ],
  channels: [
    ...['common', 'runtime', 'model', 'metrics', 'storage', 'shardmap', 'backend', 'control'],
  ],
  cache: ['common', 'runtime', 'model', 'metrics', 'storage', 'shardmap'],
  frontend: [
    ...['common', 'runtime', 'model', 'metrics', 'shardmap', 'auth', 'api', 'backend', 'cache'],
  ],
  fleet: ['common', 'runtime', 'model', 'metrics', 'health', 'shardmap'],
  server: [
    ...['common', 'runtime', 'model', 'metrics', 'health', 'storage', 'shardmap', 'keys'],
    ...['auth', 'api'],
    ...['backend', 'control', 'channels', 'cache', 'frontend', 'fleet'],
  ],
  sim: [
    ...['common', 'runtime', 'model', 'metrics', 'health', 'storage', 'shardmap', 'keys'],
    ...['auth', 'api'],
    ...['client', 'backend', 'control', 'channels', 'cache', 'frontend', 'fleet', 'server'],
  ],
  cli: ['common', 'runtime', 'model', 'health', 'keys', 'auth', 'client', 'server', 'sim'],
  console: [],
};

/**
 * Modules of which a module may import types only.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const TYPE_ONLY = { console: ['api', 'model'] };

/** Modules that compose: they may import engine and port forms below another's first level. */
export const COMPOSERS = ['server', 'sim', 'cli'];

/** Modules whose inner files tests of any module may use, to run on simulated or real ports. */
export const TEST_DEEP = ['runtime', 'storage'];

/**
 * Who may import `node:*`. The first entry that matches the path counts; tests may import any.
 * `true` is all of them.
 * @type {readonly (readonly [prefix: string, names: true | readonly string[]])[]}
 */
export const NODE_IMPORTS = [
  ['src/runtime/node/', true],
  ['src/cli/', true],
  ['src/server/', true],
  ['src/health/main.ts', true],
  ['src/sim/main.ts', true],
  ['src/frontend/', ['node:http', 'node:http2', 'node:net', 'node:tls']],
  ['src/client/', ['node:http', 'node:https']],
  ['src/auth/', ['node:crypto']],
  ['src/keys/', ['node:crypto']],
  ['src/common/crc32.ts', ['node:zlib']],
  ['src/common/', ['node:crypto']],
];

/** Globals that reach the outside world, and what to use in their place. */
export const BANNED_GLOBALS = {
  setTimeout: 'the Clock port',
  setInterval: 'the Clock port',
  setImmediate: 'the Clock port',
  performance: 'the Clock port',
  fetch: 'the Network port',
  process: 'the Os port, or take it as an option from the entry point',
  WeakRef: 'an explicit life time',
  FinalizationRegistry: 'an explicit life time',
};

/** Properties of globals that reach the outside world, and what to use in their place. */
export const BANNED_PROPERTIES = {
  'Date.now': 'the Clock port',
  'Math.random': 'the Random port',
  'AbortSignal.timeout': 'the Clock port',
  'crypto.randomUUID': 'the Random port',
  'crypto.getRandomValues': 'the Random port',
  'process.hrtime': 'the Clock port',
};

/**
 * Where banned globals are allowed, by path prefix. `true` is all of them. Process entry points own
 * `process` and nothing else.
 * @type {readonly (readonly [prefix: string, names: true | readonly string[]])[]}
 */
export const GLOBALS_ALLOWED = [
  ['src/runtime/node/', true],
  ['src/runtime/sim/', ['setImmediate']],
  ['src/console/', ['fetch', 'setTimeout', 'setInterval', 'performance', 'Date.now', 'new Date()']],
  ['src/cli/', ['process']],
  ['src/server/', ['process']],
  ['src/health/main.ts', ['process']],
  ['src/sim/main.ts', ['process']],
];

/** What tests may use besides: real requests and a turn of the event loop, but never a sleep. */
export const GLOBALS_IN_TESTS = [
  ...['setImmediate', 'fetch', 'process', 'AbortSignal.timeout', 'new Date()'],
  ...['Date.now', 'performance', 'process.hrtime', 'crypto.randomUUID'],
];

export const LINES_MAX = 500;
export const TEST_LINES_MAX = 800;
export const FUNCTION_LINES_MAX = 70;
export const COLUMNS_MAX = 100;

/**
 * Whether a file is a test or a suite that tests share.
 * @param {string} path
 * @returns {boolean}
 */
export function isTest(path) {
  return /\.(test|suite)\.(ts|mjs)$/.test(path);
}

/**
 * The module of a source file, or null when it lies outside `src/`.
 * @param {string} path
 * @returns {string | null}
 */
export function moduleOf(path) {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}
