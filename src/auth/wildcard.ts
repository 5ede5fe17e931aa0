/**
 * Patterns of policies: `*` for any run of characters, `?` for one, `${…}` for policy variables.
 *
 * Matching takes at most length times length steps, whatever the pattern, and what a variable
 * stands for is always taken literally, wildcards included.
 */

/** What policy variables stand for: the value, or null where there is none. */
export type VariableLookup = (name: string) => string | null;

type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'one' }
  | { readonly kind: 'variable'; readonly name: string; readonly byDefault: string | null };

const ANY = '*';
const ONE = '?';

/** Elements of a resolved pattern: UTF-16 units, or one of the two wildcards. */
const ANY_ELEMENT = -1;
const ONE_ELEMENT = -2;

export class Pattern {
  /** As written. */
  readonly source: string;
  readonly #tokens: readonly Token[];
  /** Null when variables have to be looked up first. */
  readonly #elements: readonly number[] | null;

  constructor(
    source: string,
    options: { readonly wildcards: boolean; readonly variables: boolean },
  ) {
    this.source = source;
    this.#tokens = tokenize(source, options);
    this.#elements = this.#tokens.some(({ kind }) => kind === 'variable')
      ? null
      : (elementsOf(this.#tokens, () => null) ?? []);
  }

  /** False when a variable without a value or a default occurs. */
  matches(text: string, lookup: VariableLookup): boolean {
    const elements = this.#elements ?? elementsOf(this.#tokens, lookup);
    return elements !== null && matchElements(elements, text);
  }

  /** The text a pattern without wildcards stands for; null as above. */
  text(lookup: VariableLookup): string | null {
    const elements = this.#elements ?? elementsOf(this.#tokens, lookup);
    return elements === null ? null : String.fromCharCode(...elements);
  }
}

function tokenize(
  source: string,
  { wildcards, variables }: { readonly wildcards: boolean; readonly variables: boolean },
): Token[] {
  const tokens: Token[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') {
      tokens.push({ kind: 'text', text });
      text = '';
    }
  };
  for (let at = 0; at < source.length; at++) {
    const character = source[at] as string;
    const end = variables && source.startsWith('${', at) ? source.indexOf('}', at) : -1;
    if (end > 0) {
      const token = variable(source.slice(at + 2, end));
      at = end;
      if (token.kind === 'text') {
        text += token.text;
      } else {
        flush();
        tokens.push(token);
      }
    } else if (wildcards && (character === ANY || character === ONE)) {
      flush();
      tokens.push({ kind: character === ANY ? 'any' : 'one' });
    } else {
      text += character;
    }
  }
  flush();
  return tokens;
}

/** `${*}`, `${?}` and `${$}` are the characters themselves. */
function variable(inside: string): Token {
  if (inside === ANY || inside === ONE || inside === '$') {
    return { kind: 'text', text: inside };
  }
  const match = /^\s*([^,]*?)\s*(?:,\s*'(.*)'\s*)?$/.exec(inside);
  return { kind: 'variable', name: match?.[1] ?? inside, byDefault: match?.[2] ?? null };
}

function elementsOf(tokens: readonly Token[], lookup: VariableLookup): number[] | null {
  const elements: number[] = [];
  for (const token of tokens) {
    if (token.kind === 'any' || token.kind === 'one') {
      elements.push(token.kind === 'any' ? ANY_ELEMENT : ONE_ELEMENT);
      continue;
    }
    const text = token.kind === 'text' ? token.text : (lookup(token.name) ?? token.byDefault);
    if (text === null) {
      return null;
    }
    for (let at = 0; at < text.length; at++) {
      elements.push(text.charCodeAt(at));
    }
  }
  return elements;
}

/** Greedy with one point of return: after a mismatch the last `*` takes one character more. */
function matchElements(elements: readonly number[], text: string): boolean {
  let at = 0;
  let element = 0;
  let starElement = -1;
  let starAt = 0;
  while (at < text.length) {
    const current = elements[element];
    if (current === ANY_ELEMENT) {
      starElement = element;
      starAt = at;
      element += 1;
    } else if (current === ONE_ELEMENT || current === text.charCodeAt(at)) {
      element += 1;
      at += 1;
    } else if (starElement >= 0) {
      starAt += 1;
      at = starAt;
      element = starElement + 1;
    } else {
      return false;
    }
  }
  while (elements[element] === ANY_ELEMENT) {
    element += 1;
  }
  return element === elements.length;
}

/** Parts of an ARN: `arn:partition:service:region:account:resource`. */
const ARN_PARTS = 6;

/**
 * An ARN in a policy: its six parts are matched one by one, so that no wildcard reaches over a
 * colon before the resource. A shorter pattern is completed by `*`; `*` alone is every ARN.
 */
export class ArnPattern {
  readonly source: string;
  readonly #parts: readonly Pattern[] | null;

  constructor(source: string, variables: boolean) {
    this.source = source;
    this.#parts =
      source === ANY
        ? null
        : arnParts(source).map((part) => new Pattern(part, { wildcards: true, variables }));
  }

  matches(arn: string, lookup: VariableLookup): boolean {
    if (this.#parts === null) {
      return true;
    }
    const parts = arnParts(arn);
    return this.#parts.every((pattern, at) => pattern.matches(parts[at] as string, lookup));
  }
}

/** Colons inside `${…}` do not separate parts. */
function arnParts(text: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const character of text) {
    depth += character === '{' ? 1 : 0;
    depth -= character === '}' && depth > 0 ? 1 : 0;
    if (character === ':' && depth === 0 && parts.length < ARN_PARTS) {
      parts.push('');
    } else {
      parts[parts.length - 1] += character;
    }
  }
  while (parts.length < ARN_PARTS) {
    parts.push(ANY);
  }
  return parts;
}
