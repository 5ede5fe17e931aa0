/**
 * What every CommitLog must do, whichever engine.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { concat } from '../common/bytes.ts';
import type { CommitLog, LogEntry, VolumeWriter } from './commit-log.ts';
import { EngineUnavailableError, FencedError, PositionGoneError } from './commit-log.ts';
import { frameOf, section } from './test-frames.suite.ts';

export interface CommitLogSubject {
  /** The engine, opened; every call opens it anew on the same data, where it keeps any. */
  readonly open: () => CommitLog;
  /** True where data outlives the engine object. */
  readonly durable: boolean;
  /** Does the work to its end, moving time where time has to be moved, then cleans up. */
  readonly run: (work: () => Promise<void>) => Promise<void>;
}

type Make = () => CommitLogSubject;

export function commitLogSuite(name: string, make: Make): void {
  describe(`${name} as a CommitLog`, () => {
    appending(make);
    units(make);
    rewriting(make);
    writers(make);
    restarts(make);
  });
}

/** A frame that was stored, and where. */
interface Stored {
  readonly position: number;
  readonly bytes: Uint8Array;
}

class Session {
  readonly log: CommitLog;
  readonly writer: VolumeWriter;
  readonly stored: Stored[] = [];

  constructor(log: CommitLog, writer: VolumeWriter) {
    this.log = log;
    this.writer = writer;
  }

  async append(bytes: number = 100): Promise<Stored> {
    const { frameNumber } = this.writer.chain;
    const only = section(1, frameNumber + 1, 1, bytes);
    const frame = frameOf(this.writer.chain, [only]);
    const whole = concat(frame.parts);
    const position = await this.writer.append(frame.parts);
    // What was lent is used for something else afterwards.
    only.payload.fill(0xee);
    const stored = { position, bytes: whole };
    this.stored.push(stored);
    return stored;
  }

  async entries(from: number = 0): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    for await (const entry of this.log.read(1, from)) {
      entries.push(entry);
    }
    return entries;
  }

  /** Asserts that exactly these frames are stored. */
  async holds(expected: readonly Stored[], from: number = 0): Promise<void> {
    const entries = await this.entries(from);
    assert.deepEqual(
      entries,
      expected.map(({ position, bytes }) => ({ kind: 'frame', position, frame: bytes })),
    );
  }
}

async function session(log: CommitLog, epoch: number = 1): Promise<Session> {
  return new Session(log, await log.openWriter(1, epoch));
}

function logTest(name: string, make: Make, body: (session: Session) => Promise<void>): void {
  test(name, async () => {
    const { open, run } = make();
    await run(async () => {
      const log = open();
      await body(await session(log));
      await log.close();
    });
  });
}

/** Three units: two frames, one frame, two frames. */
async function threeUnits(at: Session): Promise<Stored[]> {
  await at.append();
  await at.append(3000);
  at.writer.roll();
  await at.append();
  at.writer.roll();
  await at.append();
  await at.append();
  return at.stored;
}

