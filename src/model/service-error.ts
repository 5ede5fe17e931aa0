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
