import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLog } from './log.ts';
import type { LogOptions } from './log.ts';

async function open(options: Partial<LogOptions>, terminal = false) {
  const lines: string[] = [];
  const sink = {
    isTerminal: terminal,
    colors: terminal,
    write: (line: string) => lines.push(line),
  };
  const log = await openLog(
    { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678), sink },
    { level: 'info', format: 'auto', ...options },
  );
  return { log, lines };
}

test('writes one JSON object a line, errors with their stack and cause', async () => {
  const { log, lines } = await open({});
  log.info({ port: 4567 }, 'ready');
  log.error({ err: new TypeError('bug', { cause: new Error('why') }) }, 'failed');
  assert.ok(lines.every((line) => line.endsWith('\n')));
  const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const time = '2026-01-02T03:04:05.678Z';
  assert.deepEqual(first, { level: 'info', time, port: 4567, msg: 'ready' });
  const err = second?.['err'] as Record<string, unknown>;
  assert.equal(err['type'], 'TypeError');
  assert.match(String(err['stack']), /log\.test/);
  assert.equal((err['cause'] as { message: string }).message, 'why');
});

test('leaves out what is below its level', async () => {
  const { log, lines } = await open({ level: 'warn' });
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({}, 'c');
  log.error({}, 'd');
  assert.equal(lines.length, 2);
  const silent = await open({ level: 'silent' });
  silent.log.error({}, 'e');
  assert.deepEqual(silent.lines, []);
});

test('is readable on a terminal, or when asked to be', async () => {
  const { log, lines } = await open({ format: 'pretty' });
  log.info({ host: '::1', list: [1] }, 'ready');
  log.error({ err: new Error('boom') }, 'failed');
  assert.match(lines[0]!, /INFO: ready .*"host":"::1"/);
  assert.match(lines[1]!, /ERROR: failed/);
  assert.match(lines.slice(1).join(''), /boom/);
  const terminal = await open({}, true);
  terminal.log.warn({}, 'careful');
  assert.match(terminal.lines[0]!, /\u001b\[33mWARN/);
});
