/**
 * The back ends of one process: sends each shard's calls to the owner of its volume.
 *
 * Invariant: a shard whose volume is not here is answered as `moved`, `gone` or null, never
 * guessed.
 */
import type {
  AppendOutcomes,
  Backend,
  Follower,
  FollowOutcome,
  FollowRequest,
  PositionQuery,
  ReadOutcome,
  ReadRequest,
  ShardAppends,
} from '../model/data-plane.ts';
import { movedOutcomes, mergeOutcomes, partOf } from './append-parts.ts';
import type { ShardKey } from '../model/stream.ts';
import type { ShardMapView } from '../shardmap/shard-map.ts';

export interface BackendSetDependencies {
  readonly map: ShardMapView;
  /** Owner of each volume held here. */
  readonly volumes: ReadonlyMap<number, Backend>;
}

export class BackendSet implements Backend {
  readonly #map: ShardMapView;
  readonly #volumes: ReadonlyMap<number, Backend>;

  constructor(dependencies: BackendSetDependencies) {
    this.#map = dependencies.map;
    this.#volumes = dependencies.volumes;
  }

  append(appends: ShardAppends): Promise<AppendOutcomes> {
    if (this.#volumes.size === 1) {
      // The owner of the only volume refuses itself what is not in it.
      for (const backend of this.#volumes.values()) return backend.append(appends);
    }
    const backend = this.#owner(appends.shards[0]!);
    if (backend !== undefined && appends.shards.every((shard) => this.#owner(shard) === backend)) {
      return backend.append(appends);
    }
    return this.#appendToMany(appends);
  }

  async #appendToMany(appends: ShardAppends): Promise<AppendOutcomes> {
    const outcomes = movedOutcomes(appends);
    /** Which of the call's shards each back end has. */
    const parts = new Map<Backend, number[]>();
    appends.shards.forEach((shard, i) => {
      const backend = this.#owner(shard);
      if (backend === undefined) return;
      const known = parts.get(backend);
      if (known === undefined) parts.set(backend, [i]);
      else known.push(i);
    });
    await Promise.all(
      [...parts].map(async ([backend, part]) => {
        const some = partOf(appends, part);
        mergeOutcomes(outcomes, await backend.append(some), appends, some, part);
      }),
    );
    return outcomes;
  }

  read(request: ReadRequest): ReadOutcome | Promise<ReadOutcome> {
    return this.#owner(request.shard)?.read(request) ?? { kind: 'gone' };
  }

  async position(shard: ShardKey, query: PositionQuery): Promise<number | null> {
    return (await this.#owner(shard)?.position(shard, query)) ?? null;
  }

  follow(request: FollowRequest, follower: Follower): FollowOutcome {
    return this.#owner(request.shard)?.follow(request, follower) ?? { kind: 'gone' };
  }

  async seal(shards: readonly ShardKey[]): Promise<number> {
    const sealing = [...this.#byOwner(shards)].map(([backend, keys]) => backend.seal(keys));
    return Math.max(0, ...(await Promise.all(sealing)));
  }

  unseal(shards: readonly ShardKey[]): void {
    for (const [backend, keys] of this.#byOwner(shards)) backend.unseal(keys);
  }

  #owner(shard: ShardKey): Backend | undefined {
    const entry = this.#map.shard(shard);
    return entry === undefined ? undefined : this.#volumes.get(entry.document.volume);
  }

  #byOwner(shards: readonly ShardKey[]): Map<Backend, ShardKey[]> {
    const keys = new Map<Backend, ShardKey[]>();
    for (const shard of shards) {
      const backend = this.#owner(shard);
      if (backend === undefined) continue;
      const known = keys.get(backend);
      if (known === undefined) keys.set(backend, [shard]);
      else known.push(shard);
    }
    return keys;
  }
}
