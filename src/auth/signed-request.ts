/**
 * What authentication needs of a request, and what it finds.
 */
import type { BodyWork } from '../runtime/body-buffers.ts';

/** Header values by lower-case name; repeated headers as the HTTP parser joins them. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface SignedRequest {
  readonly method: string;
  /** Path and query as sent; one character per byte. */
  readonly target: string;
  readonly headers: RequestHeaders;
  /**
   * Name, value, name, value as received and in order, HTTP/2 pseudo headers included; one
   * character per byte.
   */
  readonly rawHeaders: readonly string[];
  /** Lower-case names of `rawHeaders`, given only where it is known that none comes twice. */
  readonly headerNames?: readonly string[] | null;
  readonly remoteAddress: string;
  /** Whether the connection is encrypted. */
  readonly secure: boolean;
  readonly body: Uint8Array;
  /** What has been begun of the work on `body`. */
  readonly work?: BodyWork | null;
}

/** Who sent a request. */
export interface Identity {
  /** 12 digits. */
  readonly account: string;
  /** `arn:aws:iam::…` or, for a session, `arn:aws:sts::…`; in error texts and policies. */
  readonly arn: string;
  readonly accessKeyId: string;
}

/** The single value of a header, or undefined; repeated headers come joined. */
export function headerOf(request: SignedRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : value?.join(', ');
}
