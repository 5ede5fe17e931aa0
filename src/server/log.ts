/**
 * The server's log: structured lines on standard error, readable on a terminal, JSON elsewhere.
 *
 * Lines are written at once, so the last ones are there when a process dies; a server logs little
 * (no line per request), so that costs nothing.
 */
import { Writable } from 'node:stream';
import { destination, pino, stdSerializers } from 'pino';
import type { DestinationStream, Logger } from 'pino';

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

/** Standard error of this process. */
export function standardError(): LogSink {
  const stream = destination({ fd: 2, sync: true });
  return {
    isTerminal: process.stderr.isTTY,
    colors: process.stderr.isTTY && process.env['NO_COLOR'] === undefined,
    write: (line) => stream.write(line),
  };
}

export interface LogDependencies {
  /** Wall time, epoch milliseconds. */
  readonly now: () => number;
  readonly sink: LogSink;
}

/** Loads the printer for people only where it is used. */
export async function openLog(
  { now, sink }: LogDependencies,
  { level, format }: LogOptions,
): Promise<Log> {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: stdSerializers.errWithCause },
  };
  const pretty = format === 'pretty' || (format === 'auto' && sink.isTerminal);
  return faceOf(pino(options, pretty ? await printer(sink) : sink));
}

async function printer(sink: LogSink): Promise<DestinationStream> {
  // In the bundle, CommonJS that is loaded late has a default export only.
  const { default: pretty } = await import('pino-pretty');
  const lines = new Writable({
    write(chunk: Buffer, _encoding, done) {
      sink.write(chunk.toString());
      done();
    },
  });
  return pretty.PinoPretty({
    destination: lines,
    sync: true,
    colorize: sink.colors,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
}

function faceOf(logger: Logger): Log {
  return {
    debug: (fields, text) => logger.debug(fields, text),
    info: (fields, text) => logger.info(fields, text),
    warn: (fields, text) => logger.warn(fields, text),
    error: (fields, text) => logger.error(fields, text),
  };
}
