/**
 * All operations by name, and the way from a body to an answer that they share.
 */
import { addTagsToStream } from './operations/add-tags-to-stream.ts';
import { createChannel } from './operations/create-channel.ts';
import { createStream } from './operations/create-stream.ts';
import { decreaseStreamRetentionPeriod } from './operations/decrease-stream-retention-period.ts';
import { deleteChannel } from './operations/delete-channel.ts';
import { deleteResourcePolicy } from './operations/delete-resource-policy.ts';
import { deleteStream } from './operations/delete-stream.ts';
import { deregisterStreamConsumer } from './operations/deregister-stream-consumer.ts';
import { describeAccountSettings } from './operations/describe-account-settings.ts';
import { describeChannel } from './operations/describe-channel.ts';
import { describeLimits } from './operations/describe-limits.ts';
import { describeStreamConsumer } from './operations/describe-stream-consumer.ts';
import { describeStreamSummary } from './operations/describe-stream-summary.ts';
import { describeStream } from './operations/describe-stream.ts';
import { disableEnhancedMonitoring } from './operations/disable-enhanced-monitoring.ts';
import { enableEnhancedMonitoring } from './operations/enable-enhanced-monitoring.ts';
import { getRecords } from './operations/get-records.ts';
import { getResourcePolicy } from './operations/get-resource-policy.ts';
import { getShardIterator } from './operations/get-shard-iterator.ts';
import { increaseStreamRetentionPeriod } from './operations/increase-stream-retention-period.ts';
import { listChannels } from './operations/list-channels.ts';
import { listShards } from './operations/list-shards.ts';
import { listStreamConsumers } from './operations/list-stream-consumers.ts';
import { listStreams } from './operations/list-streams.ts';
import { listTagsForResource } from './operations/list-tags-for-resource.ts';
import { listTagsForStream } from './operations/list-tags-for-stream.ts';
import { mergeShards } from './operations/merge-shards.ts';
import { putRecord } from './operations/put-record.ts';
import { putRecords } from './operations/put-records.ts';
import { putResourcePolicy } from './operations/put-resource-policy.ts';
import { registerStreamConsumer } from './operations/register-stream-consumer.ts';
import { removeTagsFromStream } from './operations/remove-tags-from-stream.ts';
import { splitShard } from './operations/split-shard.ts';
import { startStreamEncryption } from './operations/start-stream-encryption.ts';
import { stopStreamEncryption } from './operations/stop-stream-encryption.ts';
import { subscribeToShard } from './operations/subscribe-to-shard.ts';
import { tagResource } from './operations/tag-resource.ts';
import { untagResource } from './operations/untag-resource.ts';
import { updateAccountSettings } from './operations/update-account-settings.ts';
import { updateChannel } from './operations/update-channel.ts';
import { updateMaxRecordSize } from './operations/update-max-record-size.ts';
import { updateShardCount } from './operations/update-shard-count.ts';
import { updateStreamMode } from './operations/update-stream-mode.ts';
import { updateDistribution } from './operations/update-stream-record-distribution-strategy.ts';
import { updateStreamWarmThroughput } from './operations/update-stream-warm-throughput.ts';
import type { BufferPool } from '../common/buffer-pool.ts';
import type { BodyWork } from '../runtime/body-buffers.ts';
import { check } from './check.ts';
import { decodeBody, encodeOutput } from './codec.ts';
import { coerce } from './coerce.ts';
import { requestTags } from './request-tags.ts';
import type { Caller, DataContext, DataOperation } from './operation.ts';
import type { Operation, Output, Protocol, Target } from './operation.ts';
import type { PacedBody } from './paced-body.ts';
import { StreamingOutput } from './response-stream.ts';

const all: readonly Operation[] = [
  addTagsToStream,
  createChannel,
  createStream,
  decreaseStreamRetentionPeriod,
  deleteChannel,
  deleteResourcePolicy,
  deleteStream,
  deregisterStreamConsumer,
  describeAccountSettings,
  describeChannel,
  describeLimits,
  describeStreamConsumer,
  describeStreamSummary,
  describeStream,
  disableEnhancedMonitoring,
  enableEnhancedMonitoring,
  getRecords,
  getResourcePolicy,
  getShardIterator,
  increaseStreamRetentionPeriod,
  listChannels,
  listShards,
  listStreamConsumers,
  listStreams,
  listTagsForResource,
  listTagsForStream,
  mergeShards,
  putRecord,
  putRecords,
  putResourcePolicy,
  registerStreamConsumer,
  removeTagsFromStream,
  splitShard,
  startStreamEncryption,
  stopStreamEncryption,
  subscribeToShard,
  tagResource,
  untagResource,
  updateAccountSettings,
  updateChannel,
  updateMaxRecordSize,
  updateShardCount,
  updateStreamMode,
  updateDistribution,
  updateStreamWarmThroughput,
];

