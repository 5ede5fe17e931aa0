/**
 * What a power loss leaves of one file: everything synced, and an arbitrary part of the rest.
 *
 * Within a sector the changes survive in the order they were made: the medium holds the sector as
 * it was after some number of them. Across sectors, and between bytes and length, anything goes:
 * kept, lost, or half of each. One sector of a torn page may even be cut at a byte.
 */
import type { Random } from '../random.ts';
import type { DataChange, FileContent, LengthChange } from './file-content.ts';
import { applyData } from './file-content.ts';
import { PAGE_BYTES, SECTOR_BYTES } from './pages.ts';

/** Settles `content` to what the medium holds after the power came back, chosen by `random`. */
export function losePower(content: FileContent, random: Random): void {
  if (content.isDurable) {
    content.settle(content.durableLength);
    return;
  }
  const style = random.below(8);
  if (style === 0) {
    content.settle(content.durableLength);
  } else if (style === 1) {
    keepUpTo(content, Infinity, 0);
  } else if (style <= 3) {
    keepPrefix(content, random);
  } else {
    keepMixed(content, random);
  }
}

/** Everything up to some byte of some change, nothing after it. */
function keepPrefix(content: FileContent, random: Random): void {
  const change = content.data[random.below(content.data.length + 1)];
  if (change === undefined) {
    keepUpTo(content, Infinity, 0);
  } else {
    keepUpTo(content, change.number, random.below(change.end - change.start + 1));
  }
}

/** Keeps the changes before `number`, and `bytes` bytes of change `number` itself. */
function keepUpTo(content: FileContent, number: number, bytes: number): void {
  let length = content.durableLength;
  for (const change of content.lengths) {
    if (change.number < number) {
      length = lengthAfter(length, change);
    }
  }
  for (const change of content.data) {
    if (change.number < number) {
      applyData(content.durable, change, change.start, change.end);
    } else if (change.number === number && change.bytes !== null) {
      // A truncation is kept or lost as a whole; of a write the first bytes may have got through.
      const end = Math.min(change.start + bytes, change.end);
      applyData(content.durable, change, change.start, end);
      length = Math.max(length, Math.min(end, content.length));
    }
  }
  content.settle(length);
}

function keepMixed(content: FileContent, random: Random): void {
  for (const [page, changes] of changesByPage(content.data)) {
    const start = page * PAGE_BYTES;
    switch (random.below(4)) {
      case 0: // lost
        break;
      case 1:
        applyFirst(content, changes, changes.length, start, start + PAGE_BYTES);
        break;
      case 2:
        applyFirst(content, changes, random.below(changes.length + 1), start, start + PAGE_BYTES);
        break;
      default:
        tearPage(content, changes, start, random);
    }
  }
  content.settle(mixedLength(content, random));
}

function tearPage(
  content: FileContent,
  changes: readonly DataChange[],
  start: number,
  random: Random,
): void {
  const splitSector = random.below(PAGE_BYTES / SECTOR_BYTES) * SECTOR_BYTES + start;
  for (let sector = start; sector < start + PAGE_BYTES; sector += SECTOR_BYTES) {
    const end = sector + SECTOR_BYTES;
    const split = sector === splitSector ? sector + random.below(SECTOR_BYTES) : sector;
    applyFirst(content, changes, random.below(changes.length + 1), sector, split);
    applyFirst(content, changes, random.below(changes.length + 1), split, end);
  }
}

/** Applies what the first `count` of `changes` did between `start` and `end`. */
function applyFirst(
  content: FileContent,
  changes: readonly DataChange[],
  count: number,
  start: number,
  end: number,
): void {
  for (let index = 0; index < count; index += 1) {
    const change = changes[index] as DataChange;
    const from = Math.max(start, change.start);
    const to = Math.min(end, change.end);
    if (from < to) {
      applyData(content.durable, change, from, to);
    }
  }
}

/** The length after some number of the pending changes, or anywhere on the way to the next one. */
function mixedLength(content: FileContent, random: Random): number {
  const lengths = [content.durableLength];
  for (const change of content.lengths) {
    lengths.push(lengthAfter(lengths.at(-1) as number, change));
  }
  const index = random.below(lengths.length);
  const length = lengths[index] as number;
  const next = lengths[index + 1] ?? length;
  return next > length && random.below(2) === 0 ? length + random.below(next - length) : length;
}

function lengthAfter(length: number, change: LengthChange): number {
  return change.grows ? Math.max(length, change.length) : change.length;
}

/** The changes that touch each page, in the order they were made; pages in ascending order. */
function changesByPage(data: readonly DataChange[]): readonly [number, DataChange[]][] {
  const pages = new Map<number, DataChange[]>();
  for (const change of data) {
    const last = Math.floor((change.end - 1) / PAGE_BYTES);
    for (let page = Math.floor(change.start / PAGE_BYTES); page <= last; page += 1) {
      const changes = pages.get(page);
      if (changes === undefined) {
        pages.set(page, [change]);
      } else {
        changes.push(change);
      }
    }
  }
  return [...pages].sort(([a], [b]) => a - b);
}
