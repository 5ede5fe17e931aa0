/**
 * Who may call, with `--auth verify`: holders of credentials, as far as policies let them.
 */
import type { Access, Caller } from '../api/operation.ts';
import type { ControlPlane } from '../api/ports.ts';
import { CredentialFile } from '../auth/credential-file.ts';
import { PolicyAccess } from '../auth/policy-access.ts';
import type { ResourceFacts } from '../auth/policy-access.ts';
import { SigV4Authenticator } from '../auth/sigv4.ts';
import type { Authenticator } from '../frontend/pipeline.ts';
import type { KeyProvider } from '../keys/key-provider.ts';
import { Memo } from '../common/memo.ts';
import { parseArn } from '../model/arn.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Log } from './log.ts';

/** A revoked key is refused at the latest after this, ms. */
const WATCH_MS = 1_000;

export interface AccessParts {
  readonly authenticator: Authenticator<Caller>;
  readonly access: Access;
}

export interface VerifiedAccess extends AccessParts {
  readonly credentials: CredentialFile;
  close(): Promise<void>;
}

export interface VerifiedAccessDependencies {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly keys: KeyProvider;
  readonly control: ControlPlane;
}

/** Where the credentials of a data directory are. */
export function credentialsPath(dataDir: string): string {
  return `${dataDir}/credentials.json`;
}

/** Throws CredentialFormatError when there are credentials that cannot be read. */
export async function openVerifiedAccess(
  { disk, clock, log, keys, control }: VerifiedAccessDependencies,
  { dataDir, region }: { readonly dataDir: string; readonly region: string },
): Promise<VerifiedAccess> {
  const credentials = await CredentialFile.open(
    { disk, clock, keys },
    {
      path: credentialsPath(dataDir),
      watchMs: WATCH_MS,
      onProblem: (error) => log.error({ err: error }, 'the credentials cannot be read'),
    },
  );
  credentials.watch();
  if (credentials.size === 0) {
    log.warn({}, 'nobody has credentials yet: make some with tailrace credentials create');
  }
  return {
    authenticator: new SigV4Authenticator({ clock, credentials }, region),
    access: new PolicyAccess({ clock, resources: resourceFacts(control) }, region),
    credentials,
    close: () => credentials.close(),
  };
}

/** ARNs that are asked about with every request. */
const REMEMBERED = { entriesMax: 1_024, textMax: 512 };

/** Policies and tags of streams and consumers; what does not exist has none. */
export function resourceFacts(
  control: Pick<ControlPlane, 'policy' | 'stream' | 'consumer'>,
): ResourceFacts {
  const resources = new Memo(parseArn, REMEMBERED);
  return {
    policy(arn) {
      const resource = resources.get(arn);
      if (resource === null || resource.kind === 'channel') return null;
      try {
        return control.policy(resource);
      } catch (error) {
        if (error instanceof ServiceError) return null;
        throw error;
      }
    },
    tags(arn) {
      const resource = resources.get(arn);
      if (resource?.kind === 'stream') {
        return control.stream(resource.account, resource.name)?.tags ?? {};
      }
      return resource?.kind === 'consumer' ? (control.consumer(resource)?.tags ?? {}) : {};
    },
  };
}