function appending(make: Make): void {
  logTest('begins empty', make, async (at) => {
    await at.holds([]);
    assert.deepEqual(await at.log.units(1), []);
    assert.deepEqual([at.writer.chain.frameNumber, at.writer.chain.headCrc], [0, 0]);
    assert.equal(at.writer.beginsUnit, true);
  });

  logTest('gives frames back in order, from any of them on', make, async (at) => {
    for (const bytes of [1, 100, 5000, 64, 200_000]) {
      await at.append(bytes);
    }
    await at.holds(at.stored);
    for (const [index, { position }] of at.stored.entries()) {
      await at.holds(at.stored.slice(index), position);
      await at.holds(at.stored.slice(index + 1), position + 1);
    }
    assert.equal(at.writer.chain.frameNumber, 5);
  });

  logTest('shows at least the heads where heads are asked for', make, async (at) => {
    await threeUnits(at);
    const heads: number[] = [];
    for await (const entry of at.log.read(1, 0, { headsOnly: true })) {
      assert.ok(entry.kind === 'frame');
      const { bytes } = at.stored[heads.length] as Stored;
      assert.deepEqual(entry.frame, bytes.subarray(0, entry.frame.byteLength));
      assert.ok(entry.frame.byteLength >= 104);
      heads.push(entry.position);
    }
    assert.deepEqual(
      heads,
      at.stored.map(({ position }) => position),
    );
  });

  logTest('reads any bytes of a frame', make, async (at) => {
    await at.append(700);
    const { position, bytes } = await at.append(900);
    for (const [offset, length] of [
      [0, 64],
      [104, 900],
      [500, 1],
      [64, 500],
      [0, bytes.byteLength],
    ] as const) {
      const read = await readAt(at.log, position, offset, length);
      assert.deepEqual(read, bytes.subarray(offset, offset + length));
    }
  });

  logTest('reads across frames where it says so', make, async (at) => {
    const { positionBytes } = at.log.caps;
    const first = await at.append(300);
    const second = await at.append(300);
    if (positionBytes > 0) {
      const distance = (second.position - first.position) * positionBytes;
      assert.equal(distance, first.bytes.byteLength);
      const both = await readAt(at.log, first.position, 0, distance + second.bytes.byteLength);
      assert.deepEqual(both, concat([first.bytes, second.bytes]));
    }
  });

  logTest('keeps volumes apart', make, async (at) => {
    const { position } = await at.append();
    const other = await at.log.openWriter(2, 1);
    assert.equal(other.chain.frameNumber, 0);
    await at.holds(at.stored);
    await assert.rejects(at.log.readAt(2, position, 0, new Uint8Array(10)), PositionGoneError);
  });
}

function units(make: Make): void {
  logTest('tells its units', make, async (at) => {
    const stored = await threeUnits(at);
    const units = await at.log.units(1);
    assert.deepEqual(
      units.map(({ from }) => from),
      [0, 2, 3].map((index) => stored[index]?.position),
    );
    const sizes = stored.map(({ bytes }) => bytes.byteLength);
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = sizes;
    assert.deepEqual(
      units.map(({ bytes, generation }) => [bytes, generation]),
      [
        [a + b, 0],
        [c, 0],
        [d + e, 0],
      ],
    );
  });

  logTest('begins a unit only when told, and says so before', make, async (at) => {
    await at.append();
    assert.equal(at.writer.beginsUnit, false);
    at.writer.roll();
    at.writer.roll();
    assert.equal(at.writer.beginsUnit, true);
    assert.equal((await at.log.units(1)).length, 1);
    await at.append();
    assert.equal(at.writer.beginsUnit, false);
    assert.equal((await at.log.units(1)).length, 2);
  });

  logTest('trims whole units below a position, never the last', make, async (at) => {
    const stored = await threeUnits(at);
    await at.log.trim(1, stored[1]?.position ?? 0);
    await at.holds(stored);
    await at.log.trim(1, stored[2]?.position ?? 0);
    await at.holds(stored.slice(2));
    await at.log.trim(1, Number.MAX_SAFE_INTEGER);
    await at.log.trim(1, Number.MAX_SAFE_INTEGER);
    await at.holds(stored.slice(3));
    await assert.rejects(readAt(at.log, stored[0]?.position ?? 0, 0, 10), PositionGoneError);
    await at.append();
    await at.holds(at.stored.slice(3));
  });
}

