/**
 * Account settings: the minimum throughput billing commitment, which lasts at least 24 hours.
 *
 * Ending it earlier is accepted and takes effect by itself when the time has come: the stored
 * document says since when and until when, the status follows from the clock.
 */
import type { AccountSettings } from '../api/ports.ts';
import { BILLING_COMMITMENT_MIN_MS } from '../model/limits.ts';
import type { Clock } from '../runtime/clock.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import { MetaTable } from './meta-table.ts';
import { settledCommit } from './settled-commit.ts';

interface Commitment {
  readonly startedAtMs: number;
  /** When it ends or has ended, epoch ms; null while nobody has asked. */
  readonly endsAtMs: number | null;
}

const NEVER: AccountSettings = {
  status: 'DISABLED',
  startedAtMs: null,
  endedAtMs: null,
  earliestAllowedEndAtMs: null,
};

export class AccountTable {
  readonly #meta: MetaStore;
  readonly #clock: Clock;
  readonly #table = new MetaTable<Commitment>('account/');
  readonly #mutex = new KeyedMutex();
  /** A commit failed: what the store holds has to be read again before the next one. */
  #stale = false;

  constructor(dependencies: { readonly meta: MetaStore; readonly clock: Clock }) {
    this.#meta = dependencies.meta;
    this.#clock = dependencies.clock;
  }

  async load(): Promise<void> {
    await this.#table.load(this.#meta);
  }

  settings(account: string): AccountSettings {
    const commitment = this.#table.get(account);
    return commitment === undefined ? NEVER : describe(commitment, this.#clock.now());
  }

  /** Whether the account has On-demand Advantage now. */
  committed(account: string): boolean {
    return this.settings(account).status !== 'DISABLED';
  }

  async update(account: string, enabled: boolean): Promise<AccountSettings> {
    return this.#mutex.run('settings', async () => {
      if (this.#stale) {
        await this.load();
        this.#stale = false;
      }
      const next = changed(this.#table.get(account), enabled, this.#clock.now());
      if (next !== null) {
        const { ops, committed } = this.#table.put(account, next);
        try {
          committed(await settledCommit(this.#meta, ops));
        } catch (error) {
          this.#stale = true;
          throw error;
        }
      }
      return this.settings(account);
    });
  }
}

function describe({ startedAtMs, endsAtMs }: Commitment, nowMs: number): AccountSettings {
  const ended = endsAtMs !== null && endsAtMs <= nowMs;
  const running = endsAtMs === null ? 'ENABLED' : 'ENABLED_UNTIL_EARLIEST_ALLOWED_END';
  return {
    status: ended ? 'DISABLED' : running,
    startedAtMs,
    endedAtMs: ended ? endsAtMs : null,
    earliestAllowedEndAtMs: startedAtMs + BILLING_COMMITMENT_MIN_MS,
  };
}

/** Null when the settings are as wanted. */
function changed(
  current: Commitment | undefined,
  enabled: boolean,
  nowMs: number,
): Commitment | null {
  const running = current !== undefined && (current.endsAtMs === null || current.endsAtMs > nowMs);
  if (enabled) {
    if (!running) {
      return { startedAtMs: nowMs, endsAtMs: null };
    }
    return current.endsAtMs === null ? null : { ...current, endsAtMs: null };
  }
  if (!running || current.endsAtMs !== null) {
    return null;
  }
  const earliestMs = current.startedAtMs + BILLING_COMMITMENT_MIN_MS;
  return { ...current, endsAtMs: Math.max(nowMs, earliestMs) };
}
