/**
 * A small world to test operations in: streams as documents, records in lists, a clock that stands
 * still. Requests go through `invoke` as bytes, in either protocol, like those of clients.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { BufferPool } from '../common/buffer-pool.ts';
import { SequenceNumberTexts } from '../model/sequence-number.ts';
import type { FollowOutcome, PositionQuery, ReadOutcome } from '../model/data-plane.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import type { Section } from '../model/section.ts';
import { ServiceError } from '../model/service-error.ts';
import type { StreamDocument } from '../model/stream.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { ShardMap } from '../shardmap/local-shard-map.ts';
import { openShardIndex } from '../shardmap/lookup.ts';
import { createdSecondsAt } from '../shardmap/shard-map.ts';
import type { ShardEntry, StreamEntry } from '../shardmap/shard-map.ts';
import { AnswerBudget } from './answer-budget.ts';
import { decodeBody, encodeError, encodeOutput } from './codec.ts';
import type { Caller, OperationContext, Protocol, Target } from './operation.ts';
import type { AppendResult, DataPlane } from './ports.ts';
import { decodeRequest, invoke, operations } from './registry.ts';
import { PacedBody, wholeBody } from './paced-body.ts';
import { StreamingOutput } from './response-stream.ts';
import { SealedTokens } from './sealed-tokens.ts';
import { ACCOUNT, ListControlPlane, REGION, START_MS } from './test-control.suite.ts';
import type { Tokens } from './tokens.ts';

export { ACCOUNT, REGION, START_MS };

/** Records in lists, by shard; what it stores it gives back in one section per append. */
export class ListDataPlane implements DataPlane {
  readonly map: ShardMap = new ShardMap();
  readonly sections: Map<number, Section[]> = new Map();
  /** Shard indexes whose writes are refused, and by which status. */
  readonly refused: Map<number, 1 | 2> = new Map();
  encrypted = false;
  readThrottled = false;
  readonly #clock: { now(): number };

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  stream(account: string, name: string): StreamEntry | undefined {
    return this.map.stream(account, name);
  }

  streamByUid(uid: number): StreamEntry | undefined {
    return this.map.streamByUid(uid);
  }

  end(key: number): number {
    const last = this.sections.get(key)?.at(-1);
    return last === undefined ? 1 : last.baseOrdinal + last.count;
  }

