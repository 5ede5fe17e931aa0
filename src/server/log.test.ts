import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLog } from './log.ts';
import type { LogOptions } from './log.ts';

function open(options: Partial<LogOptions>, terminal = false) {
  const lines: string[] = [];
  const sink = {
    isTerminal: terminal,
    colors: terminal,
    write: (line: string) => lines.push(line),
  };
  const log = openLog(
    { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678), sink },
    { level: 'info', format: 'auto', ...options },
  );
  return { log, lines };
}

test('writes one JSON object a line, errors with their stack and cause', () => {
  const { log, lines } = open({});
  log.info({ port: 4567, big: 7n }, 'ready');
  log.error({ err: new TypeError('bug', { cause: new Error('why') }) }, 'failed');
  assert.ok(lines.every((line) => line.endsWith('\n')));
  const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const time = '2026-01-02T03:04:05.678Z';
  assert.deepEqual(first, { level: 'info', time, port: 4567, big: '7', msg: 'ready' });
  const err = second?.['err'] as Record<string, unknown>;
  assert.equal(err['type'], 'TypeError');
  assert.match(String(err['stack']), /log\.test/);
  assert.equal((err['cause'] as { message: string }).message, 'why');
});

test('leaves out what is below its level', () => {
  const { log, lines } = open({ level: 'warn' });
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({}, 'c');
  log.error({}, 'd');
  assert.equal(lines.length, 2);
  const silent = open({ level: 'silent' });
  silent.log.error({}, 'e');
  assert.deepEqual(silent.lines, []);
});

test('is readable on a terminal, or when asked to be', () => {
  const { log, lines } = open({ format: 'pretty' });
  log.info({ host: '::1', list: [1] }, 'ready');
  log.error({ err: new Error('boom') }, 'failed');
  assert.equal(lines[0], '03:04:05.678 INFO  ready host=::1 list=[1]\n');
  assert.match(lines[1]!, /^03:04:05\.678 ERROR failed\nError: boom\n +at /);
  const terminal = open({}, true);
  terminal.log.warn({}, 'careful');
  assert.equal(terminal.lines[0], '03:04:05.678 \u001b[33mWARN\u001b[0m  careful\n');
});
