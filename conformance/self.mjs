// @ts-check
// The suite against this checkout's own server: default options, free ports, a data directory that
// is thrown away. Arguments are passed on to the suite. Closes with `N passed, N failed`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../test/harness/server-process.mjs';

const main = fileURLToPath(new URL('./main.mjs', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'tailrace-conformance-'));
const server = await startServer({ dataDir });
const args = [main, '--endpoint', server.endpoint, '--report', ...process.argv.slice(2)];
const suite = spawn(process.execPath, args, { stdio: 'inherit' });
const [code] = await once(suite, 'exit');
const { code: stopped } = await server.stop();
rmSync(dataDir, { recursive: true, force: true });
if (stopped !== 0) console.error(`the server ended with ${stopped}\n${server.output()}`);
process.exitCode = code === 0 && stopped === 0 ? 0 : 1;
