/** What every Link must do, whichever form. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Link } from './link.ts';
import type { ShownBodies } from './shown-bodies.ts';

export interface LinkSubject {
  readonly left: Link;
  readonly right: Link;
  /** Does the work to its end, moving time where time has to be moved. */
  readonly run: (work: () => Promise<void>) => Promise<void>;
}

/** Resolves with the first `count` messages. */
function receive(link: Link, count: number): Promise<(readonly Uint8Array[])[]> {
  return new Promise((resolve) => {
    const got: (readonly Uint8Array[])[] = [];
    link.onMessage((parts) => {
      if (got.push(parts) === count) resolve(got);
    });
  });
}

function closeOf(link: Link): Promise<void> {
  return new Promise((resolve) => link.onClose(resolve));
}

export function linkSuite(name: string, make: () => LinkSubject): void {
  describe(`${name} as a Link`, () => {
    test('carries messages whole and in order, both ways, also before anybody listens', async () => {
      const { left, right, run } = make();
      await run(async () => {
        for (let i = 0; i < 20; i++) left.send([Uint8Array.of(i), new Uint8Array(1000).fill(i)]);
        const got = await receive(right, 20);
        got.forEach((parts, i) => {
          assert.deepEqual(
            parts.map((part) => [part.length, part[0]]),
            [
              [1, i],
              [1000, i],
            ],
          );
        });
        right.send([Uint8Array.of(9)]);
        assert.deepEqual(
          (await receive(left, 1))[0]!.map((part) => [...part]),
          [[9]],
        );
        left.close();
      });
    });

    test('takes the memory of what is sent', async () => {
      const { left, right, run } = make();
      await run(async () => {
        const part = new Uint8Array(100_000);
        left.send([part]);
        assert.equal(part.length, 0);
        assert.equal((await receive(right, 1))[0]![0]!.length, 100_000);
        left.close();
      });
    });

    test('shows memory, in order with messages', async () => {
      const { left, right, run } = make();
      await run(async () => {
        const seen: (ShownBodies | null | number)[] = [];
        const loans = new Int32Array(new SharedArrayBuffer(8));
        const memory = { buffer: new SharedArrayBuffer(16) };
        left.send([Uint8Array.of(1)]);
        assert.ok(left.show({ slots: 2, slotBytes: 4, memory, loans }));
        left.send([Uint8Array.of(2)]);
        left.show(null);
        left.send([Uint8Array.of(3)]);
        await new Promise<void>((resolve) => {
          right.onShown((bodies) => seen.push(bodies));
          right.onMessage(([part]) => {
            if (seen.push(part![0]!) === 5) resolve();
          });
        });
        const shown = seen[1] as ShownBodies;
        assert.deepEqual(seen, [1, shown, 2, null, 3]);
        shown.loans[1] = 7;
        assert.equal(loans[1], 7);
        left.close();
        left.show(null);
      });
    });

    test('tells both ends of a close, after what was sent before it', async () => {
      const { left, right, run } = make();
      await run(async () => {
        const told = Promise.all([closeOf(left), closeOf(right)]);
        left.send([Uint8Array.of(1)]);
        left.close();
        left.close();
        assert.equal((await receive(right, 1)).length, 1);
        await told;
        left.send([Uint8Array.of(2)]);
        right.send([Uint8Array.of(3)]);
      });
    });
  });
}
