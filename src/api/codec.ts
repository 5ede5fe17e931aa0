/**
 * Bodies in and out, for either protocol. Whatever cannot be read is a SerializationException;
 * output never fails.
 */
import { ServiceError } from '../model/service-error.ts';
import type { Output, Protocol } from './operation.ts';
import { decodeCbor, encodeCbor } from './protocol/cbor.ts';
import { decodeJson, encodeJson } from './protocol/json.ts';

/** Levels of lists and maps in a body; the deepest input of the service has six. */
export const BODY_DEPTH_MAX = 64;

/** Content types of requests and answers. */
export const CONTENT_TYPE: Readonly<Record<Protocol, string>> = {
  json: 'application/x-amz-json-1.1',
  cbor: 'application/x-amz-cbor-1.1',
};

/**
 * The members a body holds, as plain values: JSON's own, for CBOR also Uint8Array and Timestamp.
 * Throws SerializationException without text when the body is not one object of the protocol.
 */
export function decodeBody(protocol: Protocol, body: Uint8Array): unknown {
  const decoded =
    protocol === 'json' ? decodeJson(body, BODY_DEPTH_MAX) : decodeCbor(body, BODY_DEPTH_MAX);
  if (decoded === null) throw new ServiceError('SerializationException', null);
  return decoded;
}

/** The parts of an answer's body; none for operations without output. */
export function encodeOutput(protocol: Protocol, output: Output): readonly Uint8Array[] {
  if (output === null) return [];
  return [protocol === 'json' ? encodeJson(output) : encodeCbor(output)];
}

/** The body of an error. The text is under `Message` for SerializationException, else `message`. */
export function encodeError(protocol: Protocol, error: ServiceError): Uint8Array {
  const body: Record<string, string> = { __type: error.code };
  const key = error.code === 'SerializationException' ? 'Message' : 'message';
  if (error.text !== null) body[key] = error.text;
  return protocol === 'json' ? encodeJson(body) : encodeCbor(body);
}

/** HTTP status an error is sent with. */
export function errorStatus(error: ServiceError): number {
  if (error.code === 'InternalFailure') return 500;
  if (error.code === 'ServiceUnavailable') return 503;
  return 400;
}
