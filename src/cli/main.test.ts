/** The command as a process: signals, pipes, standard input, exit codes. */
import assert from 'node:assert/strict';
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TailraceServer } from '../server/index.ts';
import { startServer } from '../server/index.ts';

const main = fileURLToPath(new URL('./main.js', import.meta.url));

type Command = ChildProcessByStdio<Writable, Readable, Readable>;

describe('the command', () => {
  let server: TailraceServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.close());

  function start(...args: string[]): Command {
    const env = { PATH: process.env['PATH'], TAILRACE_ENDPOINT: server.endpoint, HOME: '/nowhere' };
    return spawn(process.execPath, [main, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  async function run(input: string, ...args: string[]): Promise<string> {
    const command = start(...args);
    command.stdin.end(input);
    const [out, err, exit] = await Promise.all([
      textOf(command.stdout),
      textOf(command.stderr),
      once(command, 'exit'),
    ]);
    assert.deepEqual(exit, [0, null], err);
    return out;
  }

  async function textOf(stream: Readable): Promise<string> {
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  }

  async function firstOutput(command: Command): Promise<string> {
    const [chunk] = (await once(command.stdout, 'data')) as unknown[];
    return String(chunk);
  }

  test('lines go through a pipe and come out again', async () => {
    await run('', 'streams', 'create', 'lines', '--wait');
    await run('one\ntwo\n', 'put', 'lines', '-k', 'k');
    assert.equal(await run('', 'tail', 'lines', '--no-follow'), 'one\ntwo\n');
  });

  test('an interrupt ends tail without a word', async () => {
    await run('', 'streams', 'create', 'endless', '--wait');
    await run('', 'put', 'endless', 'first');
    const tail = start('tail', 'endless', '--from', 'trim-horizon');
    const words = textOf(tail.stderr);
    assert.equal(await firstOutput(tail), 'first\n');
    tail.kill('SIGINT');
    assert.deepEqual(await once(tail, 'exit'), [0, null]);
    assert.equal(await words, '');
  });

  test('a reader that goes ends tail without a word', async () => {
    await run('', 'streams', 'create', 'headed', '--wait');
    await run('', 'put', 'headed', 'first');
    const tail = start('tail', 'headed', '--from', 'trim-horizon');
    const words = textOf(tail.stderr);
    await firstOutput(tail);
    tail.stdout.destroy();
    const exit = once(tail, 'exit');
    await run('', 'put', 'headed', 'second');
    assert.deepEqual(await exit, [0, null]);
    assert.equal(await words, '');
  });

  test('a failure is told and leaves exit code 1', async () => {
    const put = start('put', 'absent', 'x');
    const words = textOf(put.stderr);
    assert.deepEqual(await once(put, 'exit'), [1, null]);
    assert.match(await words, /^tailrace: ResourceNotFoundException/);
  });
});
