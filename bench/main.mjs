// @ts-check
// npm run bench -- NAME [--vs PEERS] [--json] ...
// Runs one workload against this checkout and, interleaved in the same run, against others:
// A B C A B C … over several rounds. Numbers of different runs are not comparable on a machine
// that others use too; ratios within one run are.

import { parseArgs } from 'node:util';
import { startOn } from './cores.mjs';
import { LoadWorker } from './load-worker.mjs';
import { machine, medianSample, ratios, sampleOf, table } from './report.mjs';
import { buildRevision } from './revision.mjs';
import { TARGET_NAMES, startTarget } from './targets.mjs';
import { fanOut } from './workloads/fan-out.mjs';
import { getWorkload } from './workloads/gets.mjs';
import { idle } from './workloads/idle.mjs';
import { memory } from './workloads/memory.mjs';
import { putWorkload } from './workloads/puts.mjs';
import { shape } from './workloads/shape.mjs';

/**
 * @typedef {import('./client/requests.mjs').RequestSpec} RequestSpec
 * @typedef {object} Workload
 * @property {(target: import('./targets.mjs').Target) => number} recordsPerRequest
 * @property {boolean} fresh whether every round starts the server anew, with no data
 * @property {number} connections
 * @property {(target: import('./targets.mjs').Target) => Promise<void>} prepare
 * @property {(target: import('./targets.mjs').Target) => Promise<void>} [beforeRound]
 * @property {(target: import('./targets.mjs').Target) => RequestSpec} spec
 *
 * @typedef {object} BenchOptions
 * @property {number | undefined} shards
 * @property {number | undefined} batch
 * @property {number} recordBytes
 * @property {number | undefined} connections
 * @property {number | undefined} preload records stored before reading
 * @property {boolean} cold whether records are read from disk
 * @property {import('./client/requests.mjs').Protocol} protocol
 */

