import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineageOrder } from './lineage-order.ts';

test('children of a split begin when the parent has ended', () => {
  const order = new LineageOrder();
  order.start('p');
  order.learn('a', ['p']);
  order.learn('b', ['p']);
  order.offer('a');
  order.offer('b');
  assert.deepEqual(order.takeReady(), []);
  order.end('p');
  assert.deepEqual(order.takeReady(), ['a', 'b']);
  assert.deepEqual(order.takeReady(), []);
});

test('a merged shard begins when both parents have ended, once', () => {
  const order = new LineageOrder();
  order.start('a');
  order.start('b');
  order.learn('m', ['a', 'b']);
  order.offer('m');
  order.end('a');
  assert.deepEqual(order.takeReady(), []);
  order.offer('m');
  order.end('b');
  assert.deepEqual(order.takeReady(), ['m']);
  order.offer('m');
  assert.deepEqual(order.takeReady(), []);
});

test('a parent that has not begun, but descends from one being read, is waited for', () => {
  const order = new LineageOrder();
  order.start('p');
  order.start('q');
  for (const child of ['a', 'b']) order.learn(child, ['p']);
  order.learn('m', ['b', 'q']);
  order.offer('m');
  order.end('q');
  assert.deepEqual(order.takeReady(), []);
  order.offer('a');
  order.offer('b');
  order.end('p');
  assert.deepEqual(order.takeReady(), ['a', 'b']);
  order.end('b');
  assert.deepEqual(order.takeReady(), ['m']);
});

test('a parent that has expired is not waited for', () => {
  const order = new LineageOrder();
  order.learn('m', ['gone', 'a']);
  order.start('a');
  order.offer('m');
  order.end('a');
  assert.deepEqual(order.takeReady(), ['m']);
});

test('over any lineage every shard is read once, after all its ancestors', () => {
  const arbitraryParents = fc.array(fc.tuple(fc.nat(), fc.option(fc.nat())), { maxLength: 30 });
  fc.assert(
    fc.property(arbitraryParents, fc.infiniteStream(fc.nat()), (choices, picks) => {
      // Shards 0 and 1 are open at the start; each further one has one or two parents before it.
      const parents = new Map<string, string[]>([
        ['0', []],
        ['1', []],
      ]);
      choices.forEach(([first, second], i) => {
        const of = (choice: number): string => String(choice % (i + 2));
        parents.set(String(i + 2), second === null ? [of(first)] : [of(first), of(second)]);
      });
      const order = new LineageOrder();
      for (const [id, of] of parents) order.learn(id, of);
      const reading = ['0', '1'];
      reading.forEach((id) => order.start(id));
      const read: string[] = [];
      while (reading.length > 0) {
        const [id] = reading.splice(picks.next().value! % reading.length, 1) as [string];
        for (const parent of parents.get(id)!)
          assert.ok(read.includes(parent), `${parent} < ${id}`);
        read.push(id);
        for (const [child, of] of parents) if (of.includes(id)) order.offer(child);
        order.end(id);
        reading.push(...order.takeReady());
      }
      assert.deepEqual(read.toSorted(), [...parents.keys()].toSorted());
    }),
  );
});
