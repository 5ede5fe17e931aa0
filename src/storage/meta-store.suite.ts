/**
 * What every MetaStore engine must do; each engine's test runs this suite against itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MetaOp, MetaStore } from './meta-store.ts';
import { CasError, StoreLockedError } from './meta-store.ts';

/** One place to keep metadata, empty at first, that can be opened again and again. */
export interface MetaStoreSubject {
  open(): Promise<MetaStore>;
  dispose(): Promise<void>;
}

export function metaStoreSuite(engine: string, make: () => Promise<MetaStoreSubject>): void {
  const check = (name: string, run: (subject: MetaStoreSubject) => Promise<void>): void => {
    test(`${engine}: ${name}`, async () => {
      const subject = await make();
      try {
        await run(subject);
      } finally {
        await subject.dispose();
      }
    });
  };

  check('keeps values, revisions and key order over a reopen', async (subject) => {
    const store = await subject.open();
    assert.equal(await store.get('a/1'), null);
    const first = await store.commit([put('a/2', 'two'), put('a/1', ''), put('b', '')]);
    const second = await store.commit([put('a/10', 'ten'), remove('b')]);
    assert.ok(second > first);
    await store.close();
    const again = await subject.open();
    assert.deepEqual(await dump(again, ''), [
      ['a/1', '', first],
      ['a/10', 'ten', second],
      ['a/2', 'two', first],
    ]);
    assert.equal(await again.get('b'), null);
    assert.ok((await again.commit([put('c', 'x')])) > second);
    await again.close();
  });

  check('lists by prefix only', async (subject) => {
    const store = await subject.open();
    await store.commit([put('s/a', '1'), put('s/b/c', '2'), put('s0', '3'), put('r/~', '4')]);
    assert.deepEqual(
      (await dump(store, 's/')).map(([key]) => key),
      ['s/a', 's/b/c'],
    );
    assert.deepEqual(await dump(store, 'zz'), []);
    await store.close();
  });

  check('applies all of a transaction or nothing', async (subject) => {
    const store = await subject.open();
    const rev = await store.commit([put('k', 'v')]);
    for (const expect of ['absent', rev + 1] as const) {
      await assert.rejects(
        store.commit([put('other', 'x'), { key: 'k', expect, value: bytes('w') }]),
        (error: unknown) => error instanceof CasError && error.key === 'k' && error.actual === rev,
      );
    }
    await assert.rejects(
      store.commit([{ key: 'none', expect: rev, value: null }]),
      (error: unknown) => error instanceof CasError && error.actual === null,
    );
    assert.deepEqual(await dump(store, ''), [['k', 'v', rev]]);
    const next = await store.commit([{ key: 'k', expect: rev, value: bytes('w') }]);
    assert.equal(next, rev + 1);
    await store.commit([{ key: 'k', expect: next, value: null }]);
    await store.commit([{ key: 'k', expect: 'absent', value: bytes('again') }]);
    await store.close();
  });

  check('does not share bytes with its callers', async (subject) => {
    const store = await subject.open();
    const value = bytes('abc');
    await store.commit([{ key: 'k', expect: 'any', value }]);
    value[0] = 0x78;
    (await store.get('k'))!.value[1] = 0x78;
    assert.deepEqual((await store.get('k'))!.value, bytes('abc'));
    await store.close();
  });

  check('has one owner at a time and none after close', async (subject) => {
    const store = await subject.open();
    await assert.rejects(subject.open(), StoreLockedError);
    await store.commit([put('k', 'v')]);
    await store.close();
    await store.close();
    await assert.rejects(store.get('k'), /cannot be used/);
    await assert.rejects(store.commit([put('k', 'w')]), /cannot be used/);
    const again = await subject.open();
    assert.deepEqual(await dump(again, ''), [['k', 'v', 1]]);
    await again.close();
  });

  check('holds values of megabytes', async (subject) => {
    const store = await subject.open();
    const value = new Uint8Array(3_000_000).map((_, index) => index * 31);
    await store.commit([{ key: 'big', expect: 'absent', value }]);
    await store.close();
    const again = await subject.open();
    assert.deepEqual((await again.get('big'))!.value, value);
    await again.close();
  });

  check('behaves like a map with revisions', async (subject) => {
    const store = await subject.open();
    const model = new Map<string, readonly [string, number]>();
    await fc.assert(
      fc.asyncProperty(fc.array(randomOp, { maxLength: 4 }), async (ops) => {
        await runAgainstModel(store, model, ops);
      }),
      { numRuns: 200 },
    );
    await store.close();
    const again = await subject.open();
    assert.deepEqual(await dump(again, ''), sorted(model));
    await again.close();
  });
}

interface RandomOp {
  readonly key: string;
  readonly expect: 'absent' | 'any' | 'current' | 'wrong';
  readonly value: string | null;
}

const randomOp: fc.Arbitrary<RandomOp> = fc.record({
  key: fc.constantFrom('a', 'a/b', 'b', 'c'),
  expect: fc.constantFrom('absent', 'any', 'any', 'current', 'wrong'),
  value: fc.option(fc.string({ maxLength: 5 }), { nil: null }),
});

async function runAgainstModel(
  store: MetaStore,
  model: Map<string, readonly [string, number]>,
  ops: readonly RandomOp[],
): Promise<void> {
  const real: MetaOp[] = ops.map((op) => ({
    key: op.key,
    expect: expectation(op, model.get(op.key)?.[1]),
    value: op.value === null ? null : bytes(op.value),
  }));
  const staged = new Map<string, readonly [string, number] | undefined>(model);
  const rev = Math.max(0, lastRev.get(store) ?? 0) + 1;
  let holds = true;
  for (const [index, op] of ops.entries()) {
    const actual = staged.get(op.key)?.[1];
    const { expect } = real[index]!;
    holds &&= expect === 'any' || (expect === 'absent' ? actual === undefined : actual === expect);
    if (op.value === null) {
      staged.delete(op.key);
    } else {
      staged.set(op.key, [op.value, rev]);
    }
  }
  if (!holds) {
    await assert.rejects(store.commit(real), CasError);
  } else {
    assert.equal(await store.commit(real), rev);
    lastRev.set(store, rev);
    model.clear();
    for (const [key, value] of staged) {
      model.set(key, value!);
    }
  }
  assert.deepEqual(await dump(store, ''), sorted(model));
}

const lastRev = new WeakMap<MetaStore, number>();

function expectation(op: RandomOp, rev: number | undefined): number | 'absent' | 'any' {
  switch (op.expect) {
    case 'absent':
    case 'any':
      return op.expect;
    case 'current':
      return rev ?? 'absent';
    case 'wrong':
      return (rev ?? 0) + 1_000_000;
  }
}

function sorted(
  model: ReadonlyMap<string, readonly [string, number]>,
): readonly (readonly [string, string, number])[] {
  return [...model].map(([key, [value, rev]]) => [key, value, rev] as const).sort(byKey);
}

function byKey(
  left: readonly [string, ...unknown[]],
  right: readonly [string, ...unknown[]],
): number {
  return left[0] < right[0] ? -1 : 1;
}

/** Everything under a prefix as text, in the store's order. */
export async function dump(
  store: MetaStore,
  prefix: string,
): Promise<readonly (readonly [string, string, number])[]> {
  const entries = await store.list(prefix);
  return entries.map(([key, entry]) => [key, new TextDecoder().decode(entry.value), entry.rev]);
}

export function put(key: string, text: string): MetaOp {
  return { key, expect: 'any', value: bytes(text) };
}

function remove(key: string): MetaOp {
  return { key, expect: 'any', value: null };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
