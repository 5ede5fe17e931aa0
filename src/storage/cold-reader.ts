/**
 * Reads sections from the log by their index entries: neighbours in one read, every payload
 * verified.
 *
 * Sections of one shard lie between those of others. Reading over a small gap costs less than
 * another read; a large one would make each of many readers read everything.
 */
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
}

export interface ColdSections {
  readonly sections: Section[];
  /** The entry whose bytes are damaged or gone; null when all are there. */
  readonly failedEntry: number | null;
}

/** The sections of entries `[first, end)` of a unit that begins at `from`. */
export async function readEntries(
  log: CommitLog,
  volume: number,
  from: number,
  shard: ShardKey,
  rows: EntryRows,
  first: number,
  end: number,
): Promise<ColdSections> {
  const runs = planRuns(log.caps.positionBytes, rows, first, end);
  const sections: Section[] = [];
  for (let at = 0; at < runs.length; at += READS_IN_FLIGHT_MAX) {
    const wave = runs.slice(at, at + READS_IN_FLIGHT_MAX);
    const read = await Promise.all(wave.map((run) => readRun(log, volume, from, rows, run)));
    for (const [index, run] of wave.entries()) {
      const failedEntry = cutRun(log, shard, rows, run, read[index] ?? null, sections);
      if (failedEntry !== null) {
        return { sections, failedEntry };
      }
    }
  }
  return { sections, failedEntry: null };
}

function planRuns(positionBytes: number, rows: EntryRows, first: number, end: number): Run[] {
  const runs: Run[] = [];
  let run: Run | null = null;
  let begin = 0;
  for (let entry = first; entry < end && !rows.damaged(entry); entry += 1) {
    const at = addressOf(positionBytes, rows, entry);
    const upTo = at + rows.payloadBytes(entry) - begin;
    const joins =
      run !== null &&
      positionBytes > 0 &&
      at >= begin + run.bytes &&
      at - begin - run.bytes <= GAP_BYTES_MAX &&
      upTo <= RUN_BYTES_MAX;
    if (run !== null && joins) {
      run.last = entry;
      run.bytes = upTo;
    } else {
      begin = at;
      run = { first: entry, last: entry, bytes: rows.payloadBytes(entry) };
      runs.push(run);
    }
  }
  return runs;
}

/**
 * Where in the unit an entry's payload begins, bytes; meaningless where positions are not bytes.
 */
function addressOf(positionBytes: number, rows: EntryRows, entry: number): number {
  return rows.framePlace(entry) * positionBytes + rows.offset(entry);
}

/** The bytes of a run; null where they cannot be had. */
async function readRun(
  log: CommitLog,
  volume: number,
  from: number,
  rows: EntryRows,
  run: Run,
): Promise<Uint8Array | null> {
  const position = from + rows.framePlace(run.first);
  try {
    return await log.readAt(volume, position, rows.offset(run.first), run.bytes);
  } catch (error) {
    if (error instanceof PositionGoneError || error instanceof CorruptionError) {
      return null;
    }
    throw error;
  }
}

/** Cuts a run's bytes into sections; gives the first entry that is not as it was written. */
function cutRun(
  log: CommitLog,
  shard: ShardKey,
  rows: EntryRows,
  run: Run,
  bytes: Uint8Array | null,
  sections: Section[],
): number | null {
  const { positionBytes } = log.caps;
  const begin = addressOf(positionBytes, rows, run.first);
  for (let entry = run.first; entry <= run.last; entry += 1) {
    const at = entry === run.first ? 0 : addressOf(positionBytes, rows, entry) - begin;
    const payload = bytes?.subarray(at, at + rows.payloadBytes(entry));
    const intact =
      payload !== undefined &&
      payload.byteLength === rows.payloadBytes(entry) &&
      crc32(payload) === rows.payloadCrc(entry);
    if (!intact) {
      return entry;
    }
    const baseOrdinal = rows.baseOrdinal(entry);
    const arrivalMs = rows.arrivalMs(entry);
    const [count, keyId] = [rows.count(entry), rows.keyId(entry)];
    sections.push({ shard, baseOrdinal, count, arrivalMs, keyId, payload });
  }
  return null;
}
