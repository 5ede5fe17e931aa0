/**
 * The highest write rate of each stream within the last hour, from one sample a minute or so.
 *
 * Kept in memory only: after a restart the past hour counts as quiet.
 */
const HOUR_MS = 3_600_000;
/** More samples than an hour holds at the shortest period used are not kept. */
const SAMPLES_MAX = 720;

interface Sample {
  readonly atMs: number;
  readonly bytesPerSecond: number;
}

export class WritePeaks {
  readonly #samples = new Map<number, Sample[]>();

  add(streamUid: number, atMs: number, bytesPerSecond: number): void {
    const samples = this.#samples.get(streamUid) ?? [];
    this.#samples.set(streamUid, samples);
    samples.push({ atMs, bytesPerSecond });
    while (samples.length > SAMPLES_MAX || samples[0]!.atMs <= atMs - HOUR_MS) {
      samples.shift();
    }
  }

  /** Bytes per second; 0 where nothing was seen. */
  lastHour(streamUid: number, nowMs: number): number {
    const recent = (this.#samples.get(streamUid) ?? []).filter(
      ({ atMs }) => atMs > nowMs - HOUR_MS,
    );
    return recent.reduce((peak, { bytesPerSecond }) => Math.max(peak, bytesPerSecond), 0);
  }

  /** Forgets all streams but these. */
  retain(streamUids: ReadonlySet<number>): void {
    for (const uid of this.#samples.keys()) {
      if (!streamUids.has(uid)) {
        this.#samples.delete(uid);
      }
    }
  }
}
