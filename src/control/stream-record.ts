/**
 * What is stored of a stream: its document, and what only the control plane needs.
 *
 * One stream is one value, so that every change of it is one commit. Values larger than an engine
 * takes well are cut into parts, which are written in the same commit as the head that names them.
 */
import { assert } from '../common/assert.ts';
import { concat } from '../common/bytes.ts';
import type { ShardDocument, StreamDocument } from '../model/stream.ts';
import type { MetaOp, MetaStore, Versioned } from '../storage/meta-store.ts';
import { MetaCorruptionError } from '../storage/meta-store.ts';
import type { StreamHistory } from './stream-history.ts';

export interface StreamRecord {
  readonly document: StreamDocument;
  /** Shards a CREATING stream will open with; null once it has. */
  readonly initialShards: readonly ShardDocument[] | null;
  readonly history: StreamHistory;
}

/** The stored form of a record that lies in parts. Never change the member names. */
interface Head {
  readonly parts: number;
}

/** Written with every record; a record of another format is refused, not guessed at. */
const FORMAT = 1;

export const STREAM_PREFIX = 'stream/';
const PART_PREFIX = 'stream-part/';
/** Common engines take messages up to 1 MiB. */
export const PART_BYTES_MAX = 786_432;

export function streamKey(account: string, name: string): string {
  return `${STREAM_PREFIX}${account}/${name}`;
}

function partKey(account: string, name: string, part: number): string {
  return `${PART_PREFIX}${account}/${name}/${String(part).padStart(4, '0')}`;
}

/** A record as it was read or written. */
export interface StoredStream {
  readonly record: StreamRecord;
  readonly rev: number;
  /** 0 when it is stored whole. */
  readonly parts: number;
}

/** Operations that replace `old` by `next` (null: take it away), the head first; and its parts. */
export function streamOps(
  account: string,
  name: string,
  old: StoredStream | null,
  next: StreamRecord | null,
): { readonly ops: readonly MetaOp[]; readonly parts: number } {
  const bytes =
    next === null ? null : new TextEncoder().encode(JSON.stringify({ format: FORMAT, ...next }));
  const parts = bytes === null || bytes.length <= PART_BYTES_MAX ? 0 : partCount(bytes.length);
  const head = parts === 0 ? bytes : new TextEncoder().encode(JSON.stringify({ parts }));
  const ops: MetaOp[] = [
    { key: streamKey(account, name), expect: old?.rev ?? 'absent', value: head },
  ];
  for (let part = 0; part < Math.max(parts, old?.parts ?? 0); part += 1) {
    const from = part * PART_BYTES_MAX;
    const value = part < parts ? bytes!.subarray(from, from + PART_BYTES_MAX) : null;
    ops.push({ key: partKey(account, name, part), expect: 'any', value });
  }
  return { ops, parts };
}

function partCount(bytes: number): number {
  return Math.ceil(bytes / PART_BYTES_MAX);
}

/** Reads one stream; null when there is none. */
export async function readStream(
  meta: MetaStore,
  account: string,
  name: string,
): Promise<StoredStream | null> {
  const head = await meta.get(streamKey(account, name));
  return head === null ? null : complete(meta, streamKey(account, name), head);
}

/** Reads all streams. */
export async function readStreams(meta: MetaStore): Promise<readonly StoredStream[]> {
  const streams: StoredStream[] = [];
  for (const [key, head] of await meta.list(STREAM_PREFIX)) {
    streams.push(await complete(meta, key, head));
  }
  return streams;
}

async function complete(meta: MetaStore, key: string, head: Versioned): Promise<StoredStream> {
  const found = parse(key, head.value) as StreamRecord | Head;
  if (!('parts' in found)) {
    return { record: known(key, found), rev: head.rev, parts: 0 };
  }
  const [account, name] = key.slice(STREAM_PREFIX.length).split('/');
  assert(account !== undefined && name !== undefined, 'stream record: a key has two parts');
  const pieces: Uint8Array[] = [];
  for (let part = 0; part < found.parts; part += 1) {
    const piece = await meta.get(partKey(account, name, part));
    if (piece?.rev !== head.rev) {
      throw new MetaCorruptionError(`part ${part} of ${key} is missing or of another commit`);
    }
    pieces.push(piece.value);
  }
  const record = parse(key, concat(pieces)) as StreamRecord;
  return { record: known(key, record), rev: head.rev, parts: found.parts };
}

function known(key: string, stored: StreamRecord): StreamRecord {
  const { format, ...record } = stored as StreamRecord & { readonly format?: unknown };
  if (format !== FORMAT) {
    throw new MetaCorruptionError(`${key} is of format ${String(format)}, which is not known here`);
  }
  return record;
}

function parse(key: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw new MetaCorruptionError(`${key} cannot be read: ${String(error)}`);
  }
}
