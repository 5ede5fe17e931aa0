/**
 * The registry of one server's metrics and their Prometheus text: a thin face over prom-client.
 *
 * Nothing is global: two servers in one process have a registry each. A label with few and known
 * values only (operation, code); children are made once and kept by the caller, so that counting on
 * a hot path is an addition.
 */
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Registry from 'prom-client/lib/registry.js';
import { LightHistogram } from './light-histogram.ts';

export interface CounterMetric {
  /** Adds `by`, at least 0. */
  add(by: number): void;
}

export interface GaugeMetric {
  set(value: number): void;
}

export interface HistogramMetric {
  observe(value: number): void;
}

/** Name (`tailrace_…`, unit and `_total` as Prometheus wants them) and one sentence of help. */
export interface MetricText {
  readonly name: string;
  readonly help: string;
}

/** Upper bounds for durations in seconds, from 100 µs to 10 s. */
export const durationBuckets: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Upper bounds for counts and sizes: powers of four from 1 to about 16 million. */
export const sizeBuckets: readonly number[] = Array.from({ length: 13 }, (_, i) => 4 ** i);

export class MetricsRegistry {
  readonly #registry = new Registry();

  /** The value of the Content-Type header for `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  counter(text: MetricText): CounterMetric {
    const counter = new Counter({ ...text, registers: [this.#registry] });
    return { add: (by) => counter.inc(by) };
  }

  /** One counter for each combination of label values, in the order of `labels`. */
  counters(text: MetricText, labels: readonly string[]): (...values: string[]) => CounterMetric {
    // Counted beside and handed over when the text is made: the library's counting is slower.
    const children: { readonly values: string[]; count: number }[] = [];
    new Counter({
      ...text,
      labelNames: [...labels],
      registers: [this.#registry],
      collect(): void {
        for (const child of children) {
          this.labels(...child.values).inc(child.count);
          child.count = 0;
        }
      },
    });
    return memoised((values) => {
      const child = { values, count: 0 };
      children.push(child);
      return {
        add: (by) => {
          child.count += by;
        },
      };
    });
  }

  /** A counter kept elsewhere: read when the text is made. It must never decrease. */
  counted(text: MetricText, read: () => number): void {
    let last = 0;
    new Counter({
      ...text,
      registers: [this.#registry],
      collect(): void {
        const value = read();
        this.inc(Math.max(0, value - last));
        last = value;
      },
    });
  }

  gauge(text: MetricText): GaugeMetric {
    const gauge = new Gauge({ ...text, registers: [this.#registry] });
    return { set: (value) => gauge.set(value) };
  }

  /** A gauge whose value is read when the text is made. */
  measured(text: MetricText, read: () => number): void {
    new Gauge({
      ...text,
      registers: [this.#registry],
      collect(): void {
        this.set(read());
      },
    });
  }

  /**
   * Gauges for things that come and go: all values are read anew when the text is made, each with
   * its label values in the order of `labels`. What is not given any more is not shown any more.
   */
  measuredEach(
    text: MetricText,
    labels: readonly string[],
    read: (set: (value: number, ...labelValues: string[]) => void) => void,
  ): void {
    new Gauge({
      ...text,
      labelNames: [...labels],
      registers: [this.#registry],
      collect(): void {
        this.reset();
        read((value, ...labelValues) => this.labels(...labelValues).set(value));
      },
    });
  }

  histogram(text: MetricText, buckets: readonly number[]): HistogramMetric {
    return this.histograms(text, [], buckets)();
  }

  /** One histogram for each combination of label values, in the order of `labels`. */
  histograms(
    text: MetricText,
    labels: readonly string[],
    buckets: readonly number[],
  ): (...values: string[]) => HistogramMetric {
    const histogram = new LightHistogram(text, labels, buckets);
    this.#registry.registerMetric(histogram as never);
    return memoised((values) => histogram.series(values));
  }

  /** All metrics in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

/** Values are few and known, so the cache is as bounded as they are. */
function memoised<T>(make: (values: string[]) => T): (...values: string[]) => T {
  const made = new Map<string, T>();
  return (...values) => {
    const key = values.length === 1 ? values[0]! : values.join('\n');
    let child = made.get(key);
    if (child === undefined) {
      child = make(values);
      made.set(key, child);
    }
    return child;
  };
}
