/**
 * The content of delivered objects: records one after the other, and those that are not of the
 * channel's format aside.
 *
 * JSON: one document a line; line breaks between the tokens of a document become blanks. STRING:
 * UTF-8 texts, a line feed behind each. BYTE_ARRAY: length in four bytes, big-endian, then the
 * bytes. The same records always give the same bytes.
 */
import { concat } from '../common/bytes.ts';
import type { ChannelCompression, ChannelFormat } from '../model/channel.ts';
import { packedEnd } from '../model/packed.ts';
import { packedHeaderBytes } from '../model/record-batch.ts';
import type { Section } from '../model/section.ts';
import { SequenceNumberWriter } from '../model/sequence-number.ts';
import { shardId } from '../model/shard-id.ts';
import type { ShardDocument } from '../model/stream.ts';
import type { Compressor } from '../runtime/compressor.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = 0x20;
const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder();

/** File name suffix and media type of objects. */
export function objectForm(
  format: ChannelFormat,
  compression: ChannelCompression,
): { readonly suffix: string; readonly contentType: string } {
  const plain = {
    JSON: { suffix: '.jsonl', contentType: 'application/x-ndjson' },
    STRING: { suffix: '.txt', contentType: 'text/plain; charset=utf-8' },
    BYTE_ARRAY: { suffix: '.bin', contentType: 'application/octet-stream' },
  }[format];
  switch (compression) {
    case 'NONE':
      return plain;
    case 'GZIP':
      return { suffix: `${plain.suffix}.gz`, contentType: 'application/gzip' };
    case 'ZSTD':
      return { suffix: `${plain.suffix}.zst`, contentType: 'application/zstd' };
  }
}

export async function compressed(
  compressor: Compressor,
  compression: ChannelCompression,
  body: Uint8Array,
): Promise<Uint8Array> {
  if (compression === 'NONE') return body;
  return compression === 'GZIP' ? compressor.gzip(body) : compressor.zstd(body);
}

/** Collects the records of one batch. */
export class ObjectBody {
  readonly #format: ChannelFormat;
  readonly #shard: ShardDocument;
  readonly #numbers: SequenceNumberWriter;
  readonly #pieces: Uint8Array[] = [];
  readonly #deadPieces: Uint8Array[] = [];
  /** Records of the format, and others. */
  records = 0;
  deadRecords = 0;

  constructor(format: ChannelFormat, shard: ShardDocument) {
    this.#format = format;
    this.#shard = shard;
    this.#numbers = new SequenceNumberWriter(shard.createdSeconds, shard.index);
  }

  /** Adds the records of a section whose ordinals are below `end`. */
  add({ payload, baseOrdinal, count, arrivalMs }: Section, end: number): void {
    let at = 0;
    for (let i = 0; i < count && baseOrdinal + i < end; i++) {
      const next = packedEnd(payload, at);
      const keyStart = at + packedHeaderBytes;
      const keyEnd = keyStart + (payload[at + 4]! | (payload[at + 5]! << 8));
      const data = payload.subarray(keyEnd, next);
      const problem = this.#take(data);
      if (problem !== null) {
        const key = lenient.decode(payload.subarray(keyStart, keyEnd));
        this.#bury(problem, baseOrdinal + i, arrivalMs, key, data);
      }
      at = next;
    }
  }

  body(): Uint8Array {
    return concat(this.#pieces);
  }

  deadBody(): Uint8Array {
    return concat(this.#deadPieces);
  }

  /** Null when the record is of the format, else what is wrong with it. */
  #take(data: Uint8Array): string | null {
    if (this.#format === 'BYTE_ARRAY') {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, data.length);
      this.#pieces.push(length, data);
    } else {
      try {
        const text = strict.decode(data);
        if (this.#format === 'JSON') JSON.parse(text);
      } catch (error) {
        return (error as Error).message;
      }
      this.#pieces.push(this.#format === 'JSON' ? onOneLine(data) : data, NEW_LINE);
    }
    this.records++;
    return null;
  }

  #bury(
    problem: string,
    ordinal: number,
    arrivalMs: number,
    partitionKey: string,
    data: Uint8Array,
  ): void {
    const line = JSON.stringify({
      errorCode: `NOT_${this.#format}`,
      errorMessage: problem,
      shardId: shardId(this.#shard.index),
      sequenceNumber: this.#numbers.text(ordinal, Math.floor(arrivalMs / 1000)),
      partitionKey,
      approximateArrivalTimestamp: new Date(arrivalMs).toISOString(),
      data: Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64'),
    });
    this.#deadPieces.push(encoder.encode(`${line}\n`));
    this.deadRecords++;
  }
}

const NEW_LINE: Uint8Array = Uint8Array.of(LINE_FEED);

/** Line breaks in valid JSON stand between tokens only, so a blank says the same. */
function onOneLine(data: Uint8Array): Uint8Array {
  if (!data.includes(LINE_FEED) && !data.includes(CARRIAGE_RETURN)) return data;
  return data.map((byte) => (byte === LINE_FEED || byte === CARRIAGE_RETURN ? BLANK : byte));
}
