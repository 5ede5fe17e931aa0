/** Users, access keys, policies and sessions as tables; never a secret. */
import type { CredentialContents } from '../auth/credential-format.ts';
import type { CliContext } from './context.ts';
import { instant, isoInstant, json, table } from './format.ts';

export interface ListFlags {
  /** Only of this account. */
  readonly account?: string;
  readonly json?: boolean;
}

export async function listCredentials(
  context: CliContext,
  contents: CredentialContents,
  flags: ListFlags,
): Promise<void> {
  const isWanted = ({ account }: { readonly account: string }): boolean =>
    flags.account === undefined || flags.account === account;
  const users = contents.users.filter(isWanted);
  const nowMs = context.clock.now();
  const sessions = contents.sessions.filter((one) => isWanted(one) && one.expiresMs > nowMs);
  if (flags.json === true) {
    await context.stdout.write(json(jsonOf({ ...contents, users, sessions })));
    return;
  }
  if (users.length === 0) {
    await context.stderr.write(
      'There are no credentials. Make some with: npx tailrace credentials create\n',
    );
    return;
  }
  const userRows = users.flatMap(({ account, name, keys, policies }) => {
    const names = policies.map((policy) => policy.name).join(', ') || '-';
    if (keys.length === 0) return [[account, name, '-', '-', '-', names]];
    return keys.map((key) => [
      account,
      name,
      key.id,
      key.state,
      instant(key.createdMs / 1000),
      names,
    ]);
  });
  const userTitles = ['ACCOUNT', 'USER', 'ACCESS KEY', 'STATE', 'CREATED', 'POLICIES'];
  let text = tableOf(userTitles, userRows);
  if (sessions.length > 0) {
    const rows = sessions.map((session) => [
      session.account,
      session.user,
      session.id,
      session.name,
      instant(session.expiresMs / 1000),
    ]);
    text += `\n${tableOf(['ACCOUNT', 'USER', 'SESSION KEY', 'NAME', 'ENDS'], rows)}`;
  }
  await context.stdout.write(text);
}

function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return table(
    titles.map((title) => ({ title })),
    rows,
  );
}

/** The contents without what is sealed or hashed in them. */
function jsonOf({ users, sessions }: CredentialContents): object {
  return {
    Users: users.map((user) => ({
      Account: user.account,
      UserName: user.name,
      UserId: user.id,
      Policies: user.policies.map(({ name, document }) => ({ Name: name, Document: document })),
      AccessKeys: user.keys.map(({ id, state, createdMs }) => ({
        AccessKeyId: id,
        State: state,
        Created: isoInstant(createdMs / 1000),
      })),
    })),
    Sessions: sessions.map((session) => ({
      AccessKeyId: session.id,
      Account: session.account,
      UserName: session.user,
      Name: session.name,
      Expires: isoInstant(session.expiresMs / 1000),
      Policy: session.policy,
    })),
  };
}
