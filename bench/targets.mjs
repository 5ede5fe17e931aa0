// @ts-check
// The servers a bench can run, each behind the same few members. A target is started fresh, in a
// data directory of its own on a real disk, and leaves nothing behind.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startKinesalite, startKinesisLocal } from '../test/harness/npm-peers.mjs';
import { freePorts } from '../test/harness/ports.mjs';
import {
  accepts,
  builtCommand,
  startProcess,
  startServer,
  untilReady,
} from '../test/harness/server-process.mjs';
import { TEST_CREDENTIALS } from '../test/harness/kinesis-client.mjs';
import { prepareKafka } from './client/kafka-connection.mjs';
import { prepareNats } from './client/nats-connection.mjs';

const BENCH = fileURLToPath(new URL('./', import.meta.url));
const READY_TIMEOUT_MS = 60_000;

/**
 * @typedef {object} Target A running server
 * @property {string} name
 * @property {boolean} kinesis whether it speaks the whole API, not just the puts of one workload
 * @property {'redis' | 'nats' | 'kafka' | undefined} dialect another protocol than Kinesis'
 * @property {number} port
 * @property {string} endpoint
 * @property {number[]} pids
 * @property {'json' | 'cbor'} [protocol] where it differs from the rest of the run
 * @property {'http1' | 'h2c' | 'h2'} [transport] likewise
 * @property {number} readyMs from start of the process until it serves
 * @property {string} dataDir
 * @property {{ accessKeyId: string, secretAccessKey: string }} credentials
 * @property {(restartWith?: string[]) => Promise<void>} [restart] on the same data
 * @property {() => Promise<void>} [crash] killed, and started on the same data
 * @property {() => Promise<void>} stop
 *
 * @typedef {object} TargetOptions
 * @property {string | undefined} dataRoot folder for data directories
 * @property {string} auth `open` or `verify`
 * @property {string[]} flags more flags for Tailrace
 * @property {string | undefined} checkout the checkout whose build is run
 */

/** @type {Record<string, (options: TargetOptions) => Promise<Target>>} */
const STARTERS = {
  tailrace: startTailrace,
  kinesalite,
  'kinesis-local': kinesisLocal,
  floor: (options) => startFloor(options, 'node'),
  'floor-raw': (options) => startFloor(options, 'raw'),
  redis: startRedis,
  jetstream: startJetStream,
  kafka: startKafka,
};

/** Names that `--vs` takes. */
export const TARGET_NAMES = Object.keys(STARTERS);

/**
 * @param {string} name
 * @param {TargetOptions} options
 * @returns {Promise<Target>}
 */
export function startTarget(name, options) {
  const starter = STARTERS[name];
  if (starter === undefined) {
    throw new Error(`unknown peer ${name}; known: ${TARGET_NAMES.join(', ')}`);
  }
  return starter(options);
}

/** @param {string | undefined} root */
function makeDataDir(root) {
  return mkdtempSync(join(root ?? tmpdir(), 'tailrace-bench-'));
}

/**
 * @param {TargetOptions} options
 * @returns {Promise<Target>}
 */
