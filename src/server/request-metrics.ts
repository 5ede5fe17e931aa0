/**
 * Requests as metrics: how many by operation and outcome, how long they took, how many are open.
 */
import type { RequestObserver } from '../frontend/pipeline.ts';
import { durationBuckets } from '../metrics/registry.ts';
import type { CounterMetric, HistogramMetric, MetricsRegistry } from '../metrics/registry.ts';

interface Good {
  readonly count: CounterMetric;
  readonly seconds: HistogramMetric;
}

export class RequestMetrics implements RequestObserver {
  readonly #requests: (...values: string[]) => CounterMetric;
  readonly #seconds: (...values: string[]) => HistogramMetric;
  /** By operation, for those that were answered as they should. */
  readonly #good = new Map<string, Good>();
  #open = 0;

  constructor(registry: MetricsRegistry) {
    this.#requests = registry.counters(
      { name: 'tailrace_requests_total', help: 'Requests by operation and outcome.' },
      ['operation', 'code'],
    );
    this.#seconds = registry.histograms(
      { name: 'tailrace_request_duration_seconds', help: 'Time from request to answer.' },
      ['operation'],
      durationBuckets,
    );
    registry.measured(
      { name: 'tailrace_requests_open', help: 'Requests not answered yet.' },
      () => this.#open,
    );
  }

  started(): void {
    this.#open++;
  }

  finished(operation: string | null, code: string | null, durationMs: number): void {
    this.#open--;
    const name = operation ?? 'none';
    if (code !== null) {
      this.#requests(name, code).add(1);
      this.#seconds(name).observe(durationMs / 1000);
      return;
    }
    let good = this.#good.get(name);
    if (good === undefined) {
      good = { count: this.#requests(name, 'OK'), seconds: this.#seconds(name) };
      this.#good.set(name, good);
    }
    good.count.add(1);
    good.seconds.observe(durationMs / 1000);
  }
}
