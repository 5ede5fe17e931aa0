import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { concat } from '../../common/bytes.ts';
import { immediately, SimDisk } from '../../runtime/sim/disk.ts';
import { SimRandom } from '../../runtime/sim/random.ts';
import type { CommitLog, VolumeWriter } from '../commit-log.ts';
import { EngineUnavailableError, LogFullError } from '../commit-log.ts';
import { frameOf, section } from '../test-frames.suite.ts';
import { LocalCommitLog } from './local-commit-log.ts';

const FIRST = '/log/volume-0001/0000000001.seg';
const SEGMENT_BYTES = 16 * 1024;

/** One log on a simulated disk. */
class Machine {
  readonly disk = new SimDisk({ random: new SimRandom(1), delay: immediately });
  #epoch = 0;

  /** The log as the next process opens it. */
  async open(): Promise<{ log: CommitLog; writer: VolumeWriter }> {
    this.#epoch += 1;
    const log = new LocalCommitLog(
      { disk: this.disk, random: new SimRandom(7) },
      { directory: '/log', segmentBytes: SEGMENT_BYTES },
    );
    return { log, writer: await log.openWriter(1, this.#epoch) };
  }

  /** Replaces the segment. */
  async put(content: Uint8Array): Promise<void> {
    await this.disk.remove(FIRST);
    const file = await this.disk.open(FIRST, 'create');
    await file.write([content], 0);
    await file.sync();
    await file.close();
  }
}

/** Begins to append a frame; gives it, and what comes of it. */
function begin(writer: VolumeWriter, bytes: number): { frame: Uint8Array; done: Promise<unknown> } {
  const { chain, underWay } = writer;
  const { parts } = frameOf(chain, [section(1, chain.frameNumber + 1, 1, bytes)], 1, underWay);
  const frame = concat(parts);
  return { frame, done: writer.append(parts) };
}

async function append(writer: VolumeWriter, bytes: number): Promise<Uint8Array> {
  const { frame, done } = begin(writer, bytes);
  await done;
  return frame;
}

/** The place of a frame under way is known a moment after it was begun. */
async function untilTaken(writer: VolumeWriter): Promise<void> {
  while (!writer.takesAnother(3000)) await Promise.resolve();
}

/** Frames, and for damage how many bytes. */
async function contents(log: CommitLog): Promise<(Uint8Array | number)[]> {
  const found: (Uint8Array | number)[] = [];
  for await (const entry of log.read(1, 0)) {
    found.push(entry.kind === 'frame' ? entry.frame : entry.bytes);
  }
  return found;
}

interface Written {
  readonly machine: Machine;
  readonly content: Uint8Array;
  readonly frames: readonly Uint8Array[];
  /** Where each frame ends in the segment. */
  readonly ends: readonly number[];
}

/** One frame, two that were under way together, and `more` behind them, one by one. */
async function written(more: number): Promise<Written> {
  const machine = new Machine();
  const { log, writer } = await machine.open();
  const frames = [await append(writer, 100)];
  const one = begin(writer, 200);
  await untilTaken(writer);
  const other = begin(writer, 300);
  await Promise.all([one.done, other.done]);
  frames.push(one.frame, other.frame);
  for (let index = 0; index < more; index += 1) frames.push(await append(writer, 50));
  await log.close();
  let end = 64;
  const ends = frames.map((frame) => (end += frame.length));
  return { machine, content: machine.disk.contentOf(FIRST), frames, ends };
}

describe('two frames under way when the power went', () => {
  const payloadBegins = 64 + 40;

  test('the first torn, the second whole: neither is there, nor anything of them', async () => {
    const { machine, content, frames, ends } = await written(0);
    const [begins, bytes] = [ends[0]!, frames[1]!.length];
    for (let kept = 0; kept < payloadBegins + 200; kept += 7) {
      const torn = content.slice();
      torn.fill(0, begins + kept, begins + bytes);
      await machine.put(torn);
      const { log, writer } = await machine.open();
      assert.equal(writer.beginsUnit, false);
      assert.deepEqual(await contents(log), [frames[0]], `${kept} bytes kept`);
      const next = await append(writer, 10);
      assert.deepEqual(await contents(log), [frames[0], next]);
      await log.close();
      const left = machine.disk.contentOf(FIRST).subarray(begins + next.length);
      assert.ok(left.every((byte) => byte === 0));
    }
  });

  test('the second torn: the first is there', async () => {
    const { machine, content, frames, ends } = await written(0);
    for (let kept = 0; kept < payloadBegins + 300; kept += 7) {
      const torn = content.slice();
      torn.fill(0, ends[1]! + kept);
      await machine.put(torn);
      const { log, writer } = await machine.open();
      assert.deepEqual(await contents(log), frames.slice(0, 2), `${kept} bytes kept`);
      await append(writer, 10);
      await log.close();
    }
  });

  test('both whole: both are there, and stay', async () => {
    const { machine, content, frames, ends } = await written(0);
    const session = machine.disk.session();
    await machine.disk.remove(FIRST);
    // Written, but not synced: what the next process reads is in the cache only.
    const file = await session.open(FIRST, 'create');
    await file.write([content.subarray(0, ends[0])], 0);
    await file.sync();
    await machine.disk.syncDirectory('/log/volume-0001');
    await file.write([content.subarray(ends[0])], ends[0]!);
    await file.close();
    await machine.open();
    machine.disk.powerLoss();
    const { log } = await machine.open();
    assert.deepEqual(await contents(log), frames);
    await log.close();
  });

  test('damage to either, once later frames prove that it was stored, is told', async () => {
    const { machine, content, frames, ends } = await written(1);
    for (const index of [1, 2]) {
      const damaged = content.slice();
      damaged[ends[index - 1]! + 70]! ^= 1;
      await machine.put(damaged);
      const { log, writer } = await machine.open();
      const expected: (Uint8Array | number)[] = [...frames];
      expected[index] = frames[index]!.length;
      assert.deepEqual(await contents(log), expected);
      assert.equal(writer.beginsUnit, true, 'a damaged segment gets no more frames');
      await log.close();
    }
  });
});

describe('a second append', () => {
  test('is taken while one is under way, a third is not, nor one that needs a file', async () => {
    const { log, writer } = await new Machine().open();
    const opening = begin(writer, 100);
    assert.deepEqual([writer.underWay, writer.takesAnother(100)], [1, false]);
    await opening.done;
    const one = begin(writer, 100);
    await untilTaken(writer);
    assert.equal(writer.takesAnother(SEGMENT_BYTES), false);
    const other = begin(writer, 100);
    assert.deepEqual([writer.underWay, writer.takesAnother(100)], [2, false]);
    const order: string[] = [];
    void other.done.then(() => order.push('other'));
    void one.done.then(() => order.push('one'));
    await Promise.all([one.done, other.done]);
    assert.deepEqual(order, ['one', 'other']);
    writer.roll();
    assert.deepEqual([writer.underWay, writer.takesAnother(100)], [0, true]);
    const rolling = begin(writer, 100);
    assert.equal(writer.takesAnother(100), false);
    await rolling.done;
    assert.deepEqual(
      await contents(log),
      [opening, one, other, rolling].map((of) => of.frame),
    );
    await log.close();
  });

  for (const [which, stored] of [
    ['first', 0],
    ['second', 1],
  ] as const) {
    test(`finds the disk full with the ${which}: nothing of what failed is left`, async () => {
      const { machine, log, writer, frames } = await withOne();
      if (which === 'first') machine.disk.fail('write', FIRST, 'full');
      const one = begin(writer, 3000);
      await untilTaken(writer);
      if (which === 'second') machine.disk.fail('write', FIRST, 'full');
      const other = begin(writer, 3000);
      const outcomes = await Promise.allSettled([one.done, other.done]);
      const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
      assert.equal(failed.length, 2 - stored);
      assert.ok(failed.every(({ reason }) => reason instanceof LogFullError));
      frames.push(...[one.frame, other.frame].slice(0, stored), await append(writer, 10));
      assert.deepEqual(await contents(log), frames);
      machine.disk.powerLoss();
      assert.deepEqual(await contents((await machine.open()).log), frames);
    });
  }

  test('whose sync fails takes the first with it, whose bytes may be what was not saved', async () => {
    const { machine, log, writer, frames } = await withOne();
    const one = begin(writer, 3000);
    await untilTaken(writer);
    machine.disk.failNextSync(FIRST);
    const other = begin(writer, 3000);
    await assert.rejects(one.done, EngineUnavailableError);
    await assert.rejects(other.done, EngineUnavailableError);
    await assert.rejects(append(writer, 10), EngineUnavailableError);
    assert.deepEqual(await contents(log), frames);
  });
});

interface WithOne {
  readonly machine: Machine;
  readonly log: CommitLog;
  readonly writer: VolumeWriter;
  readonly frames: Uint8Array[];
}

/** A log with one frame. */
async function withOne(): Promise<WithOne> {
  const machine = new Machine();
  const { log, writer } = await machine.open();
  return { machine, log, writer, frames: [await append(writer, 100)] };
}
