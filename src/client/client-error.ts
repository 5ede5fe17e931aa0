/** What a service answered instead of a result. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  /** `ResourceNotFoundException`, or `HTTP 404` when the answer names no error. */
  readonly code: string;
  readonly text: string;
  readonly status: number;
  constructor(code: string, text: string, status: number) {
    super(text === '' ? code : `${code}: ${text}`);
    this.code = code;
    this.text = text;
    this.status = status;
  }
}

/** True for throughput and call rates that were exceeded: the same call may succeed soon. */
export function isThrottling(code: string, text: string): boolean {
  if (code === 'ProvisionedThroughputExceededException' || code === 'RequestLimitExceeded') {
    return true;
  }
  // This one also stands for quotas, which waiting does not change.
  if (code === 'LimitExceededException') return /\brate exceeded\b/i.test(text);
  return code.startsWith('Throttling') || code === 'KMSThrottlingException';
}

/** Makes the error of an answer whose status is not 200; never throws. */
export function errorFrom(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): ClientError {
  const fields = objectFrom(body);
  const named = [fields['__type'], fields['code'], headers['x-amzn-errortype']].find(
    (value) => typeof value === 'string' && value !== '',
  );
  // `prefix#Name:rest` is Name.
  const code = typeof named === 'string' ? /(?:.*#)?([^:]*)/.exec(named)![1]! : `HTTP ${status}`;
  const text = fields['message'] ?? fields['Message'];
  return new ClientError(code, typeof text === 'string' ? text : '', status);
}

function objectFrom(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
