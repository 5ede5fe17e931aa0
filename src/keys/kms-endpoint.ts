/**
 * A KeyProvider that speaks the KMS API (GenerateDataKey, Decrypt; awsJson1.1) to an endpoint: the
 * cloud service, or anything compatible with it. Requests are signed by the caller-supplied `send`.
 *
 * Keys held there may be disabled at any time without our being told, so `revision` is a constant
 * and the age limit of cached plain keys decides how soon that is noticed.
 */
import type { ErrorCode, KmsCode } from '../model/service-error.ts';
import { ServiceError } from '../model/service-error.ts';
import type { GeneratedDataKey, KeyProvider } from './key-provider.ts';

export interface KmsResponse {
  readonly status: number;
  readonly body: Uint8Array;
}

/**
 * Sends one signed request; `target` is the value of `X-Amz-Target`. Rejects when the endpoint
 * cannot be reached, and with a ServiceError when there is nothing to sign with.
 */
export type KmsSend = (target: string, body: Uint8Array) => Promise<KmsResponse>;

const KEY_BYTES = 32;

/** The endpoint's error shapes and what Kinesis calls them. */
const errorCodes: Readonly<Record<string, KmsCode>> = {
  DisabledException: 'KMSDisabledException',
  KMSInvalidStateException: 'KMSInvalidStateException',
  InvalidCiphertextException: 'KMSInvalidStateException',
  IncorrectKeyException: 'KMSInvalidStateException',
  InvalidKeyUsageException: 'KMSInvalidStateException',
  AccessDeniedException: 'KMSAccessDeniedException',
  UnrecognizedClientException: 'KMSAccessDeniedException',
  InvalidSignatureException: 'KMSAccessDeniedException',
  MissingAuthenticationTokenException: 'KMSAccessDeniedException',
  ExpiredTokenException: 'KMSAccessDeniedException',
  NotFoundException: 'KMSNotFoundException',
  InvalidArnException: 'KMSNotFoundException',
  ValidationException: 'KMSNotFoundException',
  OptInRequired: 'KMSOptInRequired',
  ThrottlingException: 'KMSThrottlingException',
  LimitExceededException: 'KMSThrottlingException',
};

export class KmsEndpoint implements KeyProvider {
  readonly #send: KmsSend;

  constructor(send: KmsSend) {
    this.#send = send;
  }

  revision(): number {
    return 1;
  }

  async generateDataKey(keyId: string, account: string): Promise<GeneratedDataKey> {
    const made = await this.#call('TrentService.GenerateDataKey', {
      KeyId: keyId,
      KeySpec: 'AES_256',
      EncryptionContext: { 'tailrace:account': account },
    });
    return {
      plain: plainKey(made['Plaintext']),
      wrapped: fromBase64(made['CiphertextBlob']),
      keyArn: String(made['KeyId']),
    };
  }

  async unwrap(keyArn: string, wrapped: Uint8Array, account: string): Promise<Uint8Array> {
    const opened = await this.#call('TrentService.Decrypt', {
      KeyId: keyArn,
      CiphertextBlob: Buffer.from(wrapped).toString('base64'),
      EncryptionContext: { 'tailrace:account': account },
    });
    return plainKey(opened['Plaintext']);
  }

  async #call(target: string, input: object): Promise<Record<string, unknown>> {
    let response: KmsResponse;
    try {
      response = await this.#send(target, new TextEncoder().encode(JSON.stringify(input)));
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ServiceError('KMSThrottlingException', `KMS cannot be reached: ${reason}`);
    }
    const body = parseObject(response.body);
    if (response.status === 200) return body;
    throw new ServiceError(errorCode(body), errorText(body));
  }
}

function parseObject(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function errorCode(body: Record<string, unknown>): ErrorCode {
  const type = body['__type'];
  const name = typeof type === 'string' ? type.replace(/^.*#/, '') : '';
  return errorCodes[name] ?? 'KMSThrottlingException';
}

function errorText(body: Record<string, unknown>): string {
  const text = body['message'] ?? body['Message'];
  return typeof text === 'string' ? text : 'The key service gave no reason.';
}

/** A data key in plain, which is as long as was asked for. */
function plainKey(value: unknown): Uint8Array {
  const key = fromBase64(value);
  if (key.length === KEY_BYTES) return key;
  const text = `The key service answered with a key of ${key.length} bytes.`;
  throw new ServiceError('KMSInvalidStateException', text);
}

function fromBase64(value: unknown): Uint8Array {
  if (typeof value !== 'string') {
    throw new ServiceError('KMSInvalidStateException', 'The key service answered without a key.');
  }
  return Buffer.from(value, 'base64');
}
