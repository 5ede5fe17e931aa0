/**
 * Replaces a sealed segment by one with fewer frames, beside the append path and in one atomic
 * step.
 *
 * The new file is complete and durable under a temporary name before it takes the old one's place
 * by rename, so a crash leaves one of the two; recovery removes temporary files.
 */
import { assert } from '../../common/assert.ts';
import type { DiskFile } from '../../runtime/disk.ts';
import { DiskError } from '../../runtime/disk.ts';
import { writeNewFile } from '../../runtime/whole-file.ts';
import type { RewrittenUnit } from '../commit-log.ts';
import { CorruptionError, LogFullError } from '../commit-log.ts';
import { FrameHead } from '../frame.ts';
import type { LocalVolume } from './local-volume.ts';
import { encodeSegmentHeader, segmentHeaderBytes } from './segment-format.ts';

/**
 * Writes `frames` in place of the frames of segment `number`. Throws LogFullError with the old ones
 * in place.
 */
export async function rewriteSegment(
  home: LocalVolume,
  number: number,
  frames: AsyncIterable<readonly Uint8Array[]>,
): Promise<RewrittenUnit> {
  const segment = home.segment(number);
  if (home.failure !== null) {
    throw home.failure;
  }
  if (segment === null) {
    throw new CorruptionError(`${home.path(number)} is missing`);
  }
  assert(home.last() !== segment, 'local log: only sealed segments are rewritten');
  const generation = segment.generation + 1;
  const path = home.path(number);
  const temporary = `${path}.tmp`;
  const end = await writeNewFile(home.disk, temporary, (file) =>
    writeFrames(home, file, number, generation, frames),
  ).catch((error: unknown) => {
    if (error instanceof DiskError && error.code === 'full') {
      throw new LogFullError(`no space to rewrite ${path}`);
    }
    throw error;
  });
  await home.disk.rename(temporary, path);
  // The new file is the one that is read from now on, whether its name is sure to last or not.
  const unit = await home.replaced(number, end, generation);
  const durable = await home.syncNames().then(
    () => true,
    () => false,
  );
  return { ...unit, durable };
}

async function writeFrames(
  home: LocalVolume,
  file: DiskFile,
  number: number,
  generation: number,
  frames: AsyncIterable<readonly Uint8Array[]>,
): Promise<number> {
  const { identity, volume } = home;
  let end = 0;
  for await (const parts of frames) {
    const head = FrameHead.parse(parts[0] as Uint8Array);
    assert(typeof head !== 'string', 'local log: a rewritten frame must begin with its head');
    if (end === 0) {
      const previousFrame = head.number - 1;
      const header = { identity, volume, number, generation, previousCrc: 0, previousFrame };
      await file.write([encodeSegmentHeader(header), ...parts], 0);
      end = segmentHeaderBytes + head.frameBytes;
    } else {
      await file.write(parts, end);
      end += head.frameBytes;
    }
  }
  assert(end > 0, 'local log: a segment is rewritten to one frame or more');
  return end;
}
