// @ts-check
// The other implementations that npm has, installed under bench/ when they are first asked for.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from './ports.mjs';
import { accepts, httpStatus, startProcess } from './server-process.mjs';

const BENCH = fileURLToPath(new URL('../../bench/', import.meta.url));

/**
 * @typedef {object} StartedPeer
 * @property {import('./server-process.mjs').RunningProcess} server
 * @property {number} port
 * @property {string} folder of the package
 * @property {() => Promise<boolean>} ready
 */

/** Installs the npm peers from the lock file, unless that was done before. */
export function installPeers() {
  if (existsSync(join(BENCH, 'node_modules', 'kinesalite', 'package.json'))) return;
  process.stderr.write('installing peers under bench/ ...\n');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: BENCH, stdio: 'ignore' });
}

/**
 * @param {number} shardLimit
 * @param {readonly string[]} [flags]
 * @returns {Promise<StartedPeer>}
 */
export async function startKinesalite(shardLimit, flags = []) {
  installPeers();
  const [port = 0] = await freePorts(1);
  const folder = join(BENCH, 'node_modules', 'kinesalite');
  const args = [join(folder, 'cli.js'), '--port', String(port), '--shardLimit', String(shardLimit)];
  const server = startProcess(process.execPath, [...args, ...flags]);
  return { server, port, folder, ready: () => accepts(port) };
}

/**
 * @param {number} shardLimit
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Promise<StartedPeer>}
 */
export async function startKinesisLocal(shardLimit, env = {}) {
  installPeers();
  const [port = 0, tlsPort = 0] = await freePorts(2);
  const folder = join(BENCH, 'node_modules', 'kinesis-local');
  const server = startProcess(process.execPath, ['main.js'], {
    cwd: folder,
    env: {
      KINESIS_MOCK_PLAIN_PORT: String(port),
      KINESIS_MOCK_TLS_PORT: String(tlsPort),
      SHARD_LIMIT: String(shardLimit),
      LOG_LEVEL: 'ERROR',
      ...env,
    },
  });
  const ready = () => httpStatus(`http://127.0.0.1:${port}/healthcheck`).then((s) => s === 200);
  return { server, port, folder, ready };
}