/** Every operation of the service, by the name that follows the dot in `X-Amz-Target`. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  all.map((operation) => [operation.name, operation]),
);

/** Those on records, which need nothing of the control plane. */
export const dataOperations: ReadonlyMap<string, DataOperation> = new Map(
  [getRecords, getShardIterator, putRecord, putRecords, subscribeToShard].map(
    (operation: DataOperation) => [operation.name, operation],
  ),
);

/**
 * Called once a request is allowed, before its work is done; throws, or rejects with, ServiceError
 * to refuse it.
 */
export type Admit = (
  operation: Pick<Operation, 'name'>,
  caller: Caller,
  target: Target | null,
  input: unknown,
) => void | Promise<void>;

/** A whole body in parts or made piece by piece, or what will write one without a known end. */
export type Answer = readonly Uint8Array[] | PacedBody | StreamingOutput;

/** A body that was read: its members as plain values, or the whole input by a shortcut. */
export type DecodedBody =
  | { readonly kind: 'members'; readonly members: unknown }
  | { readonly kind: 'input'; readonly input: unknown };

/**
 * Reads a body, as far as that is possible without knowing the sender; null for a request whose
 * target is no operation. `work` may have read it already. Throws SerializationException when it is
 * not an object of the protocol.
 */
export function decodeRequest(
  operation: Pick<Operation, 'codec'> | null,
  protocol: Protocol,
  body: Uint8Array,
  buffers: BufferPool,
  work: BodyWork | null = null,
): DecodedBody {
  const codec = operation?.codec;
  const input =
    protocol === 'json'
      ? codec?.decodeJson?.(body, buffers, work)
      : codec?.decodeCbor?.(body, buffers, work);
  if (input !== undefined && input !== null) return { kind: 'input', input };
  return { kind: 'members', members: decodeBody(protocol, body) };
}

/**
 * Answers a request whose sender is known: converts and checks its members, asks for access, does
 * the work, and gives the parts of the answer's body (none for an empty one). Throws, or rejects
 * with, ServiceError for whatever a client may see.
 */
export function invoke<C extends DataContext>(
  operation: Operation<unknown, Output, C>,
  context: C,
  decoded: DecodedBody,
  admit: Admit = () => undefined,
): Answer | Promise<Answer> {
  const input = readInput(operation, decoded);
  const { caller } = context;
  const target = operation.target(context, input);
  const tags = requestTags(input);
  const handled = (): Answer | Promise<Answer> => handle(operation, context, input);
  const admitted = (): Answer | Promise<Answer> =>
    then(admit(operation, caller, target, input), handled);
  const action = `kinesis:${operation.name}`;
  return then(context.access.check(caller, action, target, tags), admitted);
}

/** Goes on at once where there is nothing to wait for: a promise costs more than many a check. */
function then<T>(waited: void | Promise<void>, next: () => T | Promise<T>): T | Promise<T> {
  return waited instanceof Promise ? waited.then(next) : next();
}

function handle<C extends DataContext>(
  operation: Operation<unknown, Output, C>,
  context: C,
  input: never,
): Answer | Promise<Answer> {
  const output = operation.handle(context, input);
  return output instanceof Promise
    ? output.then((later) => encodeAnswer(operation, context, later))
    : encodeAnswer(operation, context, output);
}

function readInput(operation: Pick<Operation, 'input' | 'prepare'>, decoded: DecodedBody): never {
  if (decoded.kind === 'input') return decoded.input as never;
  const members = coerce(operation.input, decoded.members);
  check(operation.input, members);
  return (operation.prepare === undefined ? members : operation.prepare(members)) as never;
}

function encodeAnswer(
  operation: Pick<Operation, 'codec'>,
  { protocol }: Pick<DataContext, 'protocol'>,
  output: Output,
): Answer {
  if (output instanceof StreamingOutput) return output;
  const { codec } = operation;
  const fast = protocol === 'json' ? codec?.encodeJson?.(output) : codec?.encodeCbor?.(output);
  return fast ?? encodeOutput(protocol, output);
}
