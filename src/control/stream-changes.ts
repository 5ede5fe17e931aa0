/**
 * The one way a stream changes: decide, seal, commit, publish.
 *
 * Changes of a stream run one after the other. Each is one metadata commit (I19); memory and shard
 * map follow the store and never run ahead of it, so a change that failed leaves nothing behind.
 * What a change left in transition (CREATING, UPDATING, DELETING) settles by itself, after a
 * restart as well.
 */
import { assert } from '../common/assert.ts';
import type { Backend } from '../model/data-plane.ts';
import { ServiceError } from '../model/service-error.ts';
import type { ShardKey } from '../model/stream.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ShardMap } from '../shardmap/local-shard-map.ts';
import { documentProblem } from '../shardmap/stream-entry.ts';
import type { MetaOp, MetaStore } from '../storage/meta-store.ts';
import { CasError } from '../storage/meta-store.ts';
import type { ControlLog } from './background-steps.ts';
import { BackgroundSteps } from './background-steps.ts';
import type { DirectoryChanges } from './directory.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import { committedRevision, settledCommit, UnknownOutcomeError } from './settled-commit.ts';
import type { StoredStream, StreamRecord } from './stream-record.ts';
import { readStream, readStreams, streamKey, streamOps } from './stream-record.ts';
import type { StreamTable } from './stream-table.ts';

/** What a change will do, decided on the stream as it is. */
export interface ChangePlan {
  /** Shards that take no more records from here on, unless the change fails. */
  readonly seal?: readonly ShardKey[];
  /**
   * The stream as it shall be, null when it is to go; called after the seal. The record that
   * `decide` got stands for a commit of `alsoCommit` alone. `lastArrivalMs` is that of the sealed
   * shards, which may lie ahead of a clock that was set back.
   */
  next(lastArrivalMs: number): StreamRecord | null | Promise<StreamRecord | null>;
  /** Further operations of the same commit. */
  readonly alsoCommit?: readonly MetaOp[];
  /** Called when the commit is in the store, before anyone can see the new state. */
  readonly committed?: (rev: number) => void;
  /** Called at the end, whatever it is. */
  readonly finished?: () => void;
}

export interface StreamChangesDependencies {
  readonly meta: MetaStore;
  readonly clock: Clock;
  readonly shardMap: ShardMap;
  readonly backend: Pick<Backend, 'seal' | 'unseal'>;
  readonly table: StreamTable;
  readonly directory: DirectoryChanges;
  readonly log: ControlLog;
}

export interface StreamChangesOptions {
  /** Longest time a stream stays in transition, ms. */
  readonly transitionMs: number;
  /** Pause before a step that failed in the background is tried again, ms. */
  readonly retryMs: number;
}

/** How often a change is decided anew because somebody else changed the stream meanwhile. */
const ATTEMPTS_MAX = 3;

/** A commit nobody knows the outcome of, and what follows from either. */
interface Unsettled {
  readonly account: string;
  readonly name: string;
  readonly ops: readonly MetaOp[];
  readonly apply: (rev: number) => void;
  readonly abandon: () => void;
}

export class StreamChanges {
  readonly #dependencies: StreamChangesDependencies;
  readonly #options: StreamChangesOptions;
  readonly #mutex = new KeyedMutex();
  readonly #steps: BackgroundSteps;
  readonly #unsettled = new Map<string, Unsettled>();
  #closed = false;

  constructor(dependencies: StreamChangesDependencies, options: StreamChangesOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
    this.#steps = new BackgroundSteps(dependencies, options);
  }

  /** Reads every stream from the store, publishes what is to be, and lets transitions go on. */
  async load(): Promise<void> {
    for (const stored of await readStreams(this.#dependencies.meta)) {
      this.#adopt(stored);
    }
  }

  /** Stops timers and waits for changes that run. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#steps.close();
    await this.#mutex.idle();
  }

  /**
   * Changes one stream. `decide` gets it as it is (null when there is none) and says what to do,
   * null for nothing, or throws a ServiceError. It is called again when somebody else was faster.
   * Any other failure is logged and becomes InternalFailure.
   */
  async change(
    account: string,
    name: string,
    decide: (current: StreamRecord | null) => ChangePlan | null,
  ): Promise<void> {
    const key = streamKey(account, name);
    try {
      await this.#mutex.run(key, async () => {
        assert(!this.#closed, 'control plane: closed');
        await this.#settleOutcome(key);
        for (let attempt = 1; !(await this.#attempt(account, name, decide)); attempt += 1) {
          if (attempt === ATTEMPTS_MAX) {
            throw new Error(`stream ${name} is being changed by somebody else`);
          }
        }
      });
    } catch (error) {
      if (error instanceof ServiceError) {
        throw error;
      }
      this.#dependencies.log.warn({ err: error, stream: name }, 'a change of a stream failed');
      throw new ServiceError('InternalFailure', null);
    }
  }

  /** False when the stream was changed by somebody else and has to be looked at again. */
  async #attempt(
    account: string,
    name: string,
    decide: (current: StreamRecord | null) => ChangePlan | null,
  ): Promise<boolean> {
    const { table, backend } = this.#dependencies;
    const current = table.get(account, name) ?? null;
    const plan = decide(current?.record ?? null);
    if (plan === null) {
      return true;
    }
    const seal = plan.seal ?? [];
    const abandon = (): void => {
      if (seal.length > 0) {
        backend.unseal(seal);
      }
      plan.finished?.();
    };
    try {
      const lastArrivalMs = seal.length > 0 ? await backend.seal(seal) : 0;
      const next = await plan.next(lastArrivalMs);
      await this.#commit(account, name, current, { ...plan, next }, abandon);
      return true;
    } catch (error) {
      if (error instanceof UnknownOutcomeError) {
        throw error;
      }
      abandon();
      if (error instanceof CasError) {
        await this.#reload(account, name);
        return false;
      }
      throw error;
    }
  }

