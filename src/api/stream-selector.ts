/**
 * Which stream a request is about: by name, which is scoped by the caller's account, or by ARN,
 * which may name another account's stream and is preferred when both are given.
 */
import { parseStreamArn, streamArn } from '../model/arn.ts';
import { invalidSelector, notFound, type StreamRef } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import type { StreamDocument } from '../model/stream.ts';
import type { StreamEntry } from '../shardmap/shard-map.ts';
import type { DataContext, OperationContext, Target } from './operation.ts';

/** The members of a request that select a stream. `StreamId` is reserved, accepted and ignored. */
export interface StreamSelector {
  readonly StreamName?: string | undefined;
  readonly StreamARN?: string | undefined;
}

/** Account and name of the selected stream, whether or not it exists. Throws InvalidArgument. */
export function selectStream(context: DataContext, selector: StreamSelector): StreamRef {
  const { StreamName: name, StreamARN: arn } = selector;
  if (arn === undefined) {
    if (name === undefined) throw invalid(invalidSelector.streamMissing);
    return { account: context.caller.account, name };
  }
  const parsed = parseStreamArn(arn);
  if (parsed === null) throw invalid(invalidSelector.arn(arn));
  if (name !== undefined && name !== parsed.name) {
    throw invalid(invalidSelector.streamsDiffer(name, arn));
  }
  return { account: parsed.account, name: parsed.name };
}

/** The selected stream as what the action is checked against. */
export function streamTarget(context: DataContext, selector: StreamSelector): Target {
  return targetOf(context, selectStream(context, selector));
}

/** A stream as what an action is checked against. */
export function targetOf(context: DataContext, ref: StreamRef): Target {
  return { arn: streamArn(context.region, ref.account, ref.name), account: ref.account };
}

/** The selected stream as the control plane knows it. Throws ResourceNotFound. */
export function controlStream(context: OperationContext, selector: StreamSelector): StreamDocument {
  const ref = selectStream(context, selector);
  const document = context.control.stream(ref.account, ref.name);
  if (document === null) throw streamNotFound(ref);
  return document;
}

/** Throws ResourceNotFound when a request means a stream created at another second (epoch ms). */
export function checkCreation(stream: StreamDocument, wantedMs: number | undefined): void {
  if (wantedMs === undefined) return;
  if (Math.floor(wantedMs / 1000) !== Math.floor(stream.createdMs / 1000)) {
    throw streamNotFound(stream);
  }
}

/** The selected stream as the data plane knows it: a CREATING one is not there yet. */
export function dataStream(context: DataContext, selector: StreamSelector): StreamEntry {
  const ref = selectStream(context, selector);
  const entry = context.data.stream(ref.account, ref.name);
  if (entry === undefined) throw streamNotFound(ref);
  return entry;
}

export function streamNotFound(ref: StreamRef): ServiceError {
  return new ServiceError('ResourceNotFoundException', notFound.stream(ref));
}

/** InvalidArgumentException with a text. */
export function invalid(text: string): ServiceError {
  return new ServiceError('InvalidArgumentException', text);
}
