/**
 * A control plane for tests: simulated time, a memory store that fails on demand and survives
 * crashes, and a back end that only notes what it was asked to seal.
 */
import assert from 'node:assert/strict';
import type { CreateStreamCommand } from '../api/ports.ts';
import type { StreamRef } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import type { ShardKey, StreamDocument } from '../model/stream.ts';
import type { SimClock } from '../runtime/sim/clock.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { ShardMap } from '../shardmap/local-shard-map.ts';
import { MemoryMetaImage, MemoryMetaStore } from '../storage/memory/memory-meta-store.ts';
import type { MetaOp, MetaStore, Versioned } from '../storage/meta-store.ts';
import type { ControlPlaneOptions } from './control-plane-service.ts';
import { ControlPlaneService } from './control-plane-service.ts';

export const ACCOUNT = '123456789012';

export function ref(name: string): StreamRef {
  return { account: ACCOUNT, name };
}

/** For `assert.rejects`: a ServiceError with this code and text. */
export function failsWith(code: string, text: string | RegExp | null): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ServiceError, String(error));
    assert.equal(error.code, code);
    if (text instanceof RegExp) {
      assert.match(error.text ?? '', text);
    } else {
      assert.equal(error.text, text);
    }
    return true;
  };
}

/**
 * `refuse`: nothing is stored. `forget`: it is stored, the answer is an error. `silence`: it is
 * stored, and the store answers nothing more until it is healed. `lose`: the same, not stored.
 */
export type Fault = 'none' | 'refuse' | 'forget' | 'silence' | 'lose';

export class FaultyMetaStore implements MetaStore {
  readonly #inner: MetaStore;
  /** What happens to the commits to come, in order. */
  readonly faults: Fault[] = [];
  silent = false;

  constructor(inner: MetaStore) {
    this.#inner = inner;
  }

  async get(key: string): Promise<Versioned | null> {
    this.#speak();
    return this.#inner.get(key);
  }

  async list(prefix: string): Promise<readonly (readonly [string, Versioned])[]> {
    this.#speak();
    return this.#inner.list(prefix);
  }

  async commit(ops: readonly MetaOp[]): Promise<number> {
    this.#speak();
    const fault = this.faults.shift() ?? 'none';
    this.silent = fault === 'silence' || fault === 'lose';
    const rev = fault === 'refuse' || fault === 'lose' ? 0 : await this.#inner.commit(ops);
    if (fault !== 'none') {
      throw new Error(`injected: ${fault}`);
    }
    return rev;
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  #speak(): void {
    if (this.silent) {
      throw new Error('injected: no answer');
    }
  }
}

/** Shards that are sealed now. */
export class SealNotes {
  readonly sealed: Set<ShardKey> = new Set<ShardKey>();
  lastArrivalMs = 0;

  async seal(shards: readonly ShardKey[]): Promise<number> {
    shards.forEach((shard) => this.sealed.add(shard));
    return this.lastArrivalMs;
  }

  unseal(shards: readonly ShardKey[]): void {
    shards.forEach((shard) => this.sealed.delete(shard));
  }
}

/** Data keys that are only numbers; the key `gone` cannot be used. */
export class CountedKeys {
  made = 0;

  async create(keyId: string): Promise<number> {
    if (keyId === 'gone') {
      throw new ServiceError('KMSNotFoundException', 'no such key');
    }
    this.made += 1;
    return this.made;
  }
}

export class ControlHarness {
  readonly simulation: Simulation = new Simulation(1);
  readonly image: MemoryMetaImage = new MemoryMetaImage();
  readonly options: Partial<ControlPlaneOptions>;
  readonly warnings: string[] = [];
  readonly keys: CountedKeys = new CountedKeys();
  /** What new channels are told about their bucket. */
  destinationProblem: string | null = null;
  clock!: SimClock;
  store!: FaultyMetaStore;
  shardMap!: ShardMap;
  backend!: SealNotes;
  control!: ControlPlaneService;

  private constructor(options: Partial<ControlPlaneOptions>) {
    this.options = options;
  }

  static async start(options: Partial<ControlPlaneOptions> = {}): Promise<ControlHarness> {
    const harness = new ControlHarness(options);
    await harness.open();
    return harness;
  }

  async open(): Promise<void> {
    this.clock = this.simulation.clock();
    this.store = new FaultyMetaStore(MemoryMetaStore.open(this.image));
    this.shardMap = new ShardMap();
    this.backend = new SealNotes();
    const { store: meta, clock, shardMap, backend, keys } = this;
    const random = this.simulation.random.fork('control');
    const destinations = { problem: async () => this.destinationProblem };
    const log = { warn: (_fields: object, text: string) => this.warnings.push(text) };
    this.control = await ControlPlaneService.open(
      { meta, clock, shardMap, backend, keys, random, destinations, log },
      { region: 'us-east-1', ...this.options },
    );
  }

  /** The process dies as it stands; its timers and its store go with it. */
  async crash(): Promise<void> {
    this.clock.halt();
    this.image.crash();
    await this.open();
  }

  /** Ends orderly and starts again. */
  async restart(): Promise<void> {
    await this.control.close();
    await this.store.close();
    await this.open();
  }

  /** Lets all transitions end. */
  async settle(): Promise<void> {
    await this.simulation.scheduler.runUntilIdle();
  }

  stream(name: string): StreamDocument {
    const found = this.control.stream(ACCOUNT, name);
    if (found === null) {
      throw new Error(`there is no stream ${name}`);
    }
    return found;
  }

  /** Creates a stream and waits until it is ACTIVE. */
  async created(
    name: string,
    shardCount = 1,
    more: Partial<CreateStreamCommand> = {},
  ): Promise<void> {
    await this.control.createStream(createCommand(name, shardCount, more));
    await this.settle();
  }
}

export function createCommand(
  name: string,
  shardCount = 1,
  more: Partial<CreateStreamCommand> = {},
): CreateStreamCommand {
  return {
    account: ACCOUNT,
    name,
    mode: 'PROVISIONED',
    shardCount,
    tags: {},
    warmThroughputMiBps: null,
    maxRecordSizeKiB: 1024,
    distribution: 'USER_PARTITION_KEY',
    ...more,
  };
}
