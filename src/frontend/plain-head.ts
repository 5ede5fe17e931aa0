/**
 * Reads the head of a plain HTTP/1.1 request: POST, a body of known length, nothing unusual.
 *
 * Only what every HTTP parser understands in the same way is taken. For anything else (another
 * method or version, chunked bodies, repeated or folded headers, bytes that do not belong, a head
 * that has not arrived as a whole) the answer is null, and Node's parser decides. So a request that
 * is taken here is one that Node would have read the same way.
 */

export interface PlainHead {
  /** Path and query as sent. */
  readonly target: string;
  /** By lower-case name; no name appears twice. */
  readonly headers: Readonly<Record<string, string>>;
  /** Name, value, name, value as received, values without the blanks around them. */
  readonly rawHeaders: readonly string[];
  /** Lower-case names of `rawHeaders`. */
  readonly headerNames: readonly string[];
  /** Bytes of the head, its empty line included. */
  readonly bytes: number;
  /** Content-Length. */
  readonly bodyBytes: number;
}

const endOfHead = Buffer.from('\r\n\r\n');

/** A whole head in latin1 up to its empty line: tokens, a colon, visible characters and blanks. */
const plainPattern =
  /^POST (\/[!-~]*) HTTP\/1\.1\r\n(?:[\w!#$%&'*+.^`|~-]+:[\t -~\x80-\xff]*\r\n)+$/;

const lengthPattern = /^\d{1,9}$/;

/** Headers that change how a request is read, or how the connection goes on. */
const unusual: ReadonlySet<string> = new Set([
  '__proto__',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The head at the start of `bytes`, which may end anywhere behind it; null to leave it to Node. */
export function parsePlainHead(bytes: Buffer, headBytesMax: number): PlainHead | null {
  const end = bytes.indexOf(endOfHead);
  if (end < 0 || end > headBytesMax) {
    return null;
  }
  const text = bytes.toString('latin1', 0, end + 2);
  const target = plainPattern.exec(text)?.[1];
  if (target === undefined) {
    return null;
  }
  const headers: Record<string, string> = {};
  const rawHeaders: string[] = [];
  const headerNames: string[] = [];
  let at = text.indexOf('\n') + 1;
  while (at < text.length) {
    const colon = text.indexOf(':', at);
    const lineEnd = text.indexOf('\r', colon);
    const rawName = text.slice(at, colon);
    const value = withoutBlanks(text, colon + 1, lineEnd);
    const name = rawName.toLowerCase();
    if (name in headers || unusual.has(name)) {
      return null;
    }
    headers[name] = value;
    rawHeaders.push(rawName, value);
    headerNames.push(name);
    at = lineEnd + 2;
  }
  const { connection } = headers;
  const length = headers['content-length'] ?? '';
  if (!lengthPattern.test(length) || (connection ?? 'keep-alive').toLowerCase() !== 'keep-alive') {
    return null;
  }
  return { target, headers, rawHeaders, headerNames, bytes: end + 4, bodyBytes: Number(length) };
}

/** `text[start, end)` without the spaces and tabs at its ends. */
function withoutBlanks(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) {
    from++;
  }
  while (to > from && isBlank(text.charCodeAt(to - 1))) {
    to--;
  }
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
