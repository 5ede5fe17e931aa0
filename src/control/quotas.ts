/**
 * Account quotas, checked and taken in one step.
 *
 * A change of one stream may be on its way to the store while another stream's change is checked,
 * so what is on its way is reserved until it is either in the table or has failed.
 */
import { limitExceeded } from '../model/messages.ts';
import type { QuotaGate } from './quota-gate.ts';
import type { AccountTotals, StreamTable } from './stream-table.ts';
import { add } from './stream-table.ts';

export interface QuotaLimits {
  readonly shardLimit: number;
  readonly onDemandStreamLimit: number;
  readonly streamsCreatingMax: number;
  readonly streamsDeletingMax: number;
}

const NOTHING: AccountTotals = { openShards: 0, onDemandStreams: 0, creating: 0, deleting: 0 };

export class Quotas {
  readonly #table: StreamTable;
  readonly #gate: QuotaGate;
  readonly #region: string;
  readonly #limits: QuotaLimits;
  readonly #reserved = new Map<string, readonly AccountTotals[]>();

  constructor(
    { table, gate }: { readonly table: StreamTable; readonly gate: QuotaGate },
    options: { readonly region: string; readonly limits: QuotaLimits },
  ) {
    this.#table = table;
    this.#gate = gate;
    this.#region = options.region;
    this.#limits = options.limits;
  }

  /** Shards that may still be opened in an account. */
  shardsLeft(account: string): number {
    return this.#gate.enforced
      ? Math.max(0, this.#limits.shardLimit - this.#current(account).openShards)
      : Infinity;
  }

  /**
   * Takes `wanted` (what is not named is 0) until the returned function is called; throws
   * LimitExceededException, and takes nothing, where a binding quota would be passed.
   */
  reserve(account: string, wanted: Partial<AccountTotals>): () => void {
    const taken: AccountTotals = { ...NOTHING, ...wanted };
    const text = this.#exceeded(account, this.#current(account), taken);
    if (text !== null) {
      this.#gate.pass(text);
    }
    this.#reserved.set(account, [...(this.#reserved.get(account) ?? []), taken]);
    return () => {
      const left = (this.#reserved.get(account) ?? []).filter((entry) => entry !== taken);
      if (left.length === 0) {
        this.#reserved.delete(account);
      } else {
        this.#reserved.set(account, left);
      }
    };
  }

  #current(account: string): AccountTotals {
    return (this.#reserved.get(account) ?? []).reduce(add, this.#table.totals(account));
  }

  #exceeded(account: string, current: AccountTotals, taken: AccountTotals): string | null {
    const limits = this.#limits;
    if (taken.creating > 0 && current.creating + taken.creating > limits.streamsCreatingMax) {
      return limitExceeded.streamsInTransition(limits.streamsCreatingMax);
    }
    if (taken.deleting > 0 && current.deleting + taken.deleting > limits.streamsDeletingMax) {
      return limitExceeded.streamsInTransition(limits.streamsDeletingMax);
    }
    const onDemandStreams = current.onDemandStreams + taken.onDemandStreams;
    if (taken.onDemandStreams > 0 && onDemandStreams > limits.onDemandStreamLimit) {
      return limitExceeded.onDemandStreams(account, limits.onDemandStreamLimit);
    }
    if (taken.openShards > 0 && current.openShards + taken.openShards > limits.shardLimit) {
      return limitExceeded.shards({
        account,
        region: this.#region,
        current: current.openShards,
        limit: limits.shardLimit,
        additional: taken.openShards,
      });
    }
    return null;
  }
}
