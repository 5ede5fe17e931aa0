// @ts-check
// The suite against this checkout's own server: default options, free ports, a data directory that
// is thrown away. With --verified the server checks signatures, and the suite gets credentials of
// it, and `--workers N` is the server's too. Other arguments are passed on to the suite. Closes
// with `N passed, N failed`.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtCommand, startServer } from '../test/harness/server-process.mjs';

const USER = 'root';

/**
 * Output of `tailrace credentials …`.
 * @param {string} dataDir
 * @param {string[]} args
 */
function credentials(dataDir, ...args) {
  const command = [builtCommand(), 'credentials', ...args, '--json'];
  command.push('--data-dir', dataDir);
  return execFileSync(process.execPath, command, { encoding: 'utf8' });
}

/**
 * Makes a user and a session of it; the suite's arguments for them.
 * @param {string} dataDir
 * @returns {string[]}
 */
function issueCredentials(dataDir) {
  const made = JSON.parse(credentials(dataDir, 'create', USER));
  const session = join(dataDir, 'session.json');
  writeFileSync(session, credentials(dataDir, 'session', USER));
  const keys = ['--access-key', made.AccessKeyId, '--secret-key', made.SecretAccessKey];
  return [...keys, '--session', session];
}

const main = fileURLToPath(new URL('./main.mjs', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'tailrace-conformance-'));
const verified = process.argv.includes('--verified');
const more = verified ? issueCredentials(dataDir) : [];
const given = process.argv.slice(2).filter((arg) => arg !== '--verified');
const at = given.indexOf('--workers');
const flags = at < 0 ? [] : given.splice(at, 2);
if (verified) flags.push('--auth', 'verify');
const server = await startServer({ dataDir, flags });
const args = [main, '--endpoint', server.endpoint, '--report', ...more, ...given];
const suite = spawn(process.execPath, args, { stdio: 'inherit' });
const [code] = await once(suite, 'exit');
const { code: stopped } = await server.stop();
rmSync(dataDir, { recursive: true, force: true });
if (stopped !== 0) console.error(`the server ended with ${stopped}\n${server.output()}`);
process.exitCode = code === 0 && stopped === 0 ? 0 : 1;
