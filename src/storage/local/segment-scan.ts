/**
 * Walks the frames of one segment file.
 *
 * A frame counts when its head's checksum holds, it belongs to this volume, and it follows the
 * frame before it. Where one does not, the walk looks for the next one that does: if there is one,
 * the bytes between are damage, or at the very end a write that was torn while the next one was
 * under way as well (`segment-tail.ts`); if there is none, the frames end here.
 */
import type { DiskFile } from '../../runtime/disk.ts';
import type { FrameChain } from '../commit-log.ts';
import { FrameHead, frameAlignBytes, frameHeaderBytes } from '../frame.ts';
import type { SegmentHeader } from './segment-format.ts';
import { decodeSegmentHeader, segmentHeaderBytes } from './segment-format.ts';

const BLOCK_BYTES_HEADS = 64 * 1024;
const BLOCK_BYTES_WHOLE = 1024 * 1024;

export interface ScanOptions {
  readonly identity: number;
  readonly volume: number;
  /** Where the frames are known to end; the file's size where that is not known. */
  readonly end: number;
  readonly headsOnly: boolean;
  /** Where the walk begins; the first frame at or behind it is taken with the chain it has. */
  readonly from: number;
}

export type ScanEntry =
  | {
      readonly kind: 'frame';
      readonly offset: number;
      readonly head: FrameHead;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'damage'; readonly offset: number; readonly bytes: number };

export async function* scanSegment(
  file: DiskFile,
  options: ScanOptions,
): AsyncGenerator<ScanEntry, void, undefined> {
  const window = new ReadWindow(file, options.end, options.headsOnly);
  const header = decodeSegmentHeader(await window.at(0, segmentHeaderBytes));
  let rule: FollowRule = { volume: options.volume, identity: options.identity, last: null };
  let sequential = false;
  let offset = options.from;
  const generation = header?.generation ?? 0;
  if (header !== null && offset === segmentHeaderBytes) {
    const { identity, previousCrc: headCrc, previousFrame: frameNumber } = header;
    rule = { ...rule, last: { identity, frameNumber, headCrc } };
    sequential = generation === 0;
  } else {
    // Within the segment, or without its header, the walk begins at the first frame it finds.
    const first = await findFrame(window, rule, offset, options.end);
    if (first === null) {
      return;
    }
    if (offset === segmentHeaderBytes) {
      yield { kind: 'damage', offset: 0, bytes: first };
    }
    offset = first;
  }
  while (offset < options.end) {
    const head = await headAt(window, offset, options.end);
    if (head !== null && follows(head, rule, sequential, generation)) {
      const bytes = await window.at(offset, options.headsOnly ? head.headBytes : head.frameBytes);
      yield { kind: 'frame', offset, head, bytes };
      rule = { ...rule, last: head.chain };
      sequential = true;
      offset += head.frameBytes;
      continue;
    }
    const next = await findFrame(window, rule, offset + frameAlignBytes, options.end);
    if (next === null) {
      return;
    }
    yield { kind: 'damage', offset, bytes: next - offset };
    sequential = false;
    offset = next;
  }
}

/** What the next frame must match. */
interface FollowRule {
  readonly volume: number;
  readonly identity: number;
  readonly last: FrameChain | null;
}

function follows(
  head: FrameHead,
  rule: FollowRule,
  sequential: boolean,
  generation: number,
): boolean {
  if (head.volume !== rule.volume || head.identity !== rule.identity) {
    return false;
  }
  if (rule.last === null) {
    return true;
  }
  if (!sequential) {
    return head.number > rule.last.frameNumber;
  }
  const gapAllowed = generation > 0;
  return (
    head.previousCrc === rule.last.headCrc &&
    (gapAllowed ? head.number > rule.last.frameNumber : head.number === rule.last.frameNumber + 1)
  );
}

/** The verified head at `offset` of a frame that ends within `end`; null where there is none. */
async function headAt(window: ReadWindow, offset: number, end: number): Promise<FrameHead | null> {
  const start = await window.at(offset, frameHeaderBytes);
  if (start.byteLength < frameHeaderBytes) {
    return null;
  }
  const headBytes = FrameHead.measure(start, 0);
  if (headBytes === null || offset + headBytes > end) {
    return null;
  }
  const head = FrameHead.parse(await window.at(offset, headBytes));
  return typeof head === 'string' || offset + head.frameBytes > end ? null : head;
}

/** Offset of the first frame at or behind `from` that may follow; null where there is none. */
async function findFrame(
  window: ReadWindow,
  rule: FollowRule,
  from: number,
  end: number,
): Promise<number | null> {
  for (let offset = from; offset + frameHeaderBytes <= end;) {
    const block = await window.block(offset);
    if (block.byteLength < frameHeaderBytes) {
      return null;
    }
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    const last = block.byteLength - frameHeaderBytes;
    let at = 0;
    for (; at <= last; at += frameAlignBytes) {
      if (view.getUint32(at, true) !== 0 && FrameHead.measure(block, at) !== null) {
        const head = await headAt(window, offset + at, end);
        if (head !== null && follows(head, rule, false, 0)) {
          return offset + at;
        }
      }
    }
    offset += at;
  }
  return null;
}

/** What a segment's file says at its beginning; null where it does not. */
export async function readHeader(file: DiskFile): Promise<SegmentHeader | null> {
  const bytes = new Uint8Array(segmentHeaderBytes);
  await file.read(bytes, 0);
  return decodeSegmentHeader(bytes);
}

/** True when every byte of `[from, end)` is zero. */
export async function isBlank(file: DiskFile, from: number, end: number): Promise<boolean> {
  const buffer = new Uint8Array(BLOCK_BYTES_WHOLE);
  const words = new Uint32Array(buffer.buffer);
  for (let at = from; at < end; at += buffer.byteLength) {
    const wanted = buffer.subarray(0, Math.min(buffer.byteLength, end - at));
    const got = await file.read(wanted, at);
    buffer.fill(0, got, Math.ceil(got / 4) * 4);
    for (let word = 0; word * 4 < got; word += 1) {
      if (words[word] !== 0) {
        return false;
      }
    }
  }
  return true;
}

/** Reads a file in blocks; what it hands out is never overwritten. */
class ReadWindow {
  readonly #file: DiskFile;
  readonly #end: number;
  readonly #blockBytes: number;
  #block = new Uint8Array(0);
  #start = 0;

  constructor(file: DiskFile, end: number, headsOnly: boolean) {
    this.#file = file;
    this.#end = end;
    this.#blockBytes = headsOnly ? BLOCK_BYTES_HEADS : BLOCK_BYTES_WHOLE;
  }

  /** `length` bytes from `offset`, fewer at the end. */
  async at(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.#end - offset));
    const from = offset - this.#start;
    if (from < 0 || from + wanted > this.#block.byteLength) {
      await this.#load(offset, Math.max(wanted, this.#blockBytes));
    }
    const begin = offset - this.#start;
    return this.#block.subarray(begin, begin + wanted);
  }

  /** At least one block from `offset`, fewer bytes at the end. */
  async block(offset: number): Promise<Uint8Array> {
    await this.at(offset, Math.min(frameHeaderBytes, this.#end - offset));
    return this.#block.subarray(offset - this.#start);
  }

  async #load(offset: number, length: number): Promise<void> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#end - offset)));
    const got = await this.#file.read(bytes, offset);
    this.#block = bytes.subarray(0, got);
    this.#start = offset;
  }
}
