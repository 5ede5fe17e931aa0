/**
 * A copy of the directory beside a front end: the shard map, consumers and policies, from memory.
 *
 * Nothing unsound is taken over: an entry that is damaged, whose shards do not tile the ring, or
 * that is older than what is known closes the link, and a new one begins with everything anew (I4,
 * I6, I20). A copy that lags is safe (I7): owners of shards decide.
 */
import { MessageError } from '../common/message-reader.ts';
import type { ConsumerDocument } from '../model/consumer.ts';
import type { DirectoryEntry, StreamDirectoryEntry } from '../model/directory.ts';
import { policyKey } from '../model/directory.ts';
import type { StreamRef } from '../model/messages.ts';
import type { StreamDocument } from '../model/stream.ts';
import type { Rpc } from '../runtime/rpc.ts';
import { ShardMap } from '../shardmap/local-shard-map.ts';
import { documentProblem } from '../shardmap/stream-entry.ts';
import { directoryKinds, readEntry } from './directory-wire.ts';

/** A consumer of a stream, as a request names it. */
export interface ConsumerName extends StreamRef {
  readonly consumer: string;
  /** Null: whichever has the name now. */
  readonly createdSeconds: number | null;
}

interface KnownStream {
  readonly document: StreamDocument;
  readonly rev: number;
}

export class DirectoryReplica {
  readonly map: ShardMap = new ShardMap();
  /** Resolves when the first copy is complete. */
  readonly complete: Promise<void>;
  readonly #streams = new Map<string, KnownStream>();
  readonly #consumers = new Map<string, ConsumerDocument>();
  readonly #policies = new Map<string, string>();

  /** To be made before `rpc.start`. */
  constructor({ rpc }: { readonly rpc: Rpc }) {
    let completed = (): void => undefined;
    this.complete = new Promise((resolve) => (completed = resolve));
    let isComplete = false;
    const applied = (number: number): void =>
      rpc.notify(directoryKinds.applied, (writer) => writer.number(number));
    rpc.hear(directoryKinds.entry, (body) => {
      const { number, entry } = readEntry(body);
      this.#apply(entry);
      if (isComplete) applied(number);
    });
    rpc.hear(directoryKinds.complete, (body) => {
      isComplete = true;
      applied(body.whole());
      completed();
    });
  }

  /** In any state; null when there is none. */
  stream(account: string, name: string): StreamDocument | null {
    return this.#streams.get(streamKey(account, name))?.document ?? null;
  }

  consumer(name: ConsumerName): ConsumerDocument | null {
    const stream = this.stream(name.account, name.name);
    if (stream === null) return null;
    const consumer = this.#consumers.get(consumerKey(stream.uid, name.consumer));
    const other = name.createdSeconds !== null && consumer?.createdSeconds !== name.createdSeconds;
    return consumer === undefined || other ? null : consumer;
  }

  /** The policy of a stream or consumer; null when it, or the resource, does not exist. */
  policy(resource: StreamRef | ConsumerName): string | null {
    const stream = this.stream(resource.account, resource.name);
    if (stream === null) return null;
    const consumer = 'consumer' in resource ? this.consumer(resource) : null;
    if ('consumer' in resource && consumer === null) return null;
    return this.#policies.get(policyKey({ streamUid: stream.uid, consumer })) ?? null;
  }

  #apply(entry: DirectoryEntry): void {
    switch (entry.kind) {
      case 'stream':
        this.#applyStream(entry);
        return;
      case 'consumer':
        put(this.#consumers, consumerKey(entry.streamUid, entry.name), entry.document);
        return;
      case 'policy':
        put(this.#policies, policyKey(entry.owner), entry.policy);
        return;
      default:
        throw new MessageError('a directory entry of no known kind');
    }
  }

  #applyStream({ account, name, uid, rev, document }: StreamDirectoryEntry): void {
    const key = streamKey(account, name);
    const known = this.#streams.get(key);
    if (known !== undefined && rev <= known.rev) {
      throw new MessageError(`stream ${name} would go back from ${known.rev} to ${rev}`);
    }
    if (known !== undefined && known.document.uid !== uid) {
      this.map.remove(known.document.uid, rev);
    }
    put(this.#streams, key, document === null ? null : { document, rev });
    if (document === null || (document.status !== 'ACTIVE' && document.status !== 'UPDATING')) {
      this.map.remove(uid, rev);
      return;
    }
    const problem = documentProblem(document);
    if (problem !== null) throw new MessageError(`stream ${name}: ${problem}`);
    this.map.publish(document, rev);
  }
}

function put<T>(map: Map<string, T>, key: string, value: T | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}

/** Names hold no slash. */
function streamKey(account: string, name: string): string {
  return `${account}/${name}`;
}

function consumerKey(streamUid: number, name: string): string {
  return `${streamUid}/${name}`;
}
