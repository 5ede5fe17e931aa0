/**
 * The server's log: structured lines on standard error, readable on a terminal, JSON elsewhere.
 *
 * A server logs little (no line per request), so this is all it needs; lines are written at once,
 * so the last ones are there when a process dies.
 */

/** Fields first, then one sentence. An error goes under `err`. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface LogOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly format: 'auto' | 'pretty' | 'json';
}

/** Where lines go. */
export interface LogSink {
  readonly isTerminal: boolean;
  readonly colors: boolean;
  write(line: string): void;
}

/** In rising order; a line is written when its level is not below the configured one. */
const levels: readonly LogOptions['level'][] = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
  'silent',
];

const colors: Readonly<Record<string, number>> = { debug: 90, info: 32, warn: 33, error: 31 };

/** Standard error of this process. */
export const standardError: LogSink = {
  get isTerminal() {
    return process.stderr.isTTY;
  },
  get colors() {
    return process.stderr.isTTY && process.env['NO_COLOR'] === undefined;
  },
  write(line) {
    process.stderr.write(line);
  },
};

export interface LogDependencies {
  /** Wall time, epoch milliseconds. */
  readonly now: () => number;
  readonly sink: LogSink;
}

export function openLog({ now, sink }: LogDependencies, { level, format }: LogOptions): Log {
  const least = levels.indexOf(level);
  const pretty = format === 'pretty' || (format === 'auto' && sink.isTerminal);
  const writer =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, text: string): void => {
      if (levels.indexOf(name) < least) return;
      const time = new Date(now()).toISOString();
      const shown = Object.entries(fields).map(([key, value]) => [key, plain(value)] as const);
      sink.write(
        pretty
          ? prettyLine(time, name, text, shown, sink.colors)
          : `${JSON.stringify({ level: name, time, ...Object.fromEntries(shown), msg: text })}\n`,
      );
    };
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  };
}

/** Errors as values, with what caused them; numbers JSON has no form for as texts. */
function plain(value: unknown): unknown {
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    return { type: name, message, stack, ...(cause === undefined ? {} : { cause: plain(cause) }) };
  }
  return typeof value === 'bigint' ? String(value) : value;
}

function prettyLine(
  time: string,
  level: string,
  text: string,
  fields: readonly (readonly [string, unknown])[],
  color: boolean,
): string {
  let line = `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${text}`;
  if (color) line = line.replace(/[A-Z]+/, `\u001b[${String(colors[level])}m$&\u001b[0m`);
  let stack = '';
  for (const [key, value] of fields) {
    if (key === 'err' && typeof value === 'object' && value !== null && 'stack' in value) {
      stack += `\n${String(value.stack)}`;
    } else {
      line += ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
    }
  }
  return `${line}${stack}\n`;
}
