/** The options of commands that work on a data directory, running or not, and what they lead to. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { DEFAULT_ACCOUNT } from '../auth/open-authenticator.ts';
import type { Keyring } from '../keys/keyring.ts';
import { DiskError } from '../runtime/disk.ts';
import { defaultRegion, firstOf } from './client-options.ts';
import type { CliContext } from './context.ts';

export interface DataDirectoryFlags {
  readonly dataDir?: string;
  readonly keyring?: string;
  readonly region?: string;
}

export const defaultDataDirectory = './tailrace-data';

/** Nothing is watched here: every command reads the file anew. */
const watchMs = 60_000;

export function addDataDirectoryOptions(command: Command): Command {
  return command
    .option(
      '--data-dir <path>',
      `data directory of the server (default: ${defaultDataDirectory}) [TAILRACE_DATA_DIR]`,
    )
    .option(
      '--keyring <path>',
      'keyring of the server, if it is not in its data directory [TAILRACE_KEYRING]',
    )
    .option(
      '--region <name>',
      `region of the server (default: ${defaultRegion}) [TAILRACE_REGION]`,
    );
}

export function addAccountOption(command: Command): Command {
  const help = `12 digits (default: ${DEFAULT_ACCOUNT})`;
  return command.option('--account <id>', help, parseAccount);
}

export function parseAccount(text: string): string {
  if (!/^\d{12}$/.test(text)) throw new InvalidArgumentError('Expected 12 digits.');
  return text;
}

/** The absolute path of the data directory. */
export function dataDirectory(context: CliContext, flags: DataDirectoryFlags): string {
  const given = flags.dataDir ?? firstOf(context.env['TAILRACE_DATA_DIR']) ?? defaultDataDirectory;
  return resolve(context.workingDirectory, given);
}

/** Tells on standard error when there is no such directory: perhaps another one was meant. */
export async function remarkIfNew(context: CliContext, directory: string): Promise<void> {
  try {
    await context.disk.list(directory);
  } catch (error) {
    if (!(error instanceof DiskError && error.code === 'not-found')) throw error;
    await context.stderr.write(
      `There is no directory ${directory} yet; it is made now. ` +
        'If you meant another one: --data-dir or --keyring.\n',
    );
  }
}

/** The keyring that is named, or else that of the data directory, as an absolute path. */
export async function keyringFile(context: CliContext, flags: DataDirectoryFlags): Promise<string> {
  const { keyringPath } = await import('../keys/keyring.ts');
  const named = flags.keyring ?? firstOf(context.env['TAILRACE_KEYRING']);
  if (named != null) return resolve(context.workingDirectory, named);
  return keyringPath(dataDirectory(context, flags));
}

/** The keyring; loaded only here, since few commands need it. */
export async function openKeyring(
  context: CliContext,
  flags: DataDirectoryFlags,
): Promise<Keyring> {
  const { Keyring } = await import('../keys/keyring.ts');
  return Keyring.open(context, {
    path: await keyringFile(context, flags),
    region: flags.region ?? firstOf(context.env['TAILRACE_REGION']) ?? defaultRegion,
    watchMs,
    onProblem: () => undefined,
  });
}