const USAGE = `usage: npm run bench -- NAME [options]

  put-records    batches of 500 records of 1 KiB
  put-record     one record of 1 KiB per request
  get-records    answers of up to 10,000 records of 1 KiB
  workers        put-records with two workers on two cores, with one on one core and on two
  fan-out        one shard at --rate records/s, read by --consumers subscribers
  memory         resident memory over --gigabytes written and read back, and restart times
  shape          puts over lists of --shards, --connections and stored --gigabytes
  idle           start-up time, memory and processor time of an unused server

  --vs A,B            beside: ${TARGET_NAMES.slice(1).join(', ')}
                      tailrace@V@W… is this checkout with json, cbor, http1, h2c, h2, open,
                      verify or a flag such as --tls=off in place of what the run has;
                      with cores=N its threads run on the first N cores only
  --compare REV       beside this revision of the repository, built in a temporary worktree
  --rounds N          default 5          --seconds S       measured per round, default 3
  --warmup S          default 6          --connections N   default 8, 32 and 2
  --shards N          default 4 (200)    --record-bytes N  default 1024
  --consumers LIST    default 1,20,50    --rate N          default 1000
  --batch N           default 500        --preload N       records to read back
  --cold              get-records: from files instead of the tail in memory
  --protocol P        json | cbor        --transport T     http1 | h2c | h2
  --auth MODE         open | verify      --data-root DIR   where data directories are made
  --flag=…            one more flag for tailrace start (repeatable, e.g. --flag=--workers=2)
  --json              one object on standard output instead of a table
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    vs: { type: 'string', default: '' },
    compare: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    warmup: { type: 'string', default: '6' },
    connections: { type: 'string' },
    shards: { type: 'string' },
    gigabytes: { type: 'string' },
    'record-bytes': { type: 'string', default: '1024' },
    batch: { type: 'string' },
    consumers: { type: 'string', default: '1,20,50' },
    rate: { type: 'string', default: '1000' },
    preload: { type: 'string' },
    cold: { type: 'boolean', default: false },
    protocol: { type: 'string', default: 'json' },
    transport: { type: 'string', default: 'http1' },
    auth: { type: 'string', default: 'open' },
    'data-root': { type: 'string' },
    flag: { type: 'string', multiple: true, default: [] },
    only: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** @type {BenchOptions} */
const options = {
  shards: values.shards === undefined ? undefined : Number(values.shards),
  batch: values.batch === undefined ? undefined : Number(values.batch),
  recordBytes: Number(values['record-bytes']),
  connections: values.connections === undefined ? undefined : Number(values.connections),
  preload: values.preload === undefined ? undefined : Number(values.preload),
  cold: values.cold,
  protocol: values.protocol === 'cbor' ? 'cbor' : 'json',
};

/** @type {Record<string, () => Workload>} */
const WORKLOADS = {
  'put-records': () => putWorkload('put-records', options),
  'put-record': () => putWorkload('put-record', options),
  workers: () => putWorkload('put-records', { ...options, connections: options.connections ?? 16 }),
  'get-records': () => getWorkload(options),
};

/** What `workers` compares: the first with the others. */
const WORKERS = [
  'tailrace@--workers=2@cores=2',
  'tailrace@--workers=1@cores=1',
  'tailrace@--workers=1@cores=2',
];

/**
 * @param {string} name of a target
 * @param {string | undefined} checkout
 */
function start(name, checkout) {
  const [program = '', ...variant] = name.split('@');
  const known = checkout === undefined ? program : 'tailrace';
  const options = targetOptions(checkout);
  options.flags = [...options.flags, ...variant.filter((part) => part.startsWith('--'))];
  if (variant.includes('verify')) options.auth = 'verify';
  if (variant.includes('open')) options.auth = 'open';
  const cores = variant.find((part) => part.startsWith('cores='))?.slice('cores='.length);
  const started = startOn(cores, () => startTarget(known, options));
  return started.then((target) => {
    target.name = name;
    for (const part of variant) {
      if (part === 'json' || part === 'cbor') target.protocol = part;
      if (part === 'http1' || part === 'h2c' || part === 'h2') target.transport = part;
    }
    return target;
  });
}

/**
 * @param {string | undefined} checkout
 * @returns {import('./targets.mjs').TargetOptions}
 */
function targetOptions(checkout) {
  const flags = values.cold ? [...values.flag, '--tail-ring-bytes=1MiB'] : values.flag;
  return { dataRoot: values['data-root'], auth: values.auth, flags, checkout };
}

/**
 * @param {LoadWorker} worker
 * @param {Workload} workload
 * @param {import('./targets.mjs').Target} target
 */
async function oneRound(worker, workload, target) {
  await workload.beforeRound?.(target);
  const round = await worker.run({
    transport: target.dialect ?? target.transport ?? /** @type {any} */ (values.transport),
    host: '127.0.0.1',
    port: target.port,
    credentials: target.credentials,
    connections: workload.connections,
    warmupMs: Number(values.warmup) * 1000,
    measureMs: Number(values.seconds) * 1000,
    check: target.kinesis,
    pids: target.pids,
    spec: workload.spec(target),
  });
  if (round.failures > 0) {
    process.stderr.write(`${target.name}: ${round.failures} failures, first: ${round.failure}\n`);
  }
  return sampleOf(round, workload.recordsPerRequest(target), options.recordBytes);
}

/**
 * @param {Workload} workload
 * @param {Map<string, string | undefined>} targets name to checkout
 */
async function run(workload, targets) {
  /** @type {Map<string, import('./report.mjs').Sample[]>} */
  const samples = new Map([...targets.keys()].map((name) => [name, []]));
  /** @type {Map<string, import('./targets.mjs').Target>} */
  const kept = new Map();
  const workers = new Map([...targets.keys()].map((name) => [name, new LoadWorker()]));
  try {
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [name, checkout] of targets) {
        const target = kept.get(name) ?? (await start(name, checkout));
        if (!kept.has(name)) await workload.prepare(target);
        if (!workload.fresh) kept.set(name, target);
        const worker = /** @type {LoadWorker} */ (workers.get(name));
        try {
          const sample = await oneRound(worker, workload, target);
          samples.get(name)?.push(sample);
          const shown = Math.round(sample.recordsPerSecond).toLocaleString('en-US');
          process.stderr.write(`round ${round + 1} ${name}: ${shown} rec/s\n`);
        } finally {
          if (workload.fresh) await target.stop();
        }
      }
    }
  } finally {
    for (const target of kept.values()) await target.stop();
    for (const worker of workers.values()) worker.close();
  }
  return samples;
}

/** Benches of this checkout alone. */
const ALONE = {
  memory: (/** @type {import('./targets.mjs').TargetOptions} */ target) =>
    memory(target, { gigabytes: Number(values.gigabytes ?? 5), shards: options.shards ?? 200 }),
  'fan-out': (/** @type {import('./targets.mjs').TargetOptions} */ target) =>
    fanOut(target, {
      consumers: numbers(values.consumers),
      rate: Number(values.rate),
      recordBytes: options.recordBytes,
      rounds: Number(values.rounds),
      warmupMs: Number(values.warmup) * 1000,
      measureMs: Number(values.seconds) * 1000,
    }),
  shape: (/** @type {import('./targets.mjs').TargetOptions} */ target) =>
    shape(target, {
      shards: numbers(values.shards ?? '8,100,1000,10000'),
      connections: numbers(values.connections ?? '32,1,1000,10000'),
      gigabytes: numbers(values.gigabytes ?? '0,1'),
      rounds: Number(values.rounds),
      warmupMs: Number(values.warmup) * 1000,
      measureMs: Number(values.seconds) * 1000,
    }),
  idle: idleBesides,
};

/** @param {import('./targets.mjs').TargetOptions} target */
async function idleBesides(target) {
  const revision = values.compare === undefined ? undefined : buildRevision(values.compare);
  const servers = new Map([['tailrace', target]]);
  if (revision !== undefined) servers.set(revision.name, targetOptions(revision.checkout));
  try {
    const { rounds, seconds } = values;
    const found = await idle(servers, { rounds: Number(rounds), seconds: Number(seconds) });
    const { tailrace, ...others } = found;
    return { ...tailrace, ...others };
  } finally {
    revision?.remove();
  }
}

/** @param {string} list */
function numbers(list) {
  return list
    .split(',')
    .filter((part) => part !== '')
    .map(Number);
}

/** @param {keyof typeof ALONE} name */
async function runAlone(name) {
  const result = await ALONE[name](targetOptions(undefined));
  if (values.json) {
    const printed = { bench: name, machine: machine(), options: values, result };
    process.stdout.write(`${JSON.stringify(printed)}\n`);
    return;
  }
  for (const [key, value] of Object.entries(result)) {
    const shown = typeof value === 'object' ? JSON.stringify(value) : value;
    process.stdout.write(`${key}: ${shown}\n`);
  }
}

async function main() {
  const name = positionals[0] ?? '';
  if (name in ALONE) {
    await runAlone(/** @type {keyof typeof ALONE} */ (name));
    return;
  }
  const workload = WORKLOADS[name];
  if (workload === undefined || values.help) {
    process.stdout.write(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  /** @type {Map<string, string | undefined>} */
  const targets = new Map();
  if (name === 'workers') for (const target of WORKERS) targets.set(target, undefined);
  else if (!values.only) targets.set('tailrace', undefined);
  for (const peer of values.vs.split(',').filter((part) => part !== '')) {
    targets.set(peer, undefined);
  }
  const revision = values.compare === undefined ? undefined : buildRevision(values.compare);
  if (revision !== undefined) targets.set(revision.name, revision.checkout);
  try {
    const samples = await run(workload(), targets);
    report(name, samples);
  } finally {
    revision?.remove();
  }
}

/**
 * @param {string} name
 * @param {Map<string, import('./report.mjs').Sample[]>} samples
 */
function report(name, samples) {
  if (!values.json) {
    process.stdout.write(`\n${name}, medians of ${values.rounds} rounds\n\n${table(samples)}\n`);
    return;
  }
  const medians = Object.fromEntries([...samples].map(([key, list]) => [key, medianSample(list)]));
  const result = {
    bench: name,
    machine: machine(),
    options: values,
    ratios: ratios(samples),
    cpuRatios: ratios(samples, 'recordsPerCpuSecond'),
    p99Ratios: ratios(samples, 'p99Ms'),
    medians,
    rounds: Object.fromEntries(samples),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

await main();
