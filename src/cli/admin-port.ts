/** Plain GETs without credentials: all that the admin port of a server needs. */
import type { Command } from 'commander';
import type { HttpResponse } from '../client/http-transport.ts';
import { TransportError } from '../client/http-transport.ts';
import { firstOf, parseEndpoint, urlFromEnvironment } from './client-options.ts';
import type { CliContext } from './context.ts';

export interface AdminFlags {
  readonly admin?: URL;
}

export const defaultAdmin = 'http://127.0.0.1:4580';
const timeoutMs = 2_000;

export function addAdminOption(command: Command): Command {
  const help = `admin port of the server (default: ${defaultAdmin}) [TAILRACE_ADMIN]`;
  return command.option('--admin <url>', help, parseEndpoint);
}

/**
 * The admin port of the server at the endpoint: one that was named, or the default one of a server
 * on this machine. Null where none is known to belong to it.
 */
export function adminFor(context: CliContext, flags: AdminFlags, endpoint: URL): URL | null {
  const isNamed = flags.admin !== undefined || firstOf(context.env['TAILRACE_ADMIN']) !== null;
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(endpoint.hostname);
  if (!isNamed && !isHere) return null;
  return flags.admin ?? urlFromEnvironment(context.env, ['TAILRACE_ADMIN'], defaultAdmin);
}

/** The answer to a GET, or why there is none. */
export async function askAdmin(
  context: CliContext,
  endpoint: URL,
  path: string,
): Promise<HttpResponse | TransportError> {
  const transport = context.openTransport({ endpoint, connectionsMax: 1, insecure: false });
  try {
    const headers = { Host: endpoint.host };
    return await transport.send({ method: 'GET', path, headers, body: '' }, { timeoutMs });
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  } finally {
    transport.close();
  }
}
