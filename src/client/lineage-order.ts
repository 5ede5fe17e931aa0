/**
 * In which order the shards of a stream are to be read: a shard only when everything it descends
 * from, of what is being read, has been read to its end.
 */
type State = 'reading' | 'waiting' | 'ended';

export class LineageOrder {
  readonly #parents: Map<string, readonly string[]> = new Map();
  readonly #states: Map<string, State> = new Map();

  /** Notes what a shard descends from, without wanting to read it. */
  learn(shardId: string, parents: readonly string[]): void {
    this.#parents.set(shardId, parents);
  }

  knows(shardId: string): boolean {
    return this.#parents.has(shardId);
  }

  /** A shard that is read at once, whatever it descends from. */
  start(shardId: string): void {
    this.#states.set(shardId, 'reading');
  }

  /** A shard that is to be read in its turn; one that was offered before stays as it is. */
  offer(shardId: string): void {
    if (!this.#states.has(shardId)) this.#states.set(shardId, 'waiting');
  }

  end(shardId: string): void {
    this.#states.set(shardId, 'ended');
  }

  /** Shards whose turn has come; they count as being read from now on. */
  takeReady(): string[] {
    const ready: string[] = [];
    for (const [shardId, state] of this.#states) {
      if (state === 'waiting' && !this.#isBlocked(shardId)) ready.push(shardId);
    }
    for (const shardId of ready) this.start(shardId);
    return ready;
  }

  /** Whether an ancestor has still to be read. What lies behind an ended one has been. */
  #isBlocked(shardId: string): boolean {
    const seen = new Set<string>();
    const open = [...(this.#parents.get(shardId) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const state = this.#states.get(next);
      if (state === 'reading' || state === 'waiting') return true;
      if (state === undefined) open.push(...(this.#parents.get(next) ?? []));
    }
    return false;
  }
}
