/** Checks of the data directory: can it be written, has it room, how fast is it flushed. */
import { dirname, join } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import { DiskError } from '../runtime/disk.ts';
import type { Finding } from './doctor-finding.ts';
import { failure, good, warning } from './doctor-finding.ts';
import { bytes } from './format.ts';

export interface DiskParts {
  readonly disk: Disk;
  readonly clock: Clock;
}

const freeBytesMin = 256 * 1024 * 1024;
const freeBytesWarning = 2 * 1024 * 1024 * 1024;
const flushes = 40;
const flushBytes = 4096;
/** Above this every put waits long. */
const flushSlowMs = 20;
/** Below this a flush cannot have reached a medium that survives a loss of power. */
const flushFastMs = 0.02;

export async function checkDisk(parts: DiskParts, directory: string): Promise<readonly Finding[]> {
  const subject = 'data directory';
  const place = await nearestExisting(parts.disk, directory);
  if (place === null) {
    const advice = 'Choose a place that this user can read with --data-dir.';
    return [failure(subject, `${directory} cannot be read`, advice)];
  }
  const latencies = await measureFlushes(parts, place).catch((error: unknown) => error);
  if (!Array.isArray(latencies)) {
    const reason = latencies instanceof Error ? latencies.message : String(latencies);
    const advice = 'Let this user write there, make room, or choose another with --data-dir.';
    return [failure(subject, `cannot be written: ${reason}`, advice)];
  }
  const isNew = place !== directory;
  return [
    good(subject, isNew ? `${directory} will be made at the first start` : directory),
    await checkSpace(parts.disk, place),
    checkFlushes(latencies as number[]),
  ];
}

/** The directory, or the nearest one above it that exists; null when it cannot be told. */
async function nearestExisting(disk: Disk, directory: string): Promise<string | null> {
  for (let place = directory; ; place = dirname(place)) {
    try {
      await disk.list(place);
      return place;
    } catch (error) {
      const isMissing = error instanceof DiskError && error.code === 'not-found';
      if (!isMissing || place === dirname(place)) return null;
    }
  }
}

async function checkSpace(disk: Disk, place: string): Promise<Finding> {
  const { freeBytes, totalBytes } = await disk.space(place);
  const found = `${bytes(freeBytes)} free of ${bytes(totalBytes)}`;
  const advice =
    'Make room, or choose another disk with --data-dir: without room puts are refused.';
  if (freeBytes < freeBytesMin) return failure('disk space', found, advice);
  if (freeBytes < freeBytesWarning) return warning('disk space', found, advice);
  return good('disk space', found);
}

/** Milliseconds of each flush, ascending. Leaves nothing behind. */
async function measureFlushes({ disk, clock }: DiskParts, place: string): Promise<number[]> {
  const path = join(place, `.tailrace-doctor-${clock.now()}`);
  const file = await disk.open(path, 'create');
  try {
    await file.allocate(flushBytes * flushes);
    const page = new Uint8Array(flushBytes).fill(1);
    const latencies: number[] = [];
    for (let i = 0; i < flushes; i++) {
      const startMs = clock.monotonic();
      await file.write([page], i * flushBytes);
      await file.sync();
      latencies.push(clock.monotonic() - startMs);
    }
    return latencies.sort((a, b) => a - b);
  } finally {
    await file.close();
    await disk.remove(path);
  }
}

function checkFlushes(latencies: readonly number[]): Finding {
  const median = latencies[latencies.length >> 1]!;
  const worst = latencies.at(-1)!;
  const found = `median ${median.toFixed(2)} ms, worst ${worst.toFixed(2)} ms of ${flushes}`;
  if (median > flushSlowMs) {
    const advice = 'Every put waits for one: a local SSD takes far less.';
    return warning('disk flush', found, advice);
  }
  if (median < flushFastMs) {
    const advice = 'Faster than any disk: is it memory (tmpfs)? Then records do not survive it.';
    return warning('disk flush', found, advice);
  }
  return good('disk flush', found);
}
