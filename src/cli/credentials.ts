/**
 * `tailrace credentials`: who may call a server with `--auth verify`, and what they may do.
 *
 * Works on the credentials file of a data directory, whether the server runs or not; a running one
 * sees changes within a second. New secrets are printed once, as lines for a shell.
 */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { CredentialAdmin } from '../auth/credential-admin.ts';
import { DEFAULT_ACCOUNT } from '../auth/open-authenticator.ts';
import { readTextFile } from '../runtime/text-file.ts';
import type { CliContext } from './context.ts';
import { CliError } from './context.ts';
import { openCredentials } from './credential-access.ts';
import { listCredentials } from './credential-list.ts';
import type { DataDirectoryFlags } from './data-directory.ts';
import {
  addAccountOption,
  addDataDirectoryOptions,
  dataDirectory,
  remarkIfNew,
} from './data-directory.ts';
import { isoInstant, json } from './format.ts';
import { parseDuration } from './parse-duration.ts';

interface CredentialFlags extends DataDirectoryFlags {
  readonly account?: string;
  readonly json?: boolean;
}

interface SessionFlags extends CredentialFlags {
  readonly duration: number;
  readonly name?: string;
  readonly policy?: string;
}

type Add = (name: string, description: string, isDefault?: boolean) => Command;

const defaultSessionMs = 3_600_000;
const rootUser = 'root';
const userArgument = 'name of the user; root is the account itself';

export function registerCredentials(program: Command, context: CliContext): void {
  const credentials = program
    .command('credentials')
    .summary('access keys, policies and sessions for --auth verify')
    .description('Lists access keys and sessions; with a command, changes them.');
  const add: Add = (name, description, isDefault = false) =>
    addAccountOption(
      addDataDirectoryOptions(credentials.command(name, { isDefault }).description(description)),
    );
  add('list', 'list users with their access keys and policies, and sessions', true)
    .option('--json', 'print JSON')
    .action(async (flags: CredentialFlags) => {
      const admin = await openCredentials(context, flags);
      await listCredentials(context, await admin.contents(), flags);
    });
  add('create', 'make an access key, and its user if there is none of that name')
    .argument('[user]', userArgument, rootUser)
    .option('--json', 'print JSON')
    .action((user: string, flags: CredentialFlags) => createKey(context, user, flags));
  registerKeyChanges(add, context);
  registerPolicies(add, context);
  add('session', 'make temporary credentials of a user')
    .argument('<user>', userArgument)
    .option('--duration <time>', 'how long: 15m to 36h (default: 1h)', parseLife, defaultSessionMs)
    .option('--name <name>', 'names it in ARNs (default: the name of the user)')
    .option('--policy <file>', 'a policy that narrows what it may do')
    .option('--json', 'print JSON')
    .action((user: string, flags: SessionFlags) => createSession(context, user, flags));
}

function registerKeyChanges(add: Add, context: CliContext): void {
  const changes: readonly (readonly [
    name: string,
    description: string,
    change: (admin: CredentialAdmin, id: string) => Promise<void>,
  ])[] = [
    ['disable', 'refuse an access key', (admin, id) => admin.setKeyState(id, 'disabled')],
    ['enable', 'accept an access key again', (admin, id) => admin.setKeyState(id, 'active')],
    ['revoke', 'remove an access key or a session for good', (admin, id) => admin.revoke(id)],
  ];
  for (const [name, description, apply] of changes) {
    add(name, description)
      .argument('<key>', 'access key id')
      .action((id: string, flags: CredentialFlags) =>
        change(context, flags, async (admin) => {
          await apply(admin, id);
          return `${id} is ${name}d`;
        }),
      );
  }
  add('delete-user', 'remove a user with all keys, policies and sessions')
    .argument('<user>', userArgument)
    .action((user: string, flags: CredentialFlags) =>
      change(context, flags, async (admin, account) => {
        await admin.deleteUser(account, user);
        return `${user} is deleted`;
      }),
    );
}

