/**
 * Reads sections from the log by their index entries: neighbours in one read, every payload
 * verified.
 *
 * Sections of one shard lie between those of others. Reading over a small gap costs less than
 * another read; a large one would make each of many readers read everything.
 */
import type { Buffers } from '../common/buffer-pool.ts';
import { givingOnce } from '../common/buffer-pool.ts';
import { crc32 } from '../common/crc32.ts';
import type { Section } from '../model/section.ts';
import type { ShardKey } from '../model/stream.ts';
import type { CommitLog } from './commit-log.ts';
import { CorruptionError, PositionGoneError } from './commit-log.ts';
import type { EntryRows } from './entry-rows.ts';

/** Bytes of other shards that are read over rather than around. */
const GAP_BYTES_MAX = 16 * 1024;
const RUN_BYTES_MAX = 2 * 1024 * 1024;
const READS_IN_FLIGHT_MAX = 4;

/** Neighbouring entries that are read at once. */
interface Run {
  readonly first: number;
  last: number;
  /** Bytes from the first payload's begin to the last one's end. */
  bytes: number;
  /** Bytes of its payloads alone. */
  payloadBytes: number;
  /** Where its payloads go. */
  readonly into: number;
}

/** A unit of a volume, and where what is read of it goes. */
export interface ColdSource {
  readonly log: CommitLog;
  readonly buffers: Buffers;
  readonly volume: number;
  /** Position of the unit. */
  readonly from: number;
  readonly shard: ShardKey;
  readonly rows: EntryRows;
}

export interface ColdSections {
  readonly sections: Section[];
  /** The entry whose bytes are damaged or gone; null when all are there. */
  readonly failedEntry: number | null;
  /** All payloads lie in one buffer, which this gives back. */
  readonly release: () => void;
}

/** The sections of entries `[first, end)`. */
export async function readEntries(
  source: ColdSource,
  first: number,
  end: number,
): Promise<ColdSections> {
  const { buffers, rows } = source;
  const runs = planRuns(source.log.caps.positionBytes, rows, first, end);
  const payloadBytes = runs.reduce((sum, run) => sum + run.payloadBytes, 0);
  const slab = buffers.take(payloadBytes);
  let failed = end;
  let next = 0;
  const readOn = async (): Promise<void> => {
    for (let run = runs[next++]; run !== undefined; run = runs[next++]) {
      if (run.first > failed) {
        return;
      }
      failed = Math.min(failed, (await readRun(source, run, slab)) ?? end);
    }
  };
  // Where one of them throws, others may still be reading: the slab must not be given back then.
  await Promise.all(Array.from({ length: Math.min(READS_IN_FLIGHT_MAX, runs.length) }, readOn));
  const last = runs.at(-1)?.last ?? first - 1;
  return {
    sections: sectionsOf(source, slab, first, Math.min(failed, last + 1)),
    failedEntry: failed <= last ? failed : null,
    release: givingOnce(buffers, slab),
  };
}

function planRuns(positionBytes: number, rows: EntryRows, first: number, end: number): Run[] {
  const runs: Run[] = [];
  let run: Run | null = null;
  let begin = 0;
  let into = 0;
  for (let entry = first; entry < end && !rows.damaged(entry); entry += 1) {
    const payloadBytes = rows.payloadBytes(entry);
    const at = addressOf(positionBytes, rows, entry);
    const upTo = at + payloadBytes - begin;
    const joins =
      run !== null &&
      positionBytes > 0 &&
      at >= begin + run.bytes &&
      at - begin - run.bytes <= GAP_BYTES_MAX &&
      upTo <= RUN_BYTES_MAX;
    if (run !== null && joins) {
      run.last = entry;
      run.bytes = upTo;
      run.payloadBytes += payloadBytes;
    } else {
      begin = at;
      run = { first: entry, last: entry, bytes: payloadBytes, payloadBytes, into };
      runs.push(run);
    }
    into += payloadBytes;
  }
  return runs;
}

/**
 * Where in the unit an entry's payload begins, bytes; meaningless where positions are not bytes.
 */
function addressOf(positionBytes: number, rows: EntryRows, entry: number): number {
  return rows.framePlace(entry) * positionBytes + rows.offset(entry);
}

/**
 * Puts a run's payloads into the slab, one after the other; gives the first entry that is not as it
 * was written, null where all are.
 */
async function readRun(source: ColdSource, run: Run, slab: Uint8Array): Promise<number | null> {
  const { log, buffers, volume, from, rows } = source;
  // What lies between payloads does not go to the slab, whose size is what was asked for.
  const aside = run.bytes === run.payloadBytes ? null : buffers.take(run.bytes);
  const bytes = aside?.subarray(0, run.bytes) ?? slab.subarray(run.into, run.into + run.bytes);
  const position = from + rows.framePlace(run.first);
  let got = 0;
  try {
    got = await log.readAt(volume, position, rows.offset(run.first), bytes);
  } catch (error) {
    if (error instanceof PositionGoneError || error instanceof CorruptionError) {
      return run.first;
    }
    throw error;
  }
  const failed = checkRun(source, run, bytes.subarray(0, got), aside === null ? null : slab);
  if (aside !== null) {
    buffers.give(aside);
  }
  return failed;
}

/** Checks a run's payloads and copies them to `slab`, where they are not there already. */
function checkRun(
  { log, rows }: ColdSource,
  run: Run,
  bytes: Uint8Array,
  slab: Uint8Array | null,
): number | null {
  const { positionBytes } = log.caps;
  const begin = addressOf(positionBytes, rows, run.first);
  let into = run.into;
  for (let entry = run.first; entry <= run.last; entry += 1) {
    const at = entry === run.first ? 0 : addressOf(positionBytes, rows, entry) - begin;
    const payload = bytes.subarray(at, at + rows.payloadBytes(entry));
    const intact =
      payload.byteLength === rows.payloadBytes(entry) && crc32(payload) === rows.payloadCrc(entry);
    if (!intact) {
      return entry;
    }
    slab?.set(payload, into);
    into += payload.byteLength;
  }
  return null;
}

/** Entries `[first, end)`, whose payloads lie in the slab from its start on. */
function sectionsOf(
  { shard, rows }: ColdSource,
  slab: Uint8Array,
  first: number,
  end: number,
): Section[] {
  const sections: Section[] = [];
  let at = 0;
  for (let entry = first; entry < end; entry += 1) {
    const payload = slab.subarray(at, at + rows.payloadBytes(entry));
    at += payload.byteLength;
    const baseOrdinal = rows.baseOrdinal(entry);
    const arrivalMs = rows.arrivalMs(entry);
    const [count, keyId] = [rows.count(entry), rows.keyId(entry)];
    sections.push({ shard, baseOrdinal, count, arrivalMs, keyId, payload });
  }
  return sections;
}
