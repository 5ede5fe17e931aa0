/**
 * RegisterStreamConsumer and DeregisterStreamConsumer, and the transitions of consumers.
 *
 * Commands on consumers run in line with those on their stream, so that a consumer never outlives
 * it.
 */
import type { ConsumerRef } from '../api/ports.ts';
import { consumerArn, streamArn } from '../model/arn.ts';
import type { ConsumerDocument } from '../model/consumer.ts';
import {
  CONSUMERS_CREATING_MAX,
  CONSUMERS_PER_STREAM_ADVANTAGE_MAX,
  CONSUMERS_PER_STREAM_MAX,
} from '../model/limits.ts';
import type { StreamRef } from '../model/messages.ts';
import { inUse, limitExceeded, notFound } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import type { ControlContext } from './control-context.ts';
import { existing } from './control-context.ts';
import type { TableCommit } from './meta-table.ts';
import { together } from './meta-table.ts';
import type { ChangePlan } from './stream-changes.ts';
import type { StreamRecord } from './stream-record.ts';

export async function registerConsumer(
  context: ControlContext,
  ref: StreamRef,
  name: string,
  tags: Readonly<Record<string, string>>,
): Promise<ConsumerDocument> {
  let registered: ConsumerDocument | null = null;
  await context.changes.change(ref.account, ref.name, (current) => {
    const record = existing(current, ref.account, ref.name);
    const { document } = record;
    if (document.status !== 'ACTIVE' && document.status !== 'UPDATING') {
      const text = inUse.notActiveOrUpdating(ref, document.status);
      throw new ServiceError('ResourceInUseException', text);
    }
    if (context.consumers.get(document.uid, name) !== undefined) {
      throw new ServiceError('ResourceInUseException', inUse.consumerExists(name, ref));
    }
    checkNumber(context, document.uid, ref);
    const nowMs = context.clock.now();
    const createdSeconds = Math.floor(nowMs / 1000);
    registered = {
      account: ref.account,
      streamName: ref.name,
      streamUid: document.uid,
      streamArn: document.arn,
      name,
      arn: consumerArn(document.arn, name, createdSeconds),
      status: 'CREATING',
      settlesAtMs: nowMs + context.transitionMs,
      createdSeconds,
      tags,
    };
    return aside(record, storing(context, registered));
  });
  return registered!;
}

function checkNumber(context: ControlContext, streamUid: number, ref: StreamRef): void {
  const limit = context.accounts.committed(ref.account)
    ? CONSUMERS_PER_STREAM_ADVANTAGE_MAX
    : CONSUMERS_PER_STREAM_MAX;
  if (context.consumers.count(streamUid) >= limit) {
    context.gate.pass(limitExceeded.consumers(ref, limit));
  }
  const consumers = context.consumers.list(streamUid);
  const creating = consumers.filter(({ status }) => status === 'CREATING').length;
  if (creating >= CONSUMERS_CREATING_MAX) {
    context.gate.pass(limitExceeded.consumersCreating(ref, CONSUMERS_CREATING_MAX));
  }
}

export async function deregisterConsumer(context: ControlContext, ref: ConsumerRef): Promise<void> {
  await changeConsumer(context, ref, (consumer) => {
    if (consumer.status === 'DELETING') {
      return null;
    }
    // Its name is free only in a later second, so that the next one of the name has another ARN.
    const later = Math.max(
      context.clock.now() + context.transitionMs,
      (consumer.createdSeconds + 1) * 1000,
    );
    return { ...consumer, status: 'DELETING', settlesAtMs: later };
  });
}

/** Changes one consumer; `change` gives null where there is nothing to do. */
export async function changeConsumer(
  context: ControlContext,
  ref: ConsumerRef,
  change: (consumer: ConsumerDocument) => ConsumerDocument | null,
): Promise<void> {
  await context.changes.change(ref.account, ref.name, (current) => {
    const consumer = findConsumer(context, ref);
    if (consumer === null || current === null) {
      throw consumerNotFound(context, ref);
    }
    const next = change(consumer);
    return next === null ? null : aside(current, storing(context, next));
  });
}

/** Null when there is none, or when the ARN meant an earlier one of that name. */
export function findConsumer(context: ControlContext, ref: ConsumerRef): ConsumerDocument | null {
  const stream = context.table.get(ref.account, ref.name);
  if (stream === undefined) {
    return null;
  }
  const consumer = context.consumers.get(stream.record.document.uid, ref.consumer);
  const other = ref.createdSeconds !== null && consumer?.createdSeconds !== ref.createdSeconds;
  return consumer === undefined || other ? null : consumer;
}

export function consumerNotFound(context: ControlContext, ref: ConsumerRef): ServiceError {
  const text = notFound.consumer(consumerLabel(context, ref), ref.account);
  return new ServiceError('ResourceNotFoundException', text);
}

/** The ARN where the caller gave one, else the name. */
export function consumerLabel(context: ControlContext, ref: ConsumerRef): string {
  const { account, name, consumer, createdSeconds } = ref;
  return createdSeconds === null
    ? consumer
    : consumerArn(streamArn(context.region, account, name), consumer, createdSeconds);
}

/** A change of other documents than the stream's. */
export function aside(record: StreamRecord, commit: TableCommit): ChangePlan {
  return { next: () => record, alsoCommit: commit.ops, committed: commit.committed };
}

/** Stores a consumer and sees to its transition. */
function storing(context: ControlContext, next: ConsumerDocument): TableCommit {
  const { ops, committed } = context.consumers.put(next);
  return {
    ops,
    committed: (rev) => {
      committed(rev);
      scheduleConsumer(context, next);
    },
  };
}

/** Lets a consumer in transition settle when its time comes. Called for each after a start. */
export function scheduleConsumer(context: ControlContext, consumer: ConsumerDocument): void {
  const key = stepKey(consumer);
  if (consumer.settlesAtMs === null) {
    context.steps.cancel(key);
    return;
  }
  // A second more than the transition: see deregisterConsumer.
  const longest = context.transitionMs + 1_000;
  const remaining = consumer.settlesAtMs - context.clock.now();
  const delayMs = Math.min(Math.max(remaining, 0), longest);
  context.steps.start(key, delayMs, async () => settleConsumer(context, consumer));
}

function stepKey({ streamUid, name }: ConsumerDocument): string {
  return `consumer/${streamUid}/${name}`;
}

async function settleConsumer(context: ControlContext, then: ConsumerDocument): Promise<void> {
  await context.changes.change(then.account, then.streamName, (current) => {
    const consumer = context.consumers.get(then.streamUid, then.name);
    if (current === null || consumer === undefined || consumer.settlesAtMs === null) {
      return null;
    }
    if (consumer.status === 'DELETING') {
      const { streamUid, name } = consumer;
      const policy = context.policies.remove({ streamUid, consumer });
      return aside(current, together([context.consumers.remove(streamUid, name), policy]));
    }
    return aside(current, storing(context, { ...consumer, status: 'ACTIVE', settlesAtMs: null }));
  });
}
