/** Numbers, sizes, times and tables as people read them. */

/** `12,345` */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 record`, `2 records`; `plural` where an s is not enough. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `1.5 MiB` */
export function bytes(value: number): string {
  let unit = 0;
  let rest = value;
  while (rest >= 1024 && unit < byteUnits.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${unit === 0 ? rest : rest.toFixed(1)} ${byteUnits[unit]!}`;
}

/** `850 ms`, `3.2 s`, `4 min 5 s`, `2 h 10 min`, `3 d 4 h` */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  const [large, small, sizes] =
    seconds < 3600
      ? (['min', 's', [60, 1]] as const)
      : seconds < 86_400
        ? (['h', 'min', [3600, 60]] as const)
        : (['d', 'h', [86_400, 3600]] as const);
  const whole = Math.floor(seconds / sizes[0]);
  const part = Math.floor((seconds % sizes[0]) / sizes[1]);
  return part === 0 ? `${whole} ${large}` : `${whole} ${large} ${part} ${small}`;
}

/** Epoch seconds with a fraction as `2026-01-02 03:04:05Z`; `-` when there are none. */
export function instant(epochSeconds: number | undefined): string {
  if (epochSeconds === undefined) return '-';
  return isoInstant(epochSeconds)
    .replace('T', ' ')
    .replace(/\.\d+Z/, 'Z');
}

/** Epoch seconds with a fraction as `2026-01-02T03:04:05.678Z`. */
export function isoInstant(epochSeconds: number): string {
  return new Date(Math.round(epochSeconds * 1000)).toISOString();
}

const middle = '…';

/** The text if it fits into `width` characters, else its start and its end. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const start = Math.ceil((width - 1) / 2);
  return text.slice(0, start) + middle + text.slice(text.length - (width - 1 - start));
}

/** Characters that would steer a terminal, shown as `\x1b`; line feeds and tabs stay. */
export function harmless(text: string): string {
  return text.replaceAll(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Lines of a table, each ending with a line feed, columns two blanks apart. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => (row[i] ?? '').length)));
  const lines = cells.map((row) =>
    columns
      .map(({ align }, i) => {
        const cell = row[i] ?? '';
        return align === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
      })
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line) => `${line}\n`).join('');
}

/** Lines `name  value`, names in one column. */
export function facts(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd() + '\n').join('');
}

/** The value as indented JSON and a line feed. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