  async append(stream: StreamEntry, batch: RecordBatch): Promise<AppendResult> {
    const { count } = batch;
    const result = {
      count,
      shardIndexes: new Uint32Array(count),
      createdSeconds: new Float64Array(count),
      ordinals: new Float64Array(count),
      arrivalMs: new Float64Array(count).fill(this.#clock.now()),
      status: new Uint8Array(count),
      failedCount: 0,
      encrypted: this.encrypted,
    };
    for (let i = 0; i < count; i++) {
      const at = openShardIndex(stream.open, batch.hashKeys, i);
      const { key, index } = stream.open.shards[at]!.document;
      result.shardIndexes[i] = index;
      result.createdSeconds[i] = createdSecondsAt(stream.open, at);
      result.status[i] = this.refused.get(index) ?? 0;
      if (result.status[i] !== 0) {
        result.failedCount++;
        continue;
      }
      result.ordinals[i] = this.end(key);
      const sections = this.sections.get(key) ?? [];
      this.sections.set(key, sections);
      sections.push({
        shard: key,
        baseOrdinal: result.ordinals[i]!,
        count: 1,
        arrivalMs: this.#clock.now(),
        keyId: this.encrypted ? 1 : 0,
        payload: batch.packed.slice(batch.offsets[i], batch.offsets[i + 1]),
      });
    }
    return result;
  }

  async position(shard: ShardEntry, query: PositionQuery): Promise<number> {
    const { key } = shard.document;
    if (query.kind === 'trim-horizon') return 1;
    if (query.kind === 'latest') return this.end(key);
    const found = this.sections.get(key)?.find((section) => section.arrivalMs >= query.ms);
    return found?.baseOrdinal ?? this.end(key);
  }

  follow(): FollowOutcome {
    return { kind: 'gone' };
  }

  read(shard: ShardEntry, from: number, recordsMax: number, bytesMax: number): ReadOutcome {
    if (this.readThrottled) return { kind: 'throttled' };
    const { key, closedSeconds } = shard.document;
    const all = this.sections.get(key) ?? [];
    let bytes = 0;
    const sections = all
      .filter((section) => section.baseOrdinal >= from)
      .slice(0, recordsMax)
      .filter(({ payload }, i) => (bytes += payload.length) <= bytesMax || i === 0);
    const nextOrdinal = Math.max(from, (sections.at(-1)?.baseOrdinal ?? from - 1) + 1);
    const rest = all.find((section) => section.baseOrdinal >= nextOrdinal);
    return {
      kind: 'records',
      sections,
      nextOrdinal,
      atEnd: closedSeconds !== null && rest === undefined,
      millisBehindLatest: rest === undefined ? 0 : this.#clock.now() - rest.arrivalMs,
    };
  }
}

/** Chance for tests: the bytes follow from a counter. */
function countedRandom(): Random {
  let calls = 0;
  const bytes = (length: number): Uint8Array =>
    new Uint8Array(createHash('shake256', { outputLength: length }).update(`${calls++}`).digest());
  return { bytes } as Random;
}

export interface Failure {
  readonly __type: string;
  readonly message?: string;
  readonly Message?: string;
}

export class TestWorld {
  nowMs: number = START_MS;
  readonly clock: Clock = { now: () => this.nowMs } as Clock;
  readonly data: ListDataPlane = new ListDataPlane(this.clock);
  readonly control: ListControlPlane = new ListControlPlane(this.data.map);
  readonly tokens: Tokens = new SealedTokens(
    { random: countedRandom() },
    new Uint8Array(32).fill(7),
  );
  /** What was checked, in order. */
  readonly accesses: { action: string; target: Target | null }[] = [];
  caller: Caller = { account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root` };
  protocol: Protocol = 'json';
  readonly buffers: BufferPool = new BufferPool({ idleBytesMax: 0, bufferBytesMax: 0 });
  answers: AnswerBudget = new AnswerBudget({ bytesMax: 1e9, bytesMin: 0 });
  readonly numbers: SequenceNumberTexts = new SequenceNumberTexts();

  context(): OperationContext {
    return {
      caller: this.caller,
      region: REGION,
      requestId: '00000000-0000-4000-8000-000000000000',
      protocol: this.protocol,
      clock: this.clock,
      data: this.data,
      control: this.control,
      consumers: this.control,
      tokens: this.tokens,
      answers: this.answers,
      numbers: this.numbers,
      access: {
        check: (_caller, action, target) => {
          this.accesses.push({ action, target });
        },
      },
    };
  }

  /** Adds an ACTIVE provisioned stream. */
  async stream(name: string, shardCount = 1): Promise<StreamDocument> {
    await this.call('CreateStream', { StreamName: name, ShardCount: shardCount });
    return this.control.stream(this.caller.account, name)!;
  }

  /** The decoded answer to a request; blobs may be given and come back as the protocol has them. */
  async call(name: string, input: object): Promise<Record<string, unknown>> {
    const body = encodeOutput(this.protocol, input);
    const operation = operations.get(name)!;
    const decoded = decodeRequest(operation, this.protocol, body[0]!, this.buffers);
    const parts = await invoke(operation, this.context(), decoded);
    assert.ok(!(parts instanceof StreamingOutput));
    const bytes = parts instanceof PacedBody ? wholeBody(parts) : Buffer.concat(parts);
    return bytes.length === 0 ? {} : (decodeBody(this.protocol, bytes) as Record<string, unknown>);
  }

  /** The decoded error a request is answered with. */
  async failure(name: string, input: object): Promise<Failure> {
    try {
      await this.call(name, input);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return decodeBody(this.protocol, encodeError(this.protocol, error)) as Failure;
    }
    throw new assert.AssertionError({ message: `${name} did not fail` });
  }

  /** Asserts type and text of the error a request is answered with. */
  async refuses(name: string, input: object, type: string, message: string): Promise<void> {
    const failure = await this.failure(name, input);
    assert.equal(failure.__type, type);
    assert.equal(failure.message, message);
  }
}
