/**
 * Which key a client signs with: environment, then profile, then one that only a server with open
 * authentication takes. Pure: the caller reads environment and files.
 */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface CredentialSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of the shared credentials file; null when there is none. */
  readonly credentialsFile: string | null;
  /** Text of the shared config file; null when there is none. */
  readonly configFile: string | null;
  /** A profile that was asked for by name; null for the environment's or `default`. */
  readonly profile: string | null;
}

export interface FoundCredentials {
  readonly credentials: Credentials;
  /** `dummy` when nothing was configured. */
  readonly from: 'environment' | 'profile' | 'dummy';
  /** The profile's region, or null. */
  readonly region: string | null;
}

/** A profile was asked for that is not there or holds no keys; the message is for the user. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
}

/** Its key id is the account that open authentication gives everybody. */
export const DUMMY_CREDENTIALS: Credentials = {
  accessKeyId: '000000000000',
  secretAccessKey: 'not-a-secret',
};

type Section = Readonly<Record<string, string>>;

/** Throws ProfileError. */
export function findCredentials(sources: CredentialSources): FoundCredentials {
  const { env } = sources;
  const asked = sources.profile ?? nonEmpty(env['AWS_PROFILE']);
  const name = asked ?? 'default';
  const config = parseIni(sources.configFile ?? '');
  const settings = config[name === 'default' ? name : `profile ${name}`] ?? {};
  const region = nonEmpty(settings['region']);
  const id = nonEmpty(env['AWS_ACCESS_KEY_ID']);
  const secret = nonEmpty(env['AWS_SECRET_ACCESS_KEY']);
  if (sources.profile === null && id !== null && secret !== null) {
    const token = nonEmpty(env['AWS_SESSION_TOKEN']);
    return { credentials: credentials(id, secret, token), from: 'environment', region };
  }
  const section = { ...settings, ...parseIni(sources.credentialsFile ?? '')[name] };
  const fileId = nonEmpty(section['aws_access_key_id']);
  const fileSecret = nonEmpty(section['aws_secret_access_key']);
  if (fileId !== null && fileSecret !== null) {
    const token = nonEmpty(section['aws_session_token']);
    return { credentials: credentials(fileId, fileSecret, token), from: 'profile', region };
  }
  if (asked !== null) {
    throw new ProfileError(`there are no access keys for profile ${asked} in ~/.aws/credentials`);
  }
  return { credentials: DUMMY_CREDENTIALS, from: 'dummy', region };
}

function credentials(id: string, secret: string, token: string | null): Credentials {
  const pair = { accessKeyId: id, secretAccessKey: secret };
  return token === null ? pair : { ...pair, sessionToken: token };
}

function nonEmpty(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

/** Sections of an INI file by name. Lines that are neither sections nor settings are ignored. */
export function parseIni(text: string): Readonly<Record<string, Section>> {
  const sections: Record<string, Record<string, string>> = Object.create(null) as never;
  let current: Record<string, string> | null = null;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*[#;]/.test(line)) continue;
    const heading = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1];
    if (heading !== undefined) {
      current = sections[heading] ??= Object.create(null) as Record<string, string>;
      continue;
    }
    // Indented lines are settings within a setting.
    const setting = /^([\w-]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (setting !== null && current !== null) current[setting[1]!.toLowerCase()] = setting[2]!;
  }
  return sections;
}
