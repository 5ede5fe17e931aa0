/**
 * What every Clock must do, whichever form.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Clock } from './clock.ts';

export interface ClockSubject {
  readonly clock: Clock;
  /** Does the work to its end, moving time where time has to be moved. */
  readonly run: (work: () => Promise<void>) => Promise<void>;
}

export function clockSuite(name: string, make: () => ClockSubject): void {
  describe(`${name} as a Clock`, () => {
    times(make);
    timers(make);
    sleeps(make);
  });
}

function times(make: () => ClockSubject): void {
  test('wall time is whole milliseconds of this era', () => {
    const { clock } = make();
    assert.ok(Number.isInteger(clock.now()));
    assert.ok(clock.now() > 1_600_000_000_000);
  });

  test('monotonic time never goes back, and passes while one sleeps', async () => {
    const { clock, run } = make();
    let last = clock.monotonic();
    for (let index = 0; index < 1000; index += 1) {
      const next = clock.monotonic();
      assert.ok(next >= last);
      last = next;
    }
    await run(() => clock.sleep(5));
    assert.ok(clock.monotonic() > last);
  });
}

function timers(make: () => ClockSubject): void {
  test('calls back once, later, in the order of the delays', async () => {
    const { clock, run } = make();
    const called: string[] = [];
    await run(async () => {
      clock.after(20, () => called.push('second'));
      clock.after(1, () => called.push('first'));
      assert.deepEqual(called, []);
      await clock.sleep(40);
    });
    assert.deepEqual(called, ['first', 'second']);
  });

  test('does not call what was cancelled; cancelling again does nothing', async () => {
    const { clock, run } = make();
    let calls = 0;
    await run(async () => {
      const timer = clock.after(1, () => (calls += 1));
      timer.cancel();
      timer.cancel();
      const late = clock.after(1, () => (calls += 10));
      await clock.sleep(10);
      late.cancel();
    });
    assert.equal(calls, 10);
  });

  test('a delay longer than a host timer can hold does not end at once', async () => {
    const { clock, run } = make();
    let called = false;
    await run(async () => {
      const timer = clock.after(2 ** 33, () => (called = true));
      await clock.sleep(5);
      timer.cancel();
    });
    assert.equal(called, false);
  });

  test('calls periodically until cancelled, from inside too', async () => {
    const { clock, run } = make();
    let calls = 0;
    await run(async () => {
      const enough = new AbortController();
      const timer = clock.every(1, () => {
        calls += 1;
        if (calls === 3) {
          timer.cancel();
          enough.abort();
        }
      });
      // Periodic timers keep no process alive, so a sleep has to while they are waited for.
      await assert.rejects(clock.sleep(1_000_000, enough.signal));
      await clock.sleep(10);
    });
    assert.equal(calls, 3);
  });

  test('soon is later than now, and keeps the order', async () => {
    const { clock, run } = make();
    const called: number[] = [];
    await run(
      () =>
        new Promise<void>((resolve) => {
          clock.soon(() => called.push(1));
          clock.soon(() => called.push(2));
          clock.soon(resolve);
          assert.deepEqual(called, []);
        }),
    );
    assert.deepEqual(called, [1, 2]);
  });
}

function sleeps(make: () => ClockSubject): void {
  test('a sleep that is aborted rejects with the reason of the signal', async () => {
    const { clock, run } = make();
    const reason = new Error('enough');
    await run(async () => {
      const controller = new AbortController();
      const asleep = clock.sleep(1_000_000, controller.signal);
      controller.abort(reason);
      await assert.rejects(asleep, reason);
      await assert.rejects(clock.sleep(1_000_000, controller.signal), reason);
    });
  });

  test('a sleep that has ended is not touched by its signal any more', async () => {
    const { clock, run } = make();
    await run(async () => {
      const controller = new AbortController();
      await clock.sleep(1, controller.signal);
      controller.abort();
      await clock.sleep(1);
    });
  });

  test('refuses delays and periods that are none', async () => {
    const { clock } = make();
    assert.throws(() => clock.after(-1, () => undefined));
    assert.throws(() => clock.after(Number.NaN, () => undefined));
    assert.throws(() => clock.every(0, () => undefined));
    await assert.rejects(clock.sleep(-1));
  });
}
