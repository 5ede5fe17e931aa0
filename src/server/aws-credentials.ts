/**
 * Credentials of the server itself, for AWS services it asks: the usual chain of the AWS SDK
 * (environment, profile, web identity, container, instance), renewed before they expire.
 *
 * Loaded with the first call, so that a server that asks nobody does not pay for it.
 */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Gives keys that are valid now; rejects when none can be had. */
export type AwsCredentials = () => Promise<AwsKeys>;

export function chainedCredentials(): AwsCredentials {
  let chain: Promise<AwsCredentials> | null = null;
  return async () => {
    chain ??= import('@aws-sdk/credential-provider-node').then(({ defaultProvider }) =>
      defaultProvider(),
    );
    return (await chain)();
  };
}
