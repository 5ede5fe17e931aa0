/**
 * `tailrace keys`: the keys that encrypt streams, in the keyring of a server.
 *
 * Works whether the server runs or not; a running one sees changes within a second.
 */
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { DEFAULT_ACCOUNT } from '../auth/open-authenticator.ts';
import type { KeyState } from '../keys/keyring-file.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { CliContext } from './context.ts';
import { CliError } from './context.ts';
import type { DataDirectoryFlags } from './data-directory.ts';
import {
  addAccountOption,
  addDataDirectoryOptions,
  keyringFile,
  openKeyring,
  parseAccount,
  remarkIfNew,
} from './data-directory.ts';
import { instant, json, table } from './format.ts';

interface KeyFlags extends DataDirectoryFlags {
  readonly account?: string;
  readonly json?: boolean;
}

const keyArgument = 'key id, key ARN, or alias/name';

export function registerKeys(program: Command, context: CliContext): void {
  const keys = program
    .command('keys')
    .summary('keys that encrypt streams')
    .description('Lists the keys that encrypt streams; with a command, changes them.');
  const add = (name: string, description: string, isDefault = false): Command =>
    addAccountOption(
      addDataDirectoryOptions(keys.command(name, { isDefault }).description(description)),
    );
  add('list', 'list all keys', true)
    .option('--json', 'print JSON')
    .action((flags: KeyFlags) => listKeys(context, flags));
  add('create', 'make a key and print its ARN')
    .option('--alias <name>', 'a name for it, with or without alias/')
    .action((flags: KeyFlags & { readonly alias?: string }) => createKey(context, flags));
  add('alias', 'let a name stand for another key')
    .argument('<alias>', 'the name, with or without alias/')
    .argument('<key>', keyArgument)
    .action((alias: string, key: string, flags: KeyFlags) =>
      change(context, flags, async (keyring, account) => {
        await keyring.setAlias(account, aliasName(alias), key);
        return `${aliasName(alias)} stands for ${key}`;
      }),
    );
  registerStates(add, context);
  add('share', 'let exactly these accounts use a key, or with none nobody else')
    .argument('<key>', keyArgument)
    .argument('[accounts...]', '12 digits each')
    .action((key: string, accounts: readonly string[], flags: KeyFlags) =>
      change(context, flags, async (keyring, account) => {
        await keyring.share(account, key, accounts.map(parseAccount));
        return `${key} is shared with ${accounts.length === 0 ? 'nobody' : accounts.join(', ')}`;
      }),
    );
  add('destroy', 'remove a key for good: what it encrypted can never be read again')
    .argument('<key>', keyArgument)
    .option('--yes', 'yes, for good')
    .action((key: string, flags: KeyFlags & { readonly yes?: boolean }) =>
      destroyKey(context, key, flags),
    );
}

function registerStates(add: (name: string, description: string) => Command, context: CliContext) {
  const states: readonly (readonly [string, KeyState, string])[] = [
    ['enable', 'enabled', 'let a key be used again'],
    [
      'disable',
      'disabled',
      'refuse a key: streams encrypted with it can be neither written nor read',
    ],
    ['schedule-deletion', 'pending-deletion', 'refuse a key and mark it for deletion'],
  ];
  for (const [name, state, description] of states) {
    add(name, description)
      .argument('<key>', keyArgument)
      .action((key: string, flags: KeyFlags) =>
        change(context, flags, async (keyring, account) => {
          await keyring.setState(account, key, state);
          return `${key} is ${stateText(state)}`;
        }),
      );
  }
}

async function listKeys(context: CliContext, flags: KeyFlags): Promise<void> {
  const keyring = await openKeyring(context, flags);
  const keys = keyring.list().filter(({ account }) => account === (flags.account ?? account));
  if (flags.json === true) {
    await context.stdout.write(json(keys));
    return;
  }
  if (keys.length === 0) {
    await context.stderr.write(`There are no keys in ${await keyringFile(context, flags)}.\n`);
    return;
  }
  const titles = ['KEY', 'ACCOUNT', 'STATE', 'CREATED', 'ALIASES', 'SHARED WITH'];
  const rows = keys.map((key) => [
    key.id,
    key.account,
    stateText(key.state),
    instant(key.createdMs / 1000),
    key.aliases.join(', ') || '-',
    key.sharedWith.join(', ') || '-',
  ]);
  await context.stdout.write(
    table(
      titles.map((title) => ({ title })),
      rows,
    ),
  );
}

async function createKey(
  context: CliContext,
  flags: KeyFlags & { readonly alias?: string },
): Promise<void> {
  await remarkIfNew(context, dirname(await keyringFile(context, flags)));
  const keyring = await openKeyring(context, flags);
  const account = flags.account ?? DEFAULT_ACCOUNT;
  const alias = flags.alias === undefined ? null : aliasName(flags.alias);
  const { AliasTakenError } = await import('../keys/keyring.ts');
  const arn = await keyring.createKey(account, alias).catch((error: unknown) => {
    if (!(error instanceof AliasTakenError)) throw error;
    throw new CliError(error.message, 'Let it name another one with: npx tailrace keys alias');
  });
  await context.stdout.write(`${arn}\n`);
}

async function destroyKey(
  context: CliContext,
  name: string,
  flags: KeyFlags & { readonly yes?: boolean },
): Promise<void> {
  const keyring = await openKeyring(context, flags);
  const account = flags.account ?? DEFAULT_ACCOUNT;
  const enabled = keyring
    .list()
    .some(
      (key) =>
        key.account === account &&
        key.state === 'enabled' &&
        [key.id, key.arn, ...key.aliases].includes(name),
    );
  if (enabled) {
    throw new CliError(
      `${name} is enabled; streams may depend on it.`,
      `First find out what misses it: npx tailrace keys disable ${name}`,
    );
  }
  if (flags.yes !== true) {
    throw new CliError(`What ${name} encrypted can never be read again. If that is meant: --yes`);
  }
  await keyring.destroyKey(account, name);
  await context.stdout.write(`${name} is destroyed\n`);
}

async function change(
  context: CliContext,
  flags: KeyFlags,
  apply: (keyring: Keyring, account: string) => Promise<string>,
): Promise<void> {
  const keyring = await openKeyring(context, flags);
  const done = await apply(keyring, flags.account ?? DEFAULT_ACCOUNT);
  await context.stdout.write(`${done}\n`);
}

function aliasName(text: string): string {
  const name = text.startsWith('alias/') ? text : `alias/${text}`;
  if (!/^alias\/[\w/-]{1,250}$/.test(name)) {
    throw new CliError(`${text} cannot be an alias: letters, digits, / _ - can be in it.`);
  }
  return name;
}

function stateText(state: KeyState): string {
  return state === 'pending-deletion' ? 'pending deletion' : state;
}
