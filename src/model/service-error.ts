/**
 * ServiceError: every failure a client may see, as a closed set of codes.
 *
 * The code is the wire name of the shape (`__type`); texts come from `messages.ts`, in one place.
 */

/** Shapes of the service model, then the unmodelled but real ones. */
export type ErrorCode =
  | 'ResourceNotFoundException'
  | 'ResourceInUseException'
  | 'InvalidArgumentException'
  | 'LimitExceededException'
  | 'ProvisionedThroughputExceededException'
  | 'ValidationException'
  | 'AccessDeniedException'
  | 'ExpiredIteratorException'
  | 'ExpiredNextTokenException'
  | 'DryRunOperationException'
  | 'KMSDisabledException'
  | 'KMSInvalidStateException'
  | 'KMSAccessDeniedException'
  | 'KMSNotFoundException'
  | 'KMSOptInRequired'
  | 'KMSThrottlingException'
  | 'InternalFailure'
  | 'SerializationException'
  | 'UnknownOperationException'
  | 'MissingAuthenticationTokenException'
  | 'IncompleteSignatureException'
  | 'InvalidSignatureException'
  | 'UnrecognizedClientException'
  | 'ExpiredTokenException'
  | 'ThrottlingException'
  | 'ServiceUnavailable';

/** The six errors of keys and stream encryption. */
export type KmsCode = Extract<ErrorCode, `KMS${string}`>;

export const kmsCodes: readonly KmsCode[] = [
  'KMSDisabledException',
  'KMSInvalidStateException',
  'KMSAccessDeniedException',
  'KMSNotFoundException',
  'KMSOptInRequired',
  'KMSThrottlingException',
];

/** True for the codes of key problems. */
export function isKmsCode(code: string): code is KmsCode {
  return (kmsCodes as readonly string[]).includes(code);
}

export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode;
  /** Some errors are sent without any text, e.g. `{"__type":"SerializationException"}`. */
  readonly text: string | null;
  constructor(code: ErrorCode, text: string | null) {
    super(text === null ? code : `${code}: ${text}`);
    this.code = code;
    this.text = text;
  }
}

/** What a client sees of a key that cannot be used: `code`, which is one of the six KMS errors. */
export function keyError(code: string, text: string): ServiceError {
  return isKmsCode(code) ? new ServiceError(code, text) : new ServiceError('InternalFailure', null);
}
