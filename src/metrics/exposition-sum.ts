/**
 * Adds up metrics of several registries in Prometheus' text format, series by series: how threads
 * that count for themselves are shown as one server.
 *
 * Every kind of metric in use here adds up: counts, histograms, and gauges of what is open.
 */
interface Family {
  /** `# HELP` and `# TYPE` lines. */
  readonly head: string[];
  type: string;
  readonly series: Map<string, number>;
}

/** One text in which each series has the sum of its values. */
export function sumExpositions(texts: readonly string[]): string {
  const families = new Map<string, Family>();
  for (const text of texts) read(text, families);
  return print(families.values());
}

/** What must not be forgotten when its registry is: counters and histograms, without gauges. */
export function lastingPart(text: string): string {
  const families = new Map<string, Family>();
  read(text, families);
  return print([...families.values()].filter(({ type }) => type !== 'gauge'));
}

function read(text: string, families: Map<string, Family>): void {
  let family: Family | null = null;
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) {
      const [, keyword, name = '', type = ''] = line.split(' ', 4);
      const known = families.get(name);
      family = known ?? { head: [], type: '', series: new Map() };
      families.set(name, family);
      if (known === undefined || family.head.length < 2) family.head.push(line);
      if (keyword === 'TYPE') family.type = type;
    } else if (line !== '' && family !== null) {
      const space = line.lastIndexOf(' ');
      const series = line.slice(0, space);
      const value = Number(line.slice(space + 1));
      family.series.set(series, (family.series.get(series) ?? 0) + value);
    }
  }
}

function print(families: Iterable<Family>): string {
  let text = '';
  for (const { head, series } of families) {
    if (text !== '') text += '\n';
    for (const line of head) text += `${line}\n`;
    for (const [name, value] of series) text += `${name} ${value}\n`;
  }
  return text;
}