function registerPolicies(add: Add, context: CliContext): void {
  add('attach', 'add a policy to a user, or replace the one of that name')
    .argument('<user>', userArgument)
    .argument('<file>', 'a JSON policy as for IAM; - is standard input')
    .option('--name <name>', 'name of the policy', 'default')
    .action((user: string, file: string, flags: CredentialFlags & { readonly name: string }) =>
      change(context, flags, async (admin, account) => {
        const document = await readPolicy(context, file);
        await admin.putPolicy(account, user, { name: flags.name, document });
        return `policy ${flags.name} is attached to ${user}`;
      }),
    );
  add('detach', 'remove a policy from a user')
    .argument('<user>', userArgument)
    .argument('<name>', 'name of the policy')
    .action((user: string, name: string, flags: CredentialFlags) =>
      change(context, flags, async (admin, account) => {
        await admin.deletePolicy(account, user, name);
        return `policy ${name} is detached from ${user}`;
      }),
    );
}

async function createKey(context: CliContext, user: string, flags: CredentialFlags): Promise<void> {
  await remarkIfNew(context, dataDirectory(context, flags));
  const admin = await openCredentials(context, flags);
  const account = flags.account ?? DEFAULT_ACCOUNT;
  const { accessKeyId, secretAccessKey } = await admin.createKey(account, user);
  await context.stdout.write(
    flags.json === true
      ? json({ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey })
      : exportLines({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }),
  );
  const { users } = await admin.contents();
  const owner = users.find((one) => one.account === account && one.name === user);
  const powerless = user !== rootUser && owner?.policies.length === 0;
  await context.stderr.write(
    'The secret is not shown again.\n' +
      (powerless
        ? `${user} may do nothing yet: npx tailrace credentials attach ${user} POLICY.json\n`
        : ''),
  );
}

async function createSession(
  context: CliContext,
  user: string,
  flags: SessionFlags,
): Promise<void> {
  const admin = await openCredentials(context, flags);
  const made = await admin.createSession(flags.account ?? DEFAULT_ACCOUNT, user, {
    name: flags.name ?? user,
    lifeMs: flags.duration,
    policy: flags.policy === undefined ? null : await readPolicy(context, flags.policy),
  });
  const expiration = isoInstant(made.expiresMs / 1000);
  await context.stdout.write(
    flags.json === true
      ? json({
          // What credential_process of the SDKs reads.
          Version: 1,
          AccessKeyId: made.accessKeyId,
          SecretAccessKey: made.secretAccessKey,
          SessionToken: made.sessionToken,
          Expiration: expiration,
        })
      : exportLines({
          AWS_ACCESS_KEY_ID: made.accessKeyId,
          AWS_SECRET_ACCESS_KEY: made.secretAccessKey,
          AWS_SESSION_TOKEN: made.sessionToken,
        }),
  );
  await context.stderr.write(`It ends at ${expiration}.\n`);
}

async function change(
  context: CliContext,
  flags: CredentialFlags,
  apply: (admin: CredentialAdmin, account: string) => Promise<string>,
): Promise<void> {
  const admin = await openCredentials(context, flags);
  const done = await apply(admin, flags.account ?? DEFAULT_ACCOUNT);
  await context.stdout.write(`${done}\n`);
}

/** Base64 and ids need no quotes in a shell. */
function exportLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${value}\n`)
    .join('');
}

async function readPolicy(context: CliContext, file: string): Promise<unknown> {
  const text = file === '-' ? await readInput(context) : await readTextFile(context.disk, file);
  if (text === null) throw new CliError(`there is no file ${file}`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`${file} is not JSON: ${(error as Error).message}`);
  }
}

/** Longest policy that is read, bytes; what a policy may hold is checked where it is understood. */
const inputBytesMax = 1024 * 1024;

async function readInput({ stdin }: CliContext): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stdin.chunks()) {
    bytes += chunk.length;
    if (bytes > inputBytesMax) throw new CliError('standard input is too long for a policy');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseLife(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('Expected a time such as 15m or 12h.');
  return ms;
}
