/**
 * The back ends of one process: sends each shard's calls to the owner of its volume.
 *
 * Invariant: a shard whose volume is not here is answered as `moved`, `gone` or null, never
 * guessed.
 */
import type {
  Backend,
  Follower,
  FollowOutcome,
  FollowRequest,
  PositionQuery,
  ReadOutcome,
  ReadRequest,
  ShardAppend,
  ShardAppendOutcome,
} from '../model/data-plane.ts';
import type { ShardKey } from '../model/stream.ts';
import type { ShardMapView } from '../shardmap/shard-map.ts';

export interface BackendSetDependencies {
  readonly map: ShardMapView;
  /** Owner of each volume held here. */
  readonly volumes: ReadonlyMap<number, Backend>;
}

interface VolumePart {
  readonly backend: Backend;
  readonly appends: ShardAppend[];
  /** Where in the call each append stands. */
  readonly places: number[];
}

export class BackendSet implements Backend {
  readonly #map: ShardMapView;
  readonly #volumes: ReadonlyMap<number, Backend>;

  constructor(dependencies: BackendSetDependencies) {
    this.#map = dependencies.map;
    this.#volumes = dependencies.volumes;
  }

  append(appends: readonly ShardAppend[]): Promise<readonly ShardAppendOutcome[]> {
    const first = appends.length === 0 ? undefined : this.#owner(appends[0]!.shard);
    if (first !== undefined && appends.every((append) => this.#owner(append.shard) === first)) {
      return first.append(appends);
    }
    return this.#appendToMany(appends);
  }

  async #appendToMany(appends: readonly ShardAppend[]): Promise<readonly ShardAppendOutcome[]> {
    const outcomes = new Array<ShardAppendOutcome>(appends.length).fill({ kind: 'moved' });
    const parts = new Map<Backend, VolumePart>();
    appends.forEach((append, place) => {
      const backend = this.#owner(append.shard);
      if (backend === undefined) return;
      let part = parts.get(backend);
      if (part === undefined) {
        part = { backend, appends: [], places: [] };
        parts.set(backend, part);
      }
      part.appends.push(append);
      part.places.push(place);
    });
    await Promise.all(
      [...parts.values()].map(async ({ backend, appends, places }) => {
        const answers = await backend.append(appends);
        answers.forEach((answer, i) => (outcomes[places[i]!] = answer));
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
