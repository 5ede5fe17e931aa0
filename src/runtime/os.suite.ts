/**
 * What every Os must do, whichever form.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Os } from './os.ts';
import { ResourceExhaustedError } from './os.ts';
import type { ResourceLimits } from './resource-table.ts';

/** `make` gives an Os with these limits in place of the system's. */
export function osSuite(name: string, make: (limits: Partial<ResourceLimits>) => Os): void {
  describe(`${name} as an Os`, () => {
    test('counts what is held and gives it back once', () => {
      const os = make({ threads: 10 });
      const lease = os.acquire('threads', 3);
      const other = os.acquire('threads', 7);
      assert.equal(os.inUse('threads'), 10);
      lease.release();
      lease.release();
      assert.equal(os.inUse('threads'), 7);
      other.release();
      assert.equal(os.inUse('threads'), 0);
    });

    test('refuses more than is left and then takes nothing', () => {
      const os = make({ connections: 5 });
      os.acquire('connections', 4);
      assert.throws(
        () => os.acquire('connections', 2),
        (error) => error instanceof ResourceExhaustedError && error.resource === 'connections',
      );
      assert.equal(os.inUse('connections'), 4);
      os.acquire('connections', 1);
      assert.throws(() => os.acquire('connections', 1), ResourceExhaustedError);
    });

    test('keeps its resources apart', () => {
      const os = make({ threads: 1, descriptors: 2 });
      os.acquire('threads', 1);
      assert.equal(os.inUse('descriptors'), 0);
      assert.equal(os.limit('threads'), 1);
      assert.equal(os.limit('descriptors'), 2);
    });

    test('refuses counts that are none', () => {
      const os = make({ threads: 10 });
      for (const count of [-1, 0.5, Number.NaN]) {
        assert.throws(() => os.acquire('threads', count));
      }
      assert.equal(os.inUse('threads'), 0);
    });

    test('has limits of its own where none are given', () => {
      const os = make({});
      for (const resource of ['threads', 'descriptors', 'connections'] as const) {
        assert.ok(Number.isInteger(os.limit(resource)) && os.limit(resource) > 0);
      }
      assert.ok(os.cpuCount >= 1);
      assert.ok(os.residentBytes() >= 0);
      assert.ok(os.cpuMs() >= 0);
    });
  });
}
