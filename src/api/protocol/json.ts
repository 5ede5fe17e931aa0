/**
 * awsJson1.1: bodies to plain values, outputs and errors to bytes.
 *
 * Blobs are base64 texts and instants epoch seconds with up to three decimals. Of members given
 * twice the last counts. Bytes that are no UTF-8 or no JSON object make null, never an exception.
 */
import { Timestamp, type Output } from '../operation.ts';
import { nestsDeeper } from './json-depth.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The object a body holds, or null. */
export function decodeJson(body: Uint8Array, depthMax: number): object | null {
  if (nestsDeeper(body, depthMax)) return null;
  try {
    const value: unknown = JSON.parse(decoder.decode(body));
    return typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Bytes of an output; members that are undefined are left out. */
export function encodeJson(output: Exclude<Output, null>): Uint8Array {
  return encoder.encode(jsonText(output));
}

/** JSON text of a value with Uint8Array as blobs and Timestamp as instants. */
export function jsonText(value: unknown): string {
  if (value instanceof Timestamp) return jsonSeconds(value.ms);
  if (value instanceof Uint8Array) {
    return `"${Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')}"`;
  }
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = '';
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${jsonText(member)}`;
  }
  return `{${text}}`;
}

/** Epoch seconds as the service prints them: always with a point, `1572297168.0`. */
export function jsonSeconds(ms: number): string {
  const seconds = String(ms / 1000);
  return Number.isInteger(ms / 1000) ? `${seconds}.0` : seconds;
}
