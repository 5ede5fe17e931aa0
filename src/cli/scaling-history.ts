/** Why a stream has the shards it has, as the admin port tells it. */
import { TransportError } from '../client/http-transport.ts';
import { parseArn } from '../model/arn.ts';
import { askAdmin } from './admin-port.ts';
import type { CliContext } from './context.ts';
import { instant, table } from './format.ts';

export interface ScalingEvent {
  readonly atMs: number;
  readonly reason: string;
  readonly shardsBefore: number;
  readonly shardsAfter: number;
  readonly detail: string;
}

/** Oldest first; null where the server does not tell. */
export async function scalingHistory(
  context: CliContext,
  admin: URL,
  streamArn: string,
): Promise<readonly ScalingEvent[] | null> {
  const stream = parseArn(streamArn);
  if (stream?.kind !== 'stream') return null;
  const path = `/streams/${stream.account}/${stream.name}/scaling`;
  const answer = await askAdmin(context, admin, path);
  if (answer instanceof TransportError || answer.status !== 200) return null;
  try {
    const events: unknown = JSON.parse(answer.body);
    return Array.isArray(events) ? (events as readonly ScalingEvent[]) : null;
  } catch {
    return null;
  }
}

/** A table under the description; nothing when nothing has happened. */
export function scalingText(events: readonly ScalingEvent[]): string {
  if (events.length === 0) return '';
  const columns = ['WHEN', 'SHARDS', 'WHY', ''].map((title) => ({ title }));
  const rows = events.map((event) => [
    instant(event.atMs / 1000),
    `${event.shardsBefore} → ${event.shardsAfter}`,
    event.reason,
    event.detail,
  ]);
  return `\n${table(columns, rows)}`;
}
