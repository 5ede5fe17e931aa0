/**
 * Query strings as signatures see them: byte for byte, decoded once.
 *
 * Texts hold one character per byte, so whatever a client sends survives decoding and encoding.
 */

export interface QueryParameter {
  readonly name: string;
  readonly value: string;
}

/** A query of more parameters is none of this service; the rest stays in the last one. */
const PARAMETERS_MAX = 256;

const none: readonly QueryParameter[] = [];

/** Decoded parameters of a request target, in order. */
export function parseQuery(target: string): readonly QueryParameter[] {
  const mark = target.indexOf('?');
  if (mark < 0 || mark === target.length - 1) {
    return none;
  }
  const parameters: QueryParameter[] = [];
  for (const piece of splitBounded(target.slice(mark + 1))) {
    if (piece === '') {
      continue;
    }
    const equals = piece.indexOf('=');
    const name = equals < 0 ? piece : piece.slice(0, equals);
    const value = equals < 0 ? '' : piece.slice(equals + 1);
    parameters.push({ name: decodeBytes(name), value: decodeBytes(value) });
  }
  return parameters;
}

function splitBounded(query: string): string[] {
  const pieces = query.split('&');
  return pieces.length <= PARAMETERS_MAX
    ? pieces
    : [...pieces.slice(0, PARAMETERS_MAX - 1), pieces.slice(PARAMETERS_MAX - 1).join('&')];
}

/**
 * Percent-decodes to one character per byte; `+` is a space. Malformed escapes stay as they are.
 */
function decodeBytes(text: string): string {
  if (!text.includes('%') && !text.includes('+')) {
    return text;
  }
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-fA-F]{2})/g, (_escape, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

/** Percent-encodes all bytes but the unreserved ones (RFC 3986), with upper-case digits. */
export function encodeBytes(text: string): string {
  return text.replace(
    /[^A-Za-z0-9\-._~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