function rewriting(make: Make): void {
  logTest('drops a unit in the middle, but never the last', make, async (at) => {
    const stored = await threeUnits(at);
    if (at.log.caps.rewrites) {
      await at.log.drop(1, stored[2]?.position ?? 0);
      await at.log.drop(1, stored[2]?.position ?? 0);
      await at.log.drop(1, stored[3]?.position ?? 0);
      await at.holds([...stored.slice(0, 2), ...stored.slice(3)]);
      await assert.rejects(readAt(at.log, stored[2]?.position ?? 0, 0, 10), PositionGoneError);
    }
  });

  logTest('replaces the frames of a unit', make, async (at) => {
    const stored = await threeUnits(at);
    if (!at.log.caps.rewrites) {
      return;
    }
    const from = stored[0]?.position ?? 0;
    const { identity } = at.writer.chain;
    const first = frameOf({ identity, frameNumber: 0, headCrc: 0 }, [section(1, 1, 1, 10)]);
    const second = frameOf(first.chain, [section(1, 2, 1, 10)]);
    const unit = await at.log.rewrite(1, from, inTurn([first.parts, second.parts]));
    const described = { from, bytes: first.bytes + second.bytes, generation: 1 };
    assert.deepEqual(unit, { ...described, durable: true });
    assert.deepEqual((await at.log.units(1))[0], described);
    const entries = await at.entries();
    const frames = entries.map((entry) => (entry.kind === 'frame' ? entry.frame : null));
    const rest = stored.slice(2).map(({ bytes }) => bytes);
    assert.deepEqual(frames, [concat(first.parts), concat(second.parts), ...rest]);
    assert.equal(entries[0]?.position, from);
    await at.append();
  });

  logTest('keeps the old frames when a rewrite fails', make, async (at) => {
    const stored = await threeUnits(at);
    if (at.log.caps.rewrites) {
      const { identity } = at.writer.chain;
      const frame = frameOf({ identity, frameNumber: 0, headCrc: 0 }, [section(1, 1)]);
      const failing = inTurn([frame.parts], new Error('no more'));
      await assert.rejects(at.log.rewrite(1, stored[0]?.position ?? 0, failing), /no more/);
      await at.holds(stored);
    }
  });
}

async function* inTurn(
  frames: readonly (readonly Uint8Array[])[],
  failure: Error | null = null,
): AsyncGenerator<readonly Uint8Array[], void, undefined> {
  yield* frames;
  if (failure !== null) {
    throw failure;
  }
}

function writers(make: Make): void {
  logTest('lets a later epoch end the earlier writer', make, async (at) => {
    await at.append();
    const later = new Session(at.log, await at.log.openWriter(1, 2));
    await assert.rejects(at.append(), FencedError);
    await later.append();
    await later.holds([...at.stored, ...later.stored]);
  });

  logTest('refuses an epoch that is over', make, async (at) => {
    await at.append();
    await at.log.openWriter(1, 5);
    await assert.rejects(at.log.openWriter(1, 4), FencedError);
  });

  logTest('refuses appends to a closed writer, and reads on', make, async (at) => {
    await at.append();
    await at.writer.close();
    await assert.rejects(at.append(), EngineUnavailableError);
    await at.holds(at.stored);
  });

  logTest('refuses a frame that does not follow the last one', make, async (at) => {
    const { chain } = at.writer;
    await at.append();
    const stale = frameOf(chain, [section(1, 9)]);
    await assert.rejects(at.writer.append(stale.parts), /follow/);
    await at.append();
    await at.holds(at.stored);
  });
}

function restarts(make: Make): void {
  test('has after a restart what it had before', async () => {
    const { open, durable, run } = make();
    await run(async () => {
      if (!durable) {
        return;
      }
      let expected: Stored[] = [];
      for (let epoch = 1; epoch <= 4; epoch += 1) {
        const log = open();
        const at = await session(log, epoch);
        await at.holds(expected);
        const last = expected.at(-1);
        assert.equal(at.writer.chain.frameNumber, expected.length);
        await threeUnits(at);
        expected = [...expected, ...at.stored];
        assert.ok(last === undefined || last.position < (at.stored[0]?.position ?? 0));
        await log.close();
      }
    });
  });

  test('refuses after a restart an epoch that was over before', async () => {
    const { open, durable, run } = make();
    await run(async () => {
      if (durable) {
        const log = open();
        await log.openWriter(1, 7);
        await log.close();
        const again = open();
        await assert.rejects(again.openWriter(1, 6), FencedError);
        await again.openWriter(1, 7);
        await again.close();
      }
    });
  });
}

async function readAt(
  log: CommitLog,
  position: number,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const into = new Uint8Array(length);
  return into.subarray(0, await log.readAt(1, position, offset, into));
}