  async #commit(
    account: string,
    name: string,
    current: StoredStream | null,
    plan: Omit<ChangePlan, 'next'> & { readonly next: StreamRecord | null },
    abandon: () => void,
  ): Promise<void> {
    const { next } = plan;
    const unchanged = next !== null && next === current?.record;
    checkPublishable(next);
    const nothing = { ops: [], parts: 0 };
    const own = unchanged ? nothing : streamOps(account, name, current, next);
    const ops = [...own.ops, ...(plan.alsoCommit ?? [])];
    const apply = (rev: number): void => {
      plan.committed?.(rev);
      if (next === null) {
        this.#forget(account, name, rev);
      } else if (!unchanged) {
        this.#adopt({ record: next, rev, parts: own.parts });
      }
      plan.finished?.();
    };
    try {
      apply(await settledCommit(this.#dependencies.meta, ops));
    } catch (error) {
      if (error instanceof UnknownOutcomeError) {
        const key = streamKey(account, name);
        this.#unsettled.set(key, { account, name, ops, apply, abandon });
        this.#steps.start(key, this.#options.retryMs, async () =>
          this.#mutex.run(key, async () => this.#settleOutcome(key)),
        );
      }
      throw error;
    }
  }

  /** Nothing is done to a stream before it is known what the last commit did to it. */
  async #settleOutcome(key: string): Promise<void> {
    const unsettled = this.#unsettled.get(key);
    if (unsettled === undefined) {
      return;
    }
    const rev = await committedRevision(this.#dependencies.meta, unsettled.ops[0]!, null);
    this.#unsettled.delete(key);
    if (rev === null) {
      unsettled.abandon();
    } else {
      unsettled.apply(rev);
    }
    // The question after the outcome took the place of the step that ends a transition.
    const stored = this.#dependencies.table.get(unsettled.account, unsettled.name);
    this.#scheduleSettling(stored?.record ?? null);
  }

  async #reload(account: string, name: string): Promise<void> {
    const stored = await readStream(this.#dependencies.meta, account, name);
    const known = this.#dependencies.table.get(account, name);
    if (stored !== null) {
      if (stored.rev !== known?.rev) {
        this.#adopt(stored);
      }
    } else {
      this.#forget(account, name, (known?.rev ?? 0) + 1);
    }
  }

  #adopt(stored: StoredStream): void {
    const { table, shardMap, directory } = this.#dependencies;
    const { document } = stored.record;
    const { account, name, uid } = document;
    const old = table.get(account, name);
    table.set(stored);
    // Before the map is told, which may let followers know at once.
    directory.announce({ kind: 'stream', account, name, uid, rev: stored.rev, document });
    if (old !== undefined && old.record.document.uid !== uid) {
      shardMap.remove(old.record.document.uid, stored.rev);
    }
    if (document.status === 'ACTIVE' || document.status === 'UPDATING') {
      shardMap.publish(document, stored.rev);
    } else {
      shardMap.remove(uid, stored.rev);
    }
    this.#scheduleSettling(stored.record);
  }

  #forget(account: string, name: string, rev: number): void {
    const { table, shardMap, directory } = this.#dependencies;
    const old = table.get(account, name);
    table.delete(account, name);
    this.#steps.cancel(streamKey(account, name));
    if (old !== undefined) {
      const { uid } = old.record.document;
      directory.announce({ kind: 'stream', account, name, uid, rev, document: null });
      shardMap.remove(uid, rev);
    }
  }

  #scheduleSettling(record: StreamRecord | null): void {
    if (record === null) {
      return;
    }
    const { account, name, uid, settlesAtMs } = record.document;
    const key = streamKey(account, name);
    this.#steps.cancel(key);
    if (settlesAtMs === null) {
      return;
    }
    // The wall clock may have been set since; a transition never lasts longer than it is meant to.
    const remaining = settlesAtMs - this.#dependencies.clock.now();
    const delayMs = Math.min(Math.max(remaining, 0), this.#options.transitionMs);
    this.#steps.start(key, delayMs, async () =>
      this.change(account, name, (current) =>
        current === null || current.document.uid !== uid ? null : settling(current),
      ),
    );
  }
}

/** From a transition to what it leads to; null when the stream is settled already. */
function settling(current: StreamRecord): ChangePlan | null {
  const { document, initialShards } = current;
  if (document.settlesAtMs === null) {
    return null;
  }
  const next: StreamRecord | null =
    document.status === 'DELETING'
      ? null
      : {
          ...current,
          document: {
            ...document,
            status: 'ACTIVE',
            settlesAtMs: null,
            shards: initialShards ?? document.shards,
          },
          initialShards: null,
        };
  return { next: () => next };
}

/** The map refuses what is not sound; it has to be known before the commit. */
function checkPublishable(next: StreamRecord | null): void {
  const status = next?.document.status;
  if (next !== null && (status === 'ACTIVE' || status === 'UPDATING')) {
    const problem = documentProblem(next.document);
    assert(problem === null, 'control plane: a change would publish a broken stream');
  }
}
