// @ts-check
// npm run conformance:scoreboard: runs the suite against this checkout and against the other
// implementations under bench/, and writes what each of them passes into its
// part of docs/compatibility.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSuites, OPTIONAL } from './kit/load.mjs';
import { startKinesalite, startKinesisLocal } from '../test/harness/npm-peers.mjs';
import { startServer, untilReady } from '../test/harness/server-process.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const READY_MS = 60_000;
/** More than the suite needs; kinesalite's own default of ten is less. */
const SHARD_LIMIT = 20_000;
/** One operation, all its cases. */
const SUITE_SECONDS = '120';
/** Servers at a time. */
const SERVERS = 4;
/** A server that does not answer a case in this time does not pass it. */
const CASE_SECONDS = '40';

/**
 * @typedef {{ name: string, version: string, endpoint: string, stop: () => Promise<unknown> }} Peer
 * @typedef {import('./kit/runner.mjs').Result} Result
 */

/** @type {Record<string, (dataDir: string) => Promise<Peer>>} */
const PEERS = {
  tailrace: startTailrace,
  kinesalite: async () => peer('kinesalite', await startKinesalite(SHARD_LIMIT)),
  'kinesis-local': async () => peer('kinesis-local', await startKinesisLocal(SHARD_LIMIT)),
};

/** @param {string} dataDir @returns {Promise<Peer>} */
async function startTailrace(dataDir) {
  const { endpoint, stop } = await startServer({ dataDir });
  return { name: 'Tailrace', version: versionOf(ROOT), endpoint, stop: () => stop() };
}

/**
 * @param {string} name
 * @param {import('../test/harness/npm-peers.mjs').StartedPeer} started
 * @returns {Promise<Peer>}
 */
async function peer(name, { server, port, folder, ready }) {
  await untilReady(server, ready, READY_MS);
  const endpoint = `http://127.0.0.1:${port}`;
  return { name, version: versionOf(folder), endpoint, stop: () => server.stop('SIGKILL') };
}

/** @param {string} folder @returns {string} */
function versionOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
}

/**
 * Puts one operation to a server of its own.
 * @param {(dataDir: string) => Promise<Peer>} starter
 * @param {string} suite
 * @returns {Promise<{ title: string, results: Result[] }>}
 */
async function measureSuite(starter, suite) {
  const dataDir = mkdtempSync(join(tmpdir(), 'tailrace-scoreboard-'));
  const peer = await starter(dataDir);
  try {
    const file = join(dataDir, 'results.json');
    const args = [join(ROOT, 'conformance', 'main.mjs'), '--endpoint', peer.endpoint];
    args.push('--json', file, '--quiet', '--account', '000000000000', '--operation', suite);
    args.push('--case-seconds', CASE_SECONDS, '--total-seconds', SUITE_SECONDS);
    const run = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    await once(run, 'exit');
    const results = JSON.parse(readFileSync(file, 'utf8'));
    return { title: `${peer.name} ${peer.version}`, results };
  } finally {
    await peer.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/**
 * @param {string} name
 * @returns {Promise<{ title: string, results: Result[] }>}
 */
async function measure(name) {
  const starter = PEERS[name];
  if (starter === undefined) throw new Error(`unknown: ${name}; known: ${Object.keys(PEERS)}`);
  const waiting = (await loadSuites(Object.values(OPTIONAL))).map(({ suite }) => suite.name);
  /** @type {Result[]} */
  const results = [];
  let title = name;
  const worker = async () => {
    for (let suite = waiting.shift(); suite !== undefined; suite = waiting.shift()) {
      const measured = await measureSuite(starter, suite);
      title = measured.title;
      results.push(...measured.results);
    }
  };
  await Promise.all(Array.from({ length: SERVERS }, worker));
  return { title, results };
}

/**
 * `passed/all`, of cases of one kind.
 * @param {readonly Result[]} results
 */
function score(results) {
  const passed = results.filter(({ error }) => error === null).length;
  return results.length === 0 ? '–' : `${passed}/${results.length}`;
}

/**
 * @param {readonly { title: string, results: Result[] }[]} columns
 * @returns {string}
 */
function page(columns) {
  const suites = [...new Set(columns.flatMap(({ results }) => results.map(({ suite }) => suite)))];
  const row = (/** @type {string} */ name, /** @type {(r: Result) => boolean} */ wanted) =>
    `| ${[name, ...columns.map(({ results }) => score(results.filter(wanted)))].join(' | ')} |`;
  const head = [
    `| | ${columns.map(({ title }) => title).join(' | ')} |`,
    `| --- |${columns.map(() => ' ---: |').join('')}`,
  ];
  const kind = (/** @type {string} */ wanted) => (/** @type {Result} */ one) => one.kind === wanted;
  return [
    ...head,
    row('**all cases**', () => true),
    row('behaviour', kind('behaviour')),
    row('input: types and constraints', kind('input')),
    '',
    '### Behaviour by operation',
    '',
    ...head,
    ...suites
      .sort()
      .map((name) => row(name, (one) => one.suite === name && one.kind === 'behaviour')),
    '',
    '### Types and constraints of input by operation',
    '',
    ...head,
    ...suites
      .filter((name) => columns[0]?.results.some((r) => r.suite === name && r.kind === 'input'))
      .map((name) => row(name, (one) => one.suite === name && one.kind === 'input')),
    '',
  ].join('\n');
}

/** Between these lines of the page this program writes, the rest is written by hand. */
const MARKS = /(?<=<!-- scoreboard -->\n\n)[^]*(?=\n<!-- end of the scoreboard -->)/;

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PEERS);
/** @type {{ title: string, results: Result[] }[]} */
const columns = [];
for (const name of names) {
  console.log(`${name} …`);
  columns.push(await measure(name));
}
const file = join(ROOT, 'docs', 'compatibility.md');
const written = readFileSync(file, 'utf8');
if (!MARKS.test(written)) throw new Error(`${file} has no marks for the scoreboard`);
writeFileSync(
  file,
  written.replace(MARKS, () => page(columns)),
);
