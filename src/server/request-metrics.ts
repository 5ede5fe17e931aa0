/**
 * Requests as metrics: how many by operation and outcome, how long they took, how many are open.
 */
import type { RequestObserver } from '../frontend/pipeline.ts';
import { durationBuckets } from '../metrics/registry.ts';
import type { CounterMetric, HistogramMetric, MetricsRegistry } from '../metrics/registry.ts';

export class RequestMetrics implements RequestObserver {
  readonly #requests: (...values: string[]) => CounterMetric;
  readonly #seconds: (...values: string[]) => HistogramMetric;
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
    this.#requests(operation ?? 'none', code ?? 'OK').add(1);
    this.#seconds(operation ?? 'none').observe(durationMs / 1000);
  }
}
