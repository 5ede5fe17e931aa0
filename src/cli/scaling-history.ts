/**
 * Why a stream has the shards it has, as the admin port tells it. Only that of the same server is
 * asked: one that was named, or the default one for a server on this machine.
 */
import { TransportError } from '../client/http-transport.ts';
import { parseArn } from '../model/arn.ts';
import type { AdminFlags } from './admin-port.ts';
import { adminUrl, askAdmin } from './admin-port.ts';
import { firstOf } from './client-options.ts';
import type { CliContext } from './context.ts';
import { instant, table } from './format.ts';

export interface ScalingEvent {
  readonly atMs: number;
  readonly reason: string;
  readonly shardsBefore: number;
  readonly shardsAfter: number;
  readonly detail: string;
}

/** Null where no admin port is known to belong to the endpoint. */
export function adminFor(context: CliContext, flags: AdminFlags, endpoint: URL): URL | null {
  const isNamed = flags.admin !== undefined || firstOf(context.env['TAILRACE_ADMIN']) !== null;
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(endpoint.hostname);
  return isNamed || isHere ? adminUrl(context, flags) : null;
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
