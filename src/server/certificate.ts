/** The certificate of the data port, which may be made while cleartext clients are served. */
import type { Log } from './log.ts';
import type { PemIdentity } from './self-signed.ts';
import type { TlsSource } from './tls-identity.ts';

export interface Certificate {
  readonly identity: PemIdentity | Promise<PemIdentity> | null;
  /** Makes it if it has to be made: cleartext clients are served meanwhile. */
  readonly begin: () => void;
  /** Never rejects. */
  readonly settled: Promise<void>;
}

export function certificateOf(tls: TlsSource, log: Log): Certificate {
  const settled = Promise.resolve();
  if (tls.kind === 'off') return { identity: null, begin: () => undefined, settled };
  if (tls.kind === 'there') return { identity: tls.identity, begin: () => undefined, settled };
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const identity = begun.then(() => tls.make());
  const made = identity.then(
    () => undefined,
    (error: unknown) => log.error({ err: error }, 'no certificate could be made: there is no TLS'),
  );
  return { identity, begin, settled: made };
}
