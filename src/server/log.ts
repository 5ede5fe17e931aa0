/**
 * The server's log: structured lines on standard error, readable on a terminal, JSON elsewhere.
 */
import { pino, stdTimeFunctions, destination } from 'pino';
import type { Logger } from 'pino';

/** Fields first, then one sentence. */
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

/** Loads the pretty printer only where it is used. */
export async function openLog({ level, format }: LogOptions): Promise<Log> {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const pretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  if (!pretty) return faceOf(pino(options, destination({ fd: 2, sync: true })));
  const { PinoPretty } = await import('pino-pretty');
  const colorize = process.stderr.isTTY && process.env['NO_COLOR'] === undefined;
  const printer = PinoPretty({
    destination: 2,
    sync: true,
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return faceOf(pino(options, printer));
}

function faceOf(logger: Logger): Log {
  return {
    debug: (fields, text) => logger.debug(fields, text),
    info: (fields, text) => logger.info(fields, text),
    warn: (fields, text) => logger.warn(fields, text),
    error: (fields, text) => logger.error(fields, text),
  };
}
