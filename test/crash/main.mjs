// @ts-check
// npm run crash -- --cycles 50 --seed 1 [--workers 2]
// Kills a real server under load, starts it again, and reads everything back, over and over on
// one data directory, with puts and changes of shards and settings in flight. The last two lines
// are `changes acked=<n> lost=0 torn=0` and `acked=<n> lost=0 reordered=0 corrupted=0`; any other
// value exits 1 and keeps the data directory. The seed fixes the plan (streams, records, moments);
// the interleaving of processes is the machine's, so a replay repeats the plan and not the race.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { KinesisClient } from '../harness/kinesis-client.mjs';
import { freePorts } from '../harness/ports.mjs';
import { builtCommand, startProcess, startServer } from '../harness/server-process.mjs';
import { Load } from './load.mjs';
import { MOMENTS, moment } from './moment.mjs';
import { PLANTS } from './plant.mjs';
import { Chance } from './random.mjs';
import { World } from './world.mjs';

/** Data that a cycle writes as fast as it can; then single records follow until the kill. */
const CYCLE_BYTES = 6 * 1024 * 1024;
/** Small segments, so that they fill, roll and are dropped many times in a run. */
const SEGMENT_BYTES = 1024 * 1024;

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    plant: { type: 'string' },
    workers: { type: 'string', default: '1' },
    flag: { type: 'string', multiple: true, default: [] },
    keep: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});
const seed = values.seed;
const dataDir = mkdtempSync(join(tmpdir(), 'tailrace-crash-'));
const logFile = join(dataDir, '..', `${dataDir.split('/').at(-1)}.log`);
const flags = ['--limits', 'off', '--transition-ms', '50', '--retention-sweep-ms', '100'];
flags.push('--segment-bytes', String(SEGMENT_BYTES), '--workers', values.workers);
flags.push(...values.flag);

/** @returns {Promise<import('../harness/server-process.mjs').RunningServer>} */
function start() {
  return startServer({ dataDir, flags, env: { TAILRACE_LOG_LEVEL: 'info' }, logFile });
}

/**
 * Kills starting servers before they are ready, then lets one live.
 * @param {Chance} chance
 */
async function startAfterFailedStarts(chance) {
  for (let tries = chance.between(1, 3); tries > 0; tries--) {
    const [port, adminPort] = /** @type {[number, number]} */ (await freePorts(2));
    const args = [builtCommand(), 'start', '--port', String(port)];
    args.push('--admin-port', String(adminPort), '--data-dir', dataDir, ...flags);
    const server = startProcess(process.execPath, args, { logFile });
    await delay(chance.between(50, 500));
    await server.stop('SIGKILL');
  }
  return start();
}

/**
 * @param {World} world
 * @param {string} endpoint
 * @param {boolean} [planting]
 */
async function verify(world, endpoint, planting = false) {
  const client = new KinesisClient(endpoint, { connections: 2 });
  const plant = planting && values.plant !== undefined ? PLANTS[values.plant] : undefined;
  try {
    if (plant !== undefined) await world.sow(client);
    await world.verify(client, plant);
  } finally {
    client.close();
  }
}

/**
 * One life and death of the server.
 * @param {World} world
 * @param {import('../harness/server-process.mjs').RunningServer} server
 * @param {number} cycle
 */
async function cycleOf(world, server, cycle) {
  const chance = new Chance(`${seed} cycle ${cycle}`);
  const kind = chance.pick(MOMENTS);
  const before = world.acked;
  const changesBefore = world.changed.acked;
  world.budget = CYCLE_BYTES;
  const load = new Load(world, server.endpoint, chance.fork('load'));
  await moment(kind, { chance: chance.fork('moment'), world, dataDir });
  load.expectEnd();
  await server.stop('SIGKILL');
  await load.stop();
  const next = kind === 'recovery' ? await startAfterFailedStarts(chance) : await start();
  const readyMs = Math.round(next.readyMs);
  await verify(world, next.endpoint);
  const { lost, reordered, corrupted } = world.verdict;
  const found = world.clean
    ? ''
    : `  lost=${lost} reordered=${reordered} corrupted=${corrupted}, ` +
      `changes lost=${world.changed.lost} torn=${world.changed.torn}`;
  console.log(
    `cycle ${cycle + 1} killed at ${kind.padEnd(8)} +${world.acked - before} acked, ` +
      `+${world.changed.acked - changesBefore} changes, ` +
      `${world.live().length} streams, ready in ${readyMs} ms${found}`,
  );
  return next;
}

async function run() {
  const world = new World();
  let server = await start();
  for (let cycle = 0; cycle < Number(values.cycles) && world.clean; cycle++) {
    server = await cycleOf(world, server, cycle);
  }
  const exit = await server.stop('SIGTERM');
  if (exit.code !== 0)
    world.verdict.add('corrupted', `SIGTERM ended it with ${exit.code ?? exit.signal}`);
  server = await start();
  await verify(world, server.endpoint, true);
  await server.stop('SIGTERM');
  for (const line of complaints()) world.verdict.add('corrupted', `the server logged ${line}`);
  return world;
}

/** A server that is only ever killed has nothing to warn of, least of all damage. */
function complaints() {
  return readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => /"level":"(warn|error|fatal)"/.test(line));
}

async function main() {
  console.log(`seed ${seed}, ${values.cycles} cycles, data in ${dataDir}`);
  let failed = true;
  try {
    const { acked, verdict, changed, clean } = await run();
    failed = !clean || acked === 0 || changed.acked === 0;
    for (const detail of [...verdict.details, ...changed.details]) console.log(detail);
    if (failed) explain();
    const tried = [...changed.byOperation].sort().map(([name, count]) => `${name} ${count}`);
    console.log(`changes: ${tried.join(', ')}`);
    console.log(`changes acked=${changed.acked} lost=${changed.lost} torn=${changed.torn}`);
    const { lost, reordered, corrupted } = verdict;
    console.log(`acked=${acked} lost=${lost} reordered=${reordered} corrupted=${corrupted}`);
  } catch (error) {
    console.log(error instanceof Error ? error.stack : String(error));
    explain();
    console.log('the run did not finish');
  }
  process.exitCode = failed ? 1 : 0;
  if ((!failed || values.plant !== undefined) && !values.keep) {
    rmSync(dataDir, { recursive: true, force: true });
    rmSync(logFile, { force: true });
  }
}

function explain() {
  console.log(`data kept in ${dataDir}, server log in ${logFile}`);
  console.log(`again: npm run crash -- --cycles ${values.cycles} --seed ${seed}`);
}

await main();
