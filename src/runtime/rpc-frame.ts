/**
 * Frames: what the messages of a link consist of. Calls, their answers, and notices.
 *
 * ```
 *  0       4         5      6      7        8    12            16
 *  | bytes | version | kind | form | reason | id | deadline ms | body … |
 * ```
 *
 * Little-endian; `bytes` counts the whole frame, header included. Frames of one message follow each
 * other; payloads of a body may lie in further parts of the message. An answer has the id of its
 * call; a notice has id 0. A frame of a version or kind that is not known is refused by name and
 * does not disturb the others. Never renumber.
 */
import type { MessageReader } from '../common/message-reader.ts';
import { MessageError } from '../common/message-reader.ts';
import type { MessageWriter } from '../common/message-writer.ts';

export const rpcVersion = 1;
export const frameHeaderBytes = 16;

export const frameForms = { call: 0, answer: 1, notice: 2, refusal: 3 } as const;
export type FrameForm = (typeof frameForms)[keyof typeof frameForms];

/** Why a call was refused, without having had any effect unless it is `failed`. */
export const refusalReasons = {
  version: 1,
  kind: 2,
  malformed: 3,
  busy: 4,
  failed: 5,
} as const;
export type RefusalReason = keyof typeof refusalReasons;

export interface FrameHeader {
  readonly version: number;
  readonly kind: number;
  readonly form: FrameForm;
  readonly reason: number;
  readonly id: number;
  /** Of a call: its answer is of no use after this, ms from now. */
  readonly deadlineMs: number;
}

/** Writes a header and returns where the frame begins, for `endFrame`. */
export function beginFrame(
  writer: MessageWriter,
  form: FrameForm,
  kind: number,
  id: number,
  deadlineMs = 0,
  reason = 0,
): number {
  const from = writer.at;
  writer.u32(0);
  writer.u8(rpcVersion);
  writer.u8(kind);
  writer.u8(form);
  writer.u8(reason);
  writer.u32(id);
  writer.u32(deadlineMs);
  return from;
}

export function endFrame(writer: MessageWriter, from: number): void {
  writer.patchU32(from, writer.at - from);
}

/**
 * The next frame of a message: its header, and a reader for its body. Throws MessageError when the
 * bytes are no frame: what follows cannot be told apart then.
 */
export function readFrame(message: MessageReader): { header: FrameHeader; body: MessageReader } {
  const bytes = message.u32();
  if (bytes < frameHeaderBytes) throw new MessageError('a frame is shorter than its header');
  const body = message.part(bytes - 4);
  const version = body.u8();
  const kind = body.u8();
  const form = body.u8();
  if (form > frameForms.refusal) throw new MessageError('a frame of no known form');
  const reason = body.u8();
  const id = body.u32();
  const deadlineMs = body.u32();
  return { header: { version, kind, form: form as FrameForm, reason, id, deadlineMs }, body };
}

export function reasonName(reason: number): RefusalReason {
  for (const [name, value] of Object.entries(refusalReasons)) {
    if (value === reason) return name as RefusalReason;
  }
  return 'failed';
}
