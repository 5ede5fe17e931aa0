/**
 * The signature parameters of a request, from its Authorization header or its query.
 *
 * Reading is as lenient about separators and order as the service is, and complains with its texts.
 */
import { Memo } from '../common/memo.ts';
import { ServiceError } from '../model/service-error.ts';
import { parseQuery } from './query.ts';
import type { QueryParameter } from './query.ts';
import { headerOf } from './signed-request.ts';
import type { SignedRequest } from './signed-request.ts';

export interface Authorization {
  readonly origin: 'header' | 'query';
  readonly algorithm: string;
  /** `key id/date/region/service/aws4_request`, unchecked. */
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  /** X-Amz-Date, or the Date header where that is missing; unchecked. */
  readonly date: string;
  readonly securityToken: string | null;
  readonly query: readonly QueryParameter[];
}

/** In the order in which the service names those that are missing. */
const headerParts = ['Credential', 'Signature', 'SignedHeaders'] as const;

const SIGNATURE_FIELD = 'Signature=';
/** SHA-256 in hexadecimal. */
const SIGNATURE_CHARS = 64;
const COMMA = 0x2c;
const BLANK = 0x20;

const queryParts = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
  'X-Amz-Date',
] as const;

/** Fields of an Authorization header, empty where they are missing, and what comes before them. */
interface HeaderFields {
  readonly algorithm: string;
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
}

/** Clients whose headers are remembered up to the signature, and how long those may be. */
const remembered = { entriesMax: 256, textMax: 1024 };

export class AuthorizationReader {
  /** By the header up to its signature, which a client repeats all day. */
  readonly #fields = new Memo(splitHeader, remembered);

  /**
   * Throws MissingAuthenticationToken, IncompleteSignature or, when the request is signed twice,
   * InvalidSignature.
   */
  read(request: SignedRequest): Authorization {
    return readAuthorization(request, this.#fields);
  }
}

function readAuthorization(request: SignedRequest, fields: Memo<HeaderFields>): Authorization {
  const header = headerOf(request, 'authorization') ?? '';
  const query = parseQuery(request.target);
  const signedByQuery = query.some(({ name }) => name === 'X-Amz-Algorithm');
  if (header !== '' && signedByQuery) {
    throw new ServiceError(
      'InvalidSignatureException',
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  }
  if (signedByQuery) {
    return fromQuery(query);
  }
  if (!header.startsWith('AWS4-') && !header.trim().startsWith('AWS4-')) {
    throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  return fromHeader(request, header, query, fields);
}

function fromHeader(
  request: SignedRequest,
  header: string,
  query: readonly QueryParameter[],
  fields: Memo<HeaderFields>,
): Authorization {
  const last = signatureAtEnd(header);
  const known = last < 0 ? splitHeader(header) : fields.get(header.slice(0, last));
  const { algorithm, credential, signedHeaders } = known;
  const signature = last < 0 ? known.signature : header.slice(last + SIGNATURE_FIELD.length);
  const date = headerOf(request, 'x-amz-date') ?? headerOf(request, 'date') ?? '';
  if (credential === '' || signature === '' || signedHeaders === '' || date === '') {
    const parts = { Credential: credential, Signature: signature, SignedHeaders: signedHeaders };
    throw incomplete(header, parts, date);
  }
  return {
    origin: 'header',
    algorithm,
    credential,
    signedHeaders,
    signature,
    date,
    securityToken: headerOf(request, 'x-amz-security-token') ?? null,
    query,
  };
}

/** Where the signature field of a header begins, with a whole one at its end; -1 where not. */
function signatureAtEnd(header: string): number {
  const at = header.length - SIGNATURE_FIELD.length - SIGNATURE_CHARS;
  if (at < 1 || !header.startsWith(SIGNATURE_FIELD, at)) {
    return -1;
  }
  const before = header.charCodeAt(at - 1);
  const isField = before === COMMA || before === BLANK;
  return isField && header.indexOf(',', at) < 0 && header.indexOf(' ', at) < 0 ? at : -1;
}

function incomplete(
  header: string,
  parts: Readonly<Record<(typeof headerParts)[number], string>>,
  date: string,
): ServiceError {
  let complaint = '';
  for (const part of headerParts) {
    if (parts[part] === '') {
      complaint += `Authorization header requires '${part}' parameter. `;
    }
  }
  if (date === '') {
    complaint +=
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  return new ServiceError('IncompleteSignatureException', `${complaint}Authorization=${header}`);
}

function splitHeader(header: string): HeaderFields {
  const [algorithm = '', ...fields] = header.split(/[, ]+/).filter((field) => field !== '');
  const parts = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf('=');
    if (equals > 0) {
      parts.set(field.slice(0, equals), field.slice(equals + 1));
    }
  }
  return {
    algorithm,
    credential: parts.get('Credential') ?? '',
    signedHeaders: parts.get('SignedHeaders') ?? '',
    signature: parts.get('Signature') ?? '',
  };
}

function fromQuery(query: readonly QueryParameter[]): Authorization {
  const parts = new Map<string, string>();
  for (const { name, value } of query) {
    // The first of several counts; all of them are signed, so none can be slipped in.
    if (!parts.has(name)) {
      parts.set(name, value);
    }
  }
  let complaint = '';
  for (const part of queryParts) {
    if ((parts.get(part) ?? '') === '') {
      complaint += `AWS query-string parameters must include '${part}'. `;
    }
  }
  if (complaint !== '') {
    throw new ServiceError(
      'IncompleteSignatureException',
      `${complaint}Re-examine the query-string parameters.`,
    );
  }
  return {
    origin: 'query',
    algorithm: parts.get('X-Amz-Algorithm') as string,
    credential: parts.get('X-Amz-Credential') as string,
    signedHeaders: parts.get('X-Amz-SignedHeaders') as string,
    signature: parts.get('X-Amz-Signature') as string,
    date: parts.get('X-Amz-Date') as string,
    securityToken: parts.get('X-Amz-Security-Token') ?? null,
    query,
  };
}
