/**
 * Reads the head of a plain HTTP/1.1 request: POST, a body of known length, nothing unusual.
 *
 * Only what every HTTP parser understands in the same way is taken. For anything else (another
 * method or version, chunked bodies, repeated or folded headers, bytes that do not belong, a head
 * that has not arrived as a whole) the answer is null, and Node's parser decides. So a request that
 * is taken here is one that Node would have read the same way.
 */

export class PlainHead {
  /** Path and query as sent. */
  readonly target: string;
  /** By lower-case name; no name appears twice. */
  readonly headers: Readonly<Record<string, string>>;
  /** Lower-case names in order. */
  readonly headerNames: readonly string[];
  /** Bytes of the head, its empty line included. */
  readonly bytes: number;
  /** Content-Length. */
  readonly bodyBytes: number;
  readonly #sentNames: readonly string[];

  constructor(
    target: string,
    headers: Readonly<Record<string, string>>,
    names: { readonly sent: readonly string[]; readonly lower: readonly string[] },
    bytes: number,
  ) {
    this.target = target;
    this.headers = headers;
    this.headerNames = names.lower;
    this.bytes = bytes;
    this.bodyBytes = Number(headers['content-length']);
    this.#sentNames = names.sent;
  }

  /** Name, value, name, value as received, values without the blanks around them. */
  get rawHeaders(): readonly string[] {
    return this.#sentNames.flatMap((name, i) => [
      name,
      this.headers[this.headerNames[i] as string] as string,
    ]);
  }
}

const endOfHead = Buffer.from('\r\n\r\n');

/** A whole head in latin1 up to its empty line: tokens, a colon, visible characters and blanks. */
const plainPattern = /^POST \/[!-~]* HTTP\/1\.1\r\n(?:[\w!#$%&'*+.^`|~-]+:[\t -~\x80-\xff]*\r\n)+$/;

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

/** Forms of heads that are remembered at a time. */
const FORMS_MAX = 4;

/** What heads of one client have in common: which headers there are, and mostly their values. */
interface Form {
  readonly target: string;
  /** The request line. */
  readonly start: string;
  /** Names as sent, and in lower case. */
  readonly names: { readonly sent: readonly string[]; readonly lower: readonly string[] };
  /** Names as sent with their colons. */
  readonly labels: readonly string[];
  /** Whole lines of the head that came last, and what they say; heads are given copies of it. */
  readonly lines: string[];
  readonly headers: Record<string, string>;
}

/**
 * Reads heads one after the other. Clients send nearly the same head again and again: only lines
 * that differ from those of the last head of its form are taken apart.
 */
export class PlainHeads {
  readonly #headBytesMax: number;
  /** The one that was met last comes first. */
  readonly #forms: Form[] = [];
  /** Of the head being read: lines that differ, and their places. */
  readonly #newPlaces: number[] = [];
  readonly #newLines: string[] = [];
  readonly #newValues: string[] = [];

  constructor(headBytesMax: number) {
    this.#headBytesMax = headBytesMax;
  }

  /**
   * The head at the start of `bytes`, which may end anywhere behind it; null to leave it to Node.
   */
  read(bytes: Buffer): PlainHead | null {
    const end = bytes.indexOf(endOfHead);
    if (end < 0 || end > this.#headBytesMax) {
      return null;
    }
    const text = bytes.toString('latin1', 0, end + 2);
    if (!plainPattern.test(text)) {
      return null;
    }
    const forms = this.#forms;
    for (let i = 0; i < forms.length; i++) {
      const form = forms[i] as Form;
      const headers = this.#headersOf(text, form);
      if (headers !== null) {
        if (i > 0) {
          forms.splice(i, 1);
          forms.unshift(form);
        }
        return new PlainHead(form.target, headers, form.names, end + 4);
      }
    }
    const form = formOf(text);
    if (form === null) {
      return null;
    }
    forms.unshift(form);
    forms.length = Math.min(forms.length, FORMS_MAX);
    return new PlainHead(form.target, { ...form.headers }, form.names, end + 4);
  }

  /** Headers of a head of this form, which remembers them; null for one that is not. */
  #headersOf(text: string, form: Form): Readonly<Record<string, string>> | null {
    const { start, labels, lines, names } = form;
    if (text.slice(0, start.length) !== start) {
      return null;
    }
    let changed = 0;
    let at = start.length;
    for (let i = 0; i < lines.length; i++) {
      const last = lines[i] as string;
      // A slice is compared many times faster than a place in a text.
      if (text.slice(at, at + last.length) === last) {
        at += last.length;
        continue;
      }
      const label = labels[i] as string;
      const valueAt = at + label.length;
      if (text.slice(at, valueAt) !== label) {
        return null;
      }
      const lineEnd = text.indexOf('\r', valueAt);
      const value = withoutBlanks(text, valueAt, lineEnd);
      if (!isUsual(names.lower[i] as string, value)) {
        return null;
      }
      this.#newPlaces[changed] = i;
      this.#newValues[changed] = value;
      this.#newLines[changed++] = text.slice(at, lineEnd + 2);
      at = lineEnd + 2;
    }
    if (at !== text.length) {
      return null;
    }
    for (let i = 0; i < changed; i++) {
      const place = this.#newPlaces[i] as number;
      lines[place] = this.#newLines[i] as string;
      form.headers[names.lower[place] as string] = this.#newValues[i] as string;
    }
    return { ...form.headers };
  }
}

/** A head that matches the pattern, up to its empty line; null when it is not plain after all. */
function formOf(text: string): Form | null {
  const headers: Record<string, string> = {};
  const sent: string[] = [];
  const lower: string[] = [];
  const lines: string[] = [];
  const start = text.slice(0, text.indexOf('\n') + 1);
  let at = start.length;
  while (at < text.length) {
    const colon = text.indexOf(':', at);
    const lineEnd = text.indexOf('\r', colon);
    const rawName = text.slice(at, colon);
    const name = rawName.toLowerCase();
    const value = withoutBlanks(text, colon + 1, lineEnd);
    if (name in headers || !isUsual(name, value)) {
      return null;
    }
    headers[name] = value;
    sent.push(rawName);
    lower.push(name);
    lines.push(text.slice(at, lineEnd + 2));
    at = lineEnd + 2;
  }
  if (headers['content-length'] === undefined) {
    return null;
  }
  const target = start.slice('POST '.length, -' HTTP/1.1\r\n'.length);
  const labels = sent.map((name) => `${name}:`);
  return { target, start, names: { sent, lower }, labels, lines, headers };
}

/** Whether a header leaves it at a body of known length that another request may follow. */
function isUsual(name: string, value: string): boolean {
  if (name === 'content-length') {
    return lengthPattern.test(value);
  }
  return name === 'connection' ? value.toLowerCase() === 'keep-alive' : !unusual.has(name);
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
