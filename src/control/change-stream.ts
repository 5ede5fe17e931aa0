/** The step most commands are: one ACTIVE stream, one new record, one commit. */
import type { StreamRef } from '../model/messages.ts';
import { limitExceeded } from '../model/messages.ts';
import type { StreamDocument } from '../model/stream.ts';
import type { ControlContext } from './control-context.ts';
import { active, updating } from './control-context.ts';
import type { LimitedChange } from './stream-history.ts';
import { changesWithinDay, withChange } from './stream-history.ts';
import type { StreamRecord } from './stream-record.ts';

export interface ChangeStreamOptions {
  /** Whether the stream is UPDATING for a while afterwards. */
  readonly settleAfter: boolean;
}

/**
 * Changes the document of a stream, which must be ACTIVE. `change` gives the new document, or the
 * one it got where there is nothing to do (the stream still is UPDATING for a while, as clients
 * expect).
 */
export async function changeStream(
  context: ControlContext,
  ref: StreamRef,
  options: ChangeStreamOptions,
  change: (document: StreamDocument, record: StreamRecord) => StreamDocument,
): Promise<void> {
  await changeRecord(context, ref, (record) => {
    const document = change(record.document, record);
    return {
      ...record,
      document: options.settleAfter ? updating(context, document) : document,
    };
  });
}

/** As changeStream, for changes of more than the document. */
export async function changeRecord(
  context: ControlContext,
  ref: StreamRef,
  change: (record: StreamRecord) => StreamRecord | null,
): Promise<void> {
  await context.changes.change(ref.account, ref.name, (current) => {
    const next = change(active(current, ref.account, ref.name));
    return next === null ? null : { next: () => next };
  });
}

/**
 * The record with one more change that is limited per rolling 24 hours; throws LimitExceeded where
 * there have been `limit` already. `what` begins the sentence.
 */
export function counted(
  context: ControlContext,
  record: StreamRecord,
  change: LimitedChange,
  limit: number,
  what: string,
): StreamRecord {
  const nowMs = context.clock.now();
  if (changesWithinDay(record.history, change, nowMs) >= limit) {
    context.gate.pass(limitExceeded.perDay(what, record.document, limit));
  }
  return { ...record, history: withChange(record.history, change, nowMs) };
}
