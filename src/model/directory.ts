/**
 * What front ends must know of streams, consumers and resource policies, entry by entry: what the
 * control plane hands on, and what a front end apart from it keeps a copy of.
 */
import type { ConsumerDocument } from './consumer.ts';
import type { StreamDocument } from './stream.ts';

/** A stream in any state; `document` is null once it is gone. */
export interface StreamDirectoryEntry {
  readonly kind: 'stream';
  readonly account: string;
  readonly name: string;
  readonly uid: number;
  /** Grows with every change of the stream. */
  readonly rev: number;
  readonly document: StreamDocument | null;
}

export interface ConsumerDirectoryEntry {
  readonly kind: 'consumer';
  readonly streamUid: number;
  readonly name: string;
  readonly document: ConsumerDocument | null;
}

export interface PolicyDirectoryEntry {
  readonly kind: 'policy';
  readonly owner: PolicyOwner;
  /** As its author gave it. */
  readonly policy: string | null;
}

export type DirectoryEntry = StreamDirectoryEntry | ConsumerDirectoryEntry | PolicyDirectoryEntry;

/** Where entries come from. */
export interface DirectorySource {
  /** All that there are now. */
  entries(): Iterable<DirectoryEntry>;
  /** Called with each change before anything else acts on it. Returns the unsubscriber. */
  onEntry(listener: (entry: DirectoryEntry) => void): () => void;
}

/** What a policy is attached to: a stream, or one of its consumers by name and creation second. */
export interface PolicyOwner {
  readonly streamUid: number;
  readonly consumer: { readonly name: string; readonly createdSeconds: number } | null;
}

/** One text for each owner. */
export function policyKey({ streamUid, consumer }: PolicyOwner): string {
  const suffix = consumer === null ? '' : `/${consumer.name}:${consumer.createdSeconds}`;
  return `${streamUid}${suffix}`;
}

/** The owner a key stands for. */
export function policyOwner(key: string): PolicyOwner {
  const slash = key.indexOf('/');
  if (slash < 0) return { streamUid: Number(key), consumer: null };
  const colon = key.lastIndexOf(':');
  const consumer = {
    name: key.slice(slash + 1, colon),
    createdSeconds: Number(key.slice(colon + 1)),
  };
  return { streamUid: Number(key.slice(0, slash)), consumer };
}
