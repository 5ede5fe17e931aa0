/**
 * Where the frames of the last segment end: recovery's first question.
 *
 * A frame says how many before it were under way when it was begun, so every frame that is found
 * proves that all before those were durable. Invariant: what is proven was stored, and where it is
 * missing that is damage, never passed over; what is not proven was never acknowledged, and ends
 * the log where it is not whole.
 */
import type { DiskFile } from '../../runtime/disk.ts';
import type { FrameHead } from '../frame.ts';
import { segmentHeaderBytes } from './segment-format.ts';
import { readHeader, scanSegment } from './segment-scan.ts';

/** Where the frames of the last segment end, and the frame they end with. */
export interface SegmentTail {
  readonly end: number;
  readonly fileBytes: number;
  readonly last: FrameHead;
  /** Where the frames begin that may never have been durable; the last one is one of them. */
  readonly unprovenAt: number;
  readonly generation: number;
  readonly damaged: boolean;
}

interface Placed {
  readonly offset: number;
  readonly head: FrameHead;
  /** Bytes that are no frame lie before it. */
  readonly isBehindHole: boolean;
}

/** Walks the last segment; null where it holds no complete frame. */
export async function findTail(
  file: DiskFile,
  volume: number,
  identity: number,
): Promise<SegmentTail | null> {
  const fileBytes = await file.size();
  const walk = new TailWalk();
  const from = segmentHeaderBytes;
  const scan = { volume, identity, end: fileBytes, headsOnly: true, from };
  for await (const entry of scanSegment(file, scan)) {
    if (entry.kind === 'frame') walk.frame(entry.offset, entry.head);
    else walk.hole();
  }
  const { proven, damaged } = walk;
  const whole = await wholeOf(file, walk.unproven);
  const last = whole.at(-1) ?? proven;
  if (last === null) {
    return null;
  }
  const generation = (await readHeader(file))?.generation ?? 0;
  const end = last.offset + last.head.frameBytes;
  const unprovenAt = (whole[0] ?? last).offset;
  return { end, fileBytes, last: last.head, unprovenAt, generation, damaged };
}

class TailWalk {
  /** The last frame that was durable for sure. */
  proven: Placed | null = null;
  /** Those behind it. */
  unproven: Placed[] = [];
  /** Something that was durable is missing. */
  damaged = false;
  #isBehindHole = false;

  frame(offset: number, head: FrameHead): void {
    this.unproven.push({ offset, head, isBehindHole: this.#isBehindHole });
    this.#isBehindHole = false;
    let known = 0;
    for (const placed of this.unproven) {
      // The first that was lost follows the frame before the hole.
      const before = known === 0 ? this.proven : this.unproven[known - 1]!;
      const isMissing =
        placed.isBehindHole && (before === null || before.head.number < head.durableBefore);
      this.damaged ||= isMissing;
      if (placed.head.number > head.durableBefore && !isMissing) break;
      known += 1;
    }
    if (known > 0) {
      this.proven = this.unproven[known - 1]!;
      this.unproven = this.unproven.slice(known);
    }
  }

  hole(): void {
    this.#isBehindHole = true;
  }
}

/** As many of these frames, from the first on, as have nothing missing before them or in them. */
async function wholeOf(file: DiskFile, unproven: readonly Placed[]): Promise<readonly Placed[]> {
  for (const [index, { offset, head, isBehindHole }] of unproven.entries()) {
    const frame = new Uint8Array(head.frameBytes);
    if (!isBehindHole) await file.read(frame, offset);
    if (isBehindHole || !head.payloadsIntact(frame)) return unproven.slice(0, index);
  }
  return unproven;
}

/**
 * Makes the frames that may not be durable so before anyone sees them. They may have been written
 * but not synced when the process died, or their sync may have failed: then the system takes the
 * page for saved though it is not, and only writing the bytes again makes a sync save them.
 */
export async function makeDurable(file: DiskFile, tail: SegmentTail): Promise<void> {
  const { unprovenAt, end } = tail;
  const from = unprovenAt === segmentHeaderBytes ? 0 : unprovenAt;
  const bytes = new Uint8Array(end - from);
  await file.read(bytes, from);
  await file.write([bytes], from);
  await file.sync();
}
