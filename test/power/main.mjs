// @ts-check
// npm run power -- --rounds 4 --seed 1
// The metadata store under power loss. Its files are written by SQLite and not through the Disk
// port, so its system calls are recorded instead (by strace, Linux only) while it commits; then the
// power is lost after every single one of them: of what was not synced the seed keeps any part,
// sector by sector and name by name. Each of these disks is opened, and must hold the last commit
// that was acknowledged, whole, or the one that was under way. The last line is
// `disks=<n> acked=<n> wrong=0`; anything wrong exits 1. Needs a build, and strace.
// `--plant unsynced` takes the syncs of files for nothing: then something must be wrong.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Chance } from '../crash/random.mjs';
import { COMMITS, stateAfter } from './commits.mjs';
import { diskAfter, eventsOf } from './recording.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    plant: { type: 'string' },
  },
});

const work = mkdtempSync(join(tmpdir(), 'tailrace-power-'));
const recorded = join(work, 'recorded');
const replayed = join(work, 'replayed');

const { SqliteMetaStore } = await import('../../dist/storage/local/sqlite-meta-store.js');
const { NodeDisk } = await import('../../dist/runtime/node/disk.js');
const disk = new NodeDisk();

/** @returns {import('./recording.mjs').Event[]} */
function record() {
  const trace = join(work, 'trace');
  const calls = 'openat,pwrite64,write,ftruncate,fsync,fdatasync,unlink,rename';
  const committer = fileURLToPath(new URL('committer.mjs', import.meta.url));
  const flags = ['-f', '-y', '-xx', '-s', '1000000', '-e', `trace=${calls}`, '-o', trace];
  const made = spawnSync('strace', [...flags, process.execPath, committer, recorded, work], {
    encoding: 'utf8',
  });
  if (made.status !== 0) {
    throw new Error(`strace ended with ${made.status ?? made.error}: ${made.stderr ?? ''}`);
  }
  return eventsOf(readFileSync(trace, 'latin1'), recorded, join(work, 'acknowledged'));
}

/**
 * What the store has after a power loss; says what is wrong with it.
 * @param {Map<string, Uint8Array>} files
 * @param {number} acked how many commits were acknowledged
 * @returns {Promise<string | null>}
 */
async function problemOf(files, acked) {
  rmSync(replayed, { recursive: true, force: true });
  mkdirSync(replayed);
  for (const [name, bytes] of files) writeFileSync(join(replayed, name), bytes);
  try {
    const store = await SqliteMetaStore.open({ disk }, { directory: replayed });
    const found = new Map();
    for (const [key, { value }] of await store.list('')) {
      found.set(key, Buffer.from(value).toString('hex'));
    }
    await store.close();
    const fits = [acked, acked + 1].some((count) => same(stateAfter(count), found));
    return fits ? null : `${acked} commits were acknowledged and it holds ${describe(found)}`;
  } catch (error) {
    return String(error);
  }
}

/**
 * @param {Map<string, string>} a
 * @param {Map<string, string>} b
 */
function same(a, b) {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

/** @param {Map<string, string>} found */
function describe(found) {
  for (let count = 0; count <= COMMITS; count++) {
    if (same(stateAfter(count), found)) return `${count} of them`;
  }
  return 'none of the states there ever were';
}

try {
  const events = record().filter(
    (event) => values.plant !== 'unsynced' || event.kind !== 'sync' || event.name === '',
  );
  let [disks, acked, wrong] = [0, 0, 0];
  for (let round = 0; round < Number(values.rounds); round++) {
    acked = 0;
    for (let end = 0; end <= events.length; end++) {
      if (events[end - 1]?.kind === 'ack') acked++;
      const chance = new Chance(`${values.seed} round ${round} event ${end}`);
      const problem = await problemOf(diskAfter(events.slice(0, end), chance), acked);
      disks++;
      if (problem === null) continue;
      wrong++;
      console.log(`round ${round}, after event ${end} of ${events.length}: ${problem}`);
    }
  }
  console.log(`disks=${disks} acked=${acked} wrong=${wrong}`);
  process.exitCode = wrong > 0 || acked !== COMMITS ? 1 : 0;
} finally {
  rmSync(work, { recursive: true, force: true });
}
