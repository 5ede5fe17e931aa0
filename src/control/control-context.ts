/** What the commands of the control plane work with, and the small steps most of them share. */
import { inUse, notFound } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import type { ShardDocument, ShardKey, StreamDocument } from '../model/stream.ts';
import type { DataKeys } from '../keys/data-keys.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { AccountTable } from './account-table.ts';
import type { BackgroundSteps } from './background-steps.ts';
import type { ChannelDestinations } from './channel-destinations.ts';
import type { ChannelTable } from './channel-table.ts';
import type { ConsumerTable } from './consumer-table.ts';
import type { Counters } from './counters.ts';
import type { DirectoryChanges } from './directory.ts';
import type { PolicyTable } from './policy-table.ts';
import type { QuotaGate } from './quota-gate.ts';
import type { Quotas } from './quotas.ts';
import type { StreamChanges } from './stream-changes.ts';
import type { StreamRecord } from './stream-record.ts';
import type { StreamTable } from './stream-table.ts';
import type { WritePeaks } from './write-peaks.ts';

export interface ControlContext {
  readonly clock: Clock;
  readonly table: StreamTable;
  readonly consumers: ConsumerTable;
  readonly channels: ChannelTable;
  readonly destinations: ChannelDestinations;
  readonly random: Random;
  readonly policies: PolicyTable;
  readonly accounts: AccountTable;
  readonly peaks: WritePeaks;
  readonly steps: BackgroundSteps;
  /** Makes data keys for encrypted streams; throws the KMS errors. */
  readonly keys: Pick<DataKeys, 'create'>;
  readonly changes: StreamChanges;
  readonly directory: DirectoryChanges;
  readonly counters: Counters;
  readonly quotas: Quotas;
  readonly gate: QuotaGate;
  readonly region: string;
  /** How long a stream stays CREATING, UPDATING or DELETING, ms. */
  readonly transitionMs: number;
  /** Volumes that shards are spread over, counted from 0. */
  readonly volumes: number;
}

/** The record, or ResourceNotFoundException. */
export function existing(
  current: StreamRecord | null,
  account: string,
  name: string,
): StreamRecord {
  if (current === null) {
    throw new ServiceError('ResourceNotFoundException', notFound.stream({ account, name }));
  }
  return current;
}

/** The record of an ACTIVE stream, or what any mutating call is answered otherwise. */
export function active(current: StreamRecord | null, account: string, name: string): StreamRecord {
  const record = existing(current, account, name);
  const { status } = record.document;
  if (status !== 'ACTIVE') {
    throw new ServiceError('ResourceInUseException', inUse.notActive({ account, name }, status));
  }
  return record;
}

/** The document in UPDATING, to settle after the usual time. */
export function updating(context: ControlContext, document: StreamDocument): StreamDocument {
  const settlesAtMs = context.clock.now() + context.transitionMs;
  return { ...document, status: 'UPDATING', settlesAtMs };
}

/** Shards go round the volumes in the order of their keys, which follow each other. */
export function volumeOf(context: ControlContext, key: ShardKey): number {
  return key % context.volumes;
}

export function isOpen(shard: ShardDocument): boolean {
  return shard.closedSeconds === null;
}