async function startTailrace(options) {
  const dataDir = makeDataDir(options.dataRoot);
  let credentials = TEST_CREDENTIALS;
  const flags = ['--limits', 'off', '--auth', options.auth, ...options.flags];
  /** @type {Record<string, string>} */
  const env = { TAILRACE_LOG_LEVEL: 'warn' };
  if (options.auth === 'verify') credentials = createCredentials(dataDir, options.checkout);
  const start = (/** @type {string[]} */ more) =>
    startServer({
      dataDir,
      flags: [...flags, ...more],
      env,
      ...(options.checkout === undefined ? {} : { checkout: options.checkout }),
    });
  let server = await start([]);
  const startAgain = async (/** @type {NodeJS.Signals} */ signal, /** @type {string[]} */ more) => {
    await server.stop(signal);
    server = await start(more);
    target.port = server.port;
    target.endpoint = server.endpoint;
    target.pids = [server.pid];
    target.readyMs = server.readyMs;
  };
  /** @type {Target} */
  const target = {
    name: 'tailrace',
    kinesis: true,
    dialect: undefined,
    port: server.port,
    endpoint: server.endpoint,
    pids: [server.pid],
    readyMs: server.readyMs,
    dataDir,
    credentials,
    restart: (more = []) => startAgain('SIGTERM', more),
    crash: () => startAgain('SIGKILL', []),
    stop: async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return target;
}

/**
 * Makes a key that a server in `--auth verify` will know, with every permission.
 * @param {string} dataDir
 * @param {string | undefined} checkout
 * @returns {{ accessKeyId: string, secretAccessKey: string }}
 */
function createCredentials(dataDir, checkout) {
  const args = [builtCommand(checkout), 'credentials', 'create', '--data-dir', dataDir, '--json'];
  const stdio = /** @type {const} */ (['ignore', 'pipe', 'ignore']);
  const made = JSON.parse(
    execFileSync(process.execPath, args, { encoding: 'utf8', stdio: [...stdio] }),
  );
  return { accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey };
}

/**
 * @param {string} name
 * @param {import('../test/harness/server-process.mjs').RunningProcess} server
 * @param {number} port
 * @param {string} dataDir
 * @param {Partial<Target>} rest
 * @param {() => Promise<boolean>} ready
 * @returns {Promise<Target>}
 */
async function peer(name, server, port, dataDir, rest, ready) {
  const startedAt = performance.now();
  await untilReady(server, ready, READY_TIMEOUT_MS);
  return {
    name,
    kinesis: false,
    dialect: undefined,
    port,
    endpoint: `http://127.0.0.1:${port}`,
    pids: [server.pid],
    readyMs: performance.now() - startedAt,
    dataDir,
    credentials: TEST_CREDENTIALS,
    stop: async () => {
      await server.stop('SIGKILL');
      rmSync(dataDir, { recursive: true, force: true });
    },
    ...rest,
  };
}

/** More than any bench makes. */
const SHARD_LIMIT = 100_000;

/** @param {TargetOptions} options */
async function kinesalite(options) {
  const { server, port, ready } = await startKinesalite(SHARD_LIMIT, ['--createStreamMs', '0']);
  return peer('kinesalite', server, port, makeDataDir(options.dataRoot), { kinesis: true }, ready);
}

/** @param {TargetOptions} options */
async function kinesisLocal(options) {
  const env = { CREATE_STREAM_DURATION: '10ms' };
  const { server, port, ready } = await startKinesisLocal(SHARD_LIMIT, env);
  const dataDir = makeDataDir(options.dataRoot);
  return peer('kinesis-local', server, port, dataDir, { kinesis: true }, ready);
}

/**
 * @param {TargetOptions} options
 * @param {'node' | 'raw'} http
 */
async function startFloor(options, http) {
  const [port] = /** @type {[number]} */ (await freePorts(1));
  const dataDir = makeDataDir(options.dataRoot);
  const file = join(BENCH, 'floor', 'server.mjs');
  const args = [file, '--port', String(port), '--data-dir', dataDir, '--http', http];
  const server = startProcess(process.execPath, args);
  const name = http === 'node' ? 'floor' : 'floor-raw';
  return peer(name, server, port, dataDir, {}, () => accepts(port));
}

/** @param {TargetOptions} options */
async function startRedis(options) {
  const [port] = /** @type {[number]} */ (await freePorts(1));
  const dataDir = makeDataDir(options.dataRoot);
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dataDir, '--save', ''];
  args.push('--appendonly', 'yes', '--appendfsync', 'always');
  const server = startProcess('redis-server', args);
  return peer('redis', server, port, dataDir, { dialect: 'redis' }, () => accepts(port));
}

/** @param {TargetOptions} options */
async function startJetStream(options) {
  const [port] = /** @type {[number]} */ (await freePorts(1));
  const dataDir = makeDataDir(options.dataRoot);
  const config = join(dataDir, 'nats.conf');
  writeFileSync(
    config,
    `listen: "127.0.0.1:${port}"\nmax_payload: 8MB\n` +
      `jetstream { store_dir: "${dataDir}/js", sync_interval: always, max_file: 20GB }\n`,
  );
  const server = startProcess(process.env['NATS_SERVER'] ?? 'nats-server', ['-c', config]);
  const dialect = /** @type {const} */ ('nats');
  const target = await peer('jetstream', server, port, dataDir, { dialect }, () => accepts(port));
  await prepareNats(port);
  return target;
}

/** @returns {string} the class path of Kafka, fetched with Maven when it is first asked for */
function kafkaClassPath() {
  const file = join(BENCH, 'kafka', 'target', 'classpath.txt');
  if (!existsSync(file)) {
    const goals = ['-q', '-B', 'dependency:build-classpath', `-Dmdep.outputFile=${file}`];
    execFileSync('mvn', goals, { cwd: join(BENCH, 'kafka'), stdio: 'ignore' });
  }
  return readFileSync(file, 'utf8').trim();
}

/**
 * One broker that is its own controller and flushes every batch before it answers.
 * @param {TargetOptions} options
 */
async function startKafka(options) {
  const [port, controller] = /** @type {[number, number]} */ (await freePorts(2));
  const dataDir = makeDataDir(options.dataRoot);
  const config = join(dataDir, 'server.properties');
  writeFileSync(
    config,
    [
      'process.roles=broker,controller',
      'node.id=1',
      `controller.quorum.voters=1@127.0.0.1:${controller}`,
      `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
      'controller.listener.names=CONTROLLER',
      `log.dirs=${dataDir}/logs`,
      'log.flush.interval.messages=1',
      'num.partitions=4',
      'auto.create.topics.enable=true',
      'offsets.topic.replication.factor=1',
    ].join('\n'),
  );
  const java = ['-Xmx1g', '-cp', kafkaClassPath()];
  const format = [
    'kafka.tools.StorageTool',
    'format',
    '-t',
    'MkU3OEVBNTcwNTJENDM2Qg',
    '-c',
    config,
  ];
  execFileSync('java', [...java, ...format], { stdio: 'ignore' });
  const server = startProcess('java', [...java, 'kafka.Kafka', config]);
  const dialect = /** @type {const} */ ('kafka');
  const target = await peer('kafka', server, port, dataDir, { dialect }, () => accepts(port));
  await prepareKafka(port);
  return target;
}
