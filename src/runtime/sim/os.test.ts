import assert from 'node:assert/strict';
import { test } from 'node:test';
import { osSuite } from '../os.suite.ts';
import { ResourceExhaustedError } from '../os.ts';
import { SimOs } from './os.ts';

osSuite('SimOs', (limits) => new SimOs({ limits }));

test('a limit can sink under what is held', () => {
  const os = new SimOs({ limits: { threads: 10 }, cpuCount: 4 });
  const lease = os.acquire('threads', 8);
  os.setLimit('threads', 5);
  assert.throws(() => os.acquire('threads', 1), ResourceExhaustedError);
  lease.release();
  os.acquire('threads', 5);
  assert.equal(os.inUse('threads'), 5);
  assert.equal(os.cpuCount, 4);
});

test('shows the use that the simulation sets', () => {
  const os = new SimOs();
  os.setResidentBytes(1000);
  os.spendCpu(2.5);
  os.spendCpu(2);
  assert.deepEqual([os.residentBytes(), os.cpuMs()], [1000, 4.5]);
});
