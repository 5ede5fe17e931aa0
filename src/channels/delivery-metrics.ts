/** What channels delivered and what kept them from it, as metrics; one series for each channel. */
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { ChannelDocument } from '../model/channel.ts';

/** Counters of one channel. */
export interface ChannelCounts {
  delivered(records: number): void;
  /** Not of the channel's format: in the dead-letter bucket. */
  refused(records: number): void;
  /** Taken by retention before they were delivered. */
  expired(records: number): void;
  /** Tries that failed. */
  failures(tries: number): void;
}

const LABELS = ['stream', 'channel', 'channel_id'] as const;

export class DeliveryMetrics {
  readonly #of: (name: string) => (...values: string[]) => { add(by: number): void };

  constructor({ registry }: { readonly registry: MetricsRegistry }) {
    const family = (name: string, help: string): ReturnType<MetricsRegistry['counters']> =>
      registry.counters({ name: `tailrace_channel_${name}_total`, help }, LABELS);
    const families = {
      delivered: family('records_delivered', 'Records that channels put into their bucket.'),
      refused: family('records_refused', 'Records that went to the dead-letter bucket.'),
      expired: family('records_expired', 'Records that retention took before delivery.'),
      failures: family('delivery_failures', 'Tries to deliver that failed.'),
    };
    this.#of = (name) => families[name as keyof typeof families];
  }

  counts({ streamName, name, id }: ChannelDocument): ChannelCounts {
    const of = (metric: string): ((by: number) => void) => {
      const counter = this.#of(metric)(streamName, name, id);
      return (by) => counter.add(by);
    };
    return {
      delivered: of('delivered'),
      refused: of('refused'),
      expired: of('expired'),
      failures: of('failures'),
    };
  }
}
