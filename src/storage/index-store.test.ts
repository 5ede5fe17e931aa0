import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disk } from '../runtime/disk.ts';
import type { CommitLog } from './commit-log.ts';
import { IndexStore, sealedUnit } from './index-store.ts';
import type { SealedUnit } from './index-store.ts';
import { SealedFiles } from './sealed-file.ts';
import { UnitIndexBuilder } from './unit-index.ts';

const identity = 7;

/** Files whose writes end when they are told to. */
class SlowFiles extends SealedFiles {
  readonly written: Uint8Array[] = [];
  readonly ends: (() => void)[] = [];

  constructor() {
    super({} as Disk, 'nowhere');
  }

  override replace(_name: string, bytes: Uint8Array): Promise<void> {
    this.written.push(bytes);
    return new Promise((resolve) => {
      this.ends.push(resolve);
    });
  }
}

function open(): { files: SlowFiles; store: IndexStore; put(from: number): SealedUnit } {
  const files = new SlowFiles();
  const onDamage = (): void => undefined;
  const none = { before: () => null, nextFrom: () => null };
  const options = { volume: 0, identity, cacheBytesMax: 1024, onDamage, ...none };
  const store = new IndexStore({ log: {} as CommitLog, files }, options);
  const put = (from: number): SealedUnit => {
    const builder = new UnitIndexBuilder(from, 0, 0);
    builder.begin(5, 1, 0);
    const unit = sealedUnit(from, 100, 0);
    store.put(
      unit,
      builder.sealed(identity, (bytes) => store.room(bytes)),
    );
    return unit;
  };
  return { files, store, put };
}

/** Lets what is under way go on until there are so many writes. */
async function untilWrites(files: SlowFiles, count: number): Promise<void> {
  while (files.written.length < count) await Promise.resolve();
}

test('memory of an index serves another when nobody writes it any more', async () => {
  const { files, store, put } = open();
  const { buffer } = put(64).pinned!;
  const passes = [store.persist(), store.persist()];
  await untilWrites(files, 1);
  assert.notEqual(put(200).pinned!.buffer, buffer);
  files.ends[0]!();
  await untilWrites(files, 2);
  const [first, second] = files.written.map((bytes) => bytes.buffer);
  assert.notEqual(second, first, 'each index is written once');
  assert.equal(put(300).pinned!.buffer, buffer);
  files.ends[1]!();
  await Promise.all(passes);
});

test('memory of an index that somebody looks at serves no other', async () => {
  const { files, store, put } = open();
  const unit = put(64);
  const { buffer } = unit.pinned!;
  await store.directory(unit);
  const pass = store.persist();
  await untilWrites(files, 1);
  files.ends[0]!();
  await pass;
  assert.notEqual(put(200).pinned!.buffer, buffer);
});
