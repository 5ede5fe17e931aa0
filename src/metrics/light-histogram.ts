/**
 * A histogram whose observations are two additions and a short search: what is on the path of every
 * request. The text is made when somebody asks for it, by the registry that it is given to.
 */
/** One line of the text. */
interface Line {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** One combination of label values. */
export class Series {
  readonly #bounds: readonly number[];
  readonly #labels: Readonly<Record<string, string>>;
  /** Observations up to each bound and above the one before; at the end those above all. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[], labels: Readonly<Record<string, string>>) {
    this.#bounds = bounds;
    this.#labels = labels;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let place = 0;
    while (place < bounds.length && value > bounds[place]!) place++;
    this.#counts[place]! += 1;
    this.#sum += value;
  }

  lines(name: string): Line[] {
    const lines: Line[] = [];
    let count = 0;
    for (const [place, added] of this.#counts.entries()) {
      count += added;
      const labels = { le: this.#bounds[place] ?? '+Inf', ...this.#labels };
      lines.push({ metricName: `${name}_bucket`, labels, value: count });
    }
    lines.push({ metricName: `${name}_sum`, labels: this.#labels, value: this.#sum });
    lines.push({ metricName: `${name}_count`, labels: this.#labels, value: count });
    return lines;
  }
}

/** What prom-client's registry takes for a metric. */
export class LightHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #labelNames: readonly string[];
  readonly #bounds: readonly number[];
  readonly #series: Series[] = [];

  /** `bounds` ascend; each is the largest value of its bucket. */
  constructor(
    text: { readonly name: string; readonly help: string },
    labelNames: readonly string[],
    bounds: readonly number[],
  ) {
    this.name = text.name;
    this.help = text.help;
    this.#labelNames = labelNames;
    this.#bounds = bounds;
  }

  /** The series of these label values, in the order of the label names; to be kept. */
  series(values: readonly string[]): Series {
    const labels = Object.fromEntries(this.#labelNames.map((name, i) => [name, values[i] ?? '']));
    const series = new Series(this.#bounds, labels);
    this.#series.push(series);
    return series;
  }

  get(): Promise<object> {
    const values = this.#series.flatMap((series) => series.lines(this.name));
    const { name, help, type, aggregator } = this;
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  reset(): void {
    this.#series.length = 0;
  }
}
