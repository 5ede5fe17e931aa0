/** Where to start reading, as people write it. */
import type { StartPosition } from '../client/shard-reader.ts';
import { parseDuration } from './parse-duration.ts';

/**
 * `trim-horizon`, `latest`, a time such as `2026-01-02T03:04:05Z` or `1767225600` (epoch seconds),
 * or a time before now such as `90s`, `15m`, `2h`, `3d`. Null for anything else.
 */
export function parseStartPosition(text: string, nowMs: number): StartPosition | null {
  const word = text.toLowerCase().replace('_', '-');
  if (word === 'trim-horizon') return { kind: 'trim-horizon' };
  if (word === 'latest') return { kind: 'latest' };
  const agoMs = parseDuration(word);
  if (agoMs !== null) return { kind: 'timestamp', epochMs: nowMs - agoMs };
  const epochMs = /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : isoMs(text);
  return Number.isSafeInteger(epochMs) ? { kind: 'timestamp', epochMs } : null;
}

/** A time without a zone is UTC, a date its first moment. */
function isoMs(text: string): number {
  const match =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  if (match === null) return Number.NaN;
  const [, date, time = '00:00', zone = 'Z'] = match;
  return Date.parse(`${date!}T${time}${zone}`);
}
