/**
 * What a front end in a thread of its own and the server say to each other beside records and the
 * directory: calls of the control plane, admission, credentials, certificates, metrics and the end.
 *
 * The kinds are 64 to 95. Never renumber.
 */
import type { Caller, Protocol, Target } from '../api/operation.ts';
import type { CredentialStore } from '../auth/credential-store.ts';
import type { CredentialSource } from '../auth/credential-file.ts';
import type { VerifiedIdentity } from '../auth/sigv4.ts';
import { MessageError } from '../common/message-reader.ts';
import type { MessageReader } from '../common/message-reader.ts';
import type { MessageWriter } from '../common/message-writer.ts';
import { ServiceError } from '../model/service-error.ts';
import type { ErrorCode } from '../model/service-error.ts';
import type { PemIdentity } from './self-signed.ts';

export const frontEndKinds = {
  /** To the server: an operation of the control plane, decided there. */
  operation: 64,
  /** To the server: may this call be made, by the rate of its operation? */
  admit: 65,
  /** To the server: listening. */
  ready: 66,
  /** To the front end. */
  metrics: 72,
  drain: 73,
  credentials: 74,
  certificate: 75,
} as const;

/** A call whose sender is known and whose body is an object of the protocol. */
export interface ForwardedOperation {
  readonly operation: string;
  readonly protocol: Protocol;
  readonly requestId: string;
  readonly caller: string;
  readonly body: Uint8Array;
}

export function writeOperation(writer: MessageWriter, call: ForwardedOperation): void {
  writer.text(call.operation);
  writer.u8(call.protocol === 'json' ? 0 : 1);
  writer.text(call.requestId);
  writer.text(call.caller);
  writer.payload(call.body);
}

export function readOperation(body: MessageReader): ForwardedOperation {
  const call: ForwardedOperation = {
    operation: body.text(),
    protocol: body.flag() ? 'cbor' : 'json',
    requestId: body.text(),
    caller: body.text(),
    body: body.payload(),
  };
  body.end();
  return call;
}

/** The parts of an answer's body, or the error that is the answer. */
export function writeOutput(
  writer: MessageWriter,
  output: readonly Uint8Array[] | ServiceError,
): void {
  writer.u8(output instanceof ServiceError ? 1 : 0);
  if (output instanceof ServiceError) {
    writer.text(output.code);
    writer.u8(output.text === null ? 0 : 1);
    writer.text(output.text ?? '');
    return;
  }
  writer.u32(output.length);
  for (const part of output) writer.payload(part);
}

/** Throws the ServiceError where that is the answer. */
export function readOutput(body: MessageReader): Uint8Array[] {
  if (body.flag()) {
    const code = body.text() as ErrorCode;
    const hasText = body.flag();
    const text = body.text();
    throw new ServiceError(code, hasText ? text : null);
  }
  const parts: Uint8Array[] = [];
  for (let left = body.count(5); left > 0; left--) parts.push(body.payload());
  body.end();
  return parts;
}

/** A caller without its credential, which the server has too. */
export function callerText(caller: Caller): string {
  const { account, arn } = caller;
  const { accessKeyId, sourceAddress, secure, userAgent, referer } =
    caller as Partial<VerifiedIdentity>;
  return JSON.stringify({
    ...{ account, arn, accessKeyId, sourceAddress, secure, userAgent, referer },
  });
}

/**
 * The caller of a text. With credentials it must hold one that is in force; throws
 * UnrecognizedClient when that was revoked meanwhile.
 */
export function callerOf(text: string, credentials: CredentialStore | null): Caller {
  const caller = parse<Omit<VerifiedIdentity, 'credential'>>(text);
  if (credentials === null) return caller;
  const credential = credentials.find(caller.accessKeyId);
  if (credential === undefined) {
    throw new ServiceError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  const verified: VerifiedIdentity = { ...caller, credential };
  return verified;
}

/** What the rate of an operation is counted by. */
export interface AdmitCall {
  readonly operation: string;
  readonly caller: Caller;
  readonly target: Target | null;
  readonly shardId: unknown;
}

export function writeAdmit(writer: MessageWriter, call: AdmitCall): void {
  const { account, arn } = call.caller;
  writer.text(JSON.stringify({ ...call, caller: { account, arn } }));
}

export function readAdmit(body: MessageReader): AdmitCall {
  const call = parse<AdmitCall>(body.text());
  body.end();
  return call;
}

export function writeCredentials(writer: MessageWriter, { text, key }: CredentialSource): void {
  writer.u8(text === null ? 0 : 1);
  writer.text(text ?? '');
  writer.u8(key === null ? 0 : 1);
  writer.payload(key ?? new Uint8Array(0));
}

export function readCredentials(body: MessageReader): CredentialSource {
  const hasText = body.flag();
  const text = body.text();
  const hasKey = body.flag();
  const key = body.payload();
  body.end();
  return { text: hasText ? text : null, key: hasKey ? key : null };
}

/** Null: none could be made. */
export function writeCertificate(writer: MessageWriter, identity: PemIdentity | null): void {
  writer.text(JSON.stringify(identity));
}

export function readCertificate(body: MessageReader): PemIdentity | null {
  const identity = parse<PemIdentity | null>(body.text());
  body.end();
  return identity;
}

function parse<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new MessageError(`a text that is no JSON: ${String(error)}`);
  }
}
