/** Plain GETs without credentials: all that the admin port of a server needs. */
import type { Command } from 'commander';
import type { HttpResponse } from '../client/http-transport.ts';
import { TransportError } from '../client/http-transport.ts';
import { firstOf, parseEndpoint } from './client-options.ts';
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

export function adminUrl({ env }: CliContext, flags: AdminFlags): URL {
  return flags.admin ?? parseEndpoint(firstOf(env['TAILRACE_ADMIN']) ?? defaultAdmin);
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
