/**
 * All streams in memory, as the last commits left them, with the totals that quotas are about.
 */
import type { StreamDocument } from '../model/stream.ts';
import type { StoredStream, StreamRecord } from './stream-record.ts';

export interface AccountTotals {
  readonly openShards: number;
  readonly onDemandStreams: number;
  readonly creating: number;
  readonly deleting: number;
}

const NO_TOTALS: AccountTotals = { openShards: 0, onDemandStreams: 0, creating: 0, deleting: 0 };

interface AccountStreams {
  readonly byName: Map<string, StoredStream>;
  /** Ascending; null when it has to be sorted again. */
  names: readonly string[] | null;
  totals: AccountTotals;
}

export class StreamTable {
  readonly #accounts = new Map<string, AccountStreams>();

  get(account: string, name: string): StoredStream | undefined {
    return this.#accounts.get(account)?.byName.get(name);
  }

  /** All streams of all accounts. */
  *all(): Iterable<StoredStream> {
    for (const { byName } of this.#accounts.values()) {
      yield* byName.values();
    }
  }

  set(stored: StoredStream): void {
    const { account, name } = stored.record.document;
    let streams = this.#accounts.get(account);
    if (streams === undefined) {
      streams = { byName: new Map(), names: null, totals: NO_TOTALS };
      this.#accounts.set(account, streams);
    }
    const old = streams.byName.get(name);
    streams.byName.set(name, stored);
    streams.names = old === undefined ? null : streams.names;
    streams.totals = add(subtract(streams.totals, old), totalsOf(stored.record));
  }

  delete(account: string, name: string): void {
    const streams = this.#accounts.get(account);
    const old = streams?.byName.get(name);
    if (streams === undefined || old === undefined) {
      return;
    }
    streams.byName.delete(name);
    streams.names = null;
    streams.totals = subtract(streams.totals, old);
    if (streams.byName.size === 0) {
      this.#accounts.delete(account);
    }
  }

  totals(account: string): AccountTotals {
    return this.#accounts.get(account)?.totals ?? NO_TOTALS;
  }

  /** Streams of an account in name order, strictly after `afterName`, at most `limit`. */
  page(account: string, afterName: string | null, limit: number): readonly StreamDocument[] {
    const streams = this.#accounts.get(account);
    if (streams === undefined) {
      return [];
    }
    streams.names ??= [...streams.byName.keys()].sort();
    const from = afterName === null ? 0 : firstAfter(streams.names, afterName);
    return streams.names
      .slice(from, from + limit)
      .map((name) => streams.byName.get(name)!.record.document);
  }
}

/** Position of the first name greater than `name`. */
function firstAfter(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (names[middle]! <= name) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Shards of a CREATING stream count as if they were open already. */
function totalsOf({ document, initialShards }: StreamRecord): AccountTotals {
  const shards = initialShards ?? document.shards;
  return {
    openShards: shards.filter((shard) => shard.closedSeconds === null).length,
    onDemandStreams: document.mode === 'ON_DEMAND' ? 1 : 0,
    creating: document.status === 'CREATING' ? 1 : 0,
    deleting: document.status === 'DELETING' ? 1 : 0,
  };
}

export function add(left: AccountTotals, right: AccountTotals): AccountTotals {
  return {
    openShards: left.openShards + right.openShards,
    onDemandStreams: left.onDemandStreams + right.onDemandStreams,
    creating: left.creating + right.creating,
    deleting: left.deleting + right.deleting,
  };
}

function subtract(left: AccountTotals, old: StoredStream | undefined): AccountTotals {
  if (old === undefined) {
    return left;
  }
  const right = totalsOf(old.record);
  return {
    openShards: left.openShards - right.openShards,
    onDemandStreams: left.onDemandStreams - right.onDemandStreams,
    creating: left.creating - right.creating,
    deleting: left.deleting - right.deleting,
  };
}
