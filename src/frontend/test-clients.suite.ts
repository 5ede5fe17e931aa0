/**
 * Small real-socket clients for the tests of the front end: HTTP/1.1, HTTP/2 with prior knowledge,
 * both over TLS, and bare bytes.
 */
import { request as httpRequest } from 'node:http';
import { connect as http2Connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { connect as netConnect } from 'node:net';
import { generate } from 'selfsigned';
import type { TlsIdentity } from './listener.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly body: Buffer;
}

export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export type Ask = (port: number, question: Question) => Promise<Answer>;

/** A throw-away certificate; elliptic, because making an RSA key takes long. */
export async function makeIdentity(): Promise<TlsIdentity> {
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
  return { certificate: pems.cert, key: pems.private };
}

function askHttp1(secure: boolean): Ask {
  return (port, question) =>
    new Promise((resolve, reject) => {
      const send = secure ? httpsRequest : httpRequest;
      const call = send(
        {
          host: '127.0.0.1',
          port,
          method: question.method ?? 'POST',
          path: question.path ?? '/',
          headers: question.headers,
          rejectUnauthorized: false,
          agent: false,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const { statusCode, headers } = response;
            resolve({ status: statusCode ?? 0, headers, body: Buffer.concat(chunks) });
          });
        },
      );
      call.on('error', reject);
      call.end(question.body);
    });
}

function askHttp2(scheme: 'http' | 'https'): Ask {
  return (port, question) =>
    new Promise((resolve, reject) => {
      const session = http2Connect(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
      session.on('error', reject);
      const stream = session.request({
        ':method': question.method ?? 'POST',
        ':path': question.path ?? '/',
        ...question.headers,
      });
      const chunks: Buffer[] = [];
      let answer: Omit<Answer, 'body'> | null = null;
      stream.on('response', (headers) => {
        answer = { status: headers[':status'] ?? 0, headers };
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('close', () => {
        session.close();
        if (answer === null) {
          reject(new Error(`no answer, code ${stream.rstCode}`));
        } else {
          resolve({ ...answer, body: Buffer.concat(chunks) });
        }
      });
      stream.end(question.body);
    });
}

/** Every way to reach the data port. */
export const ways: Readonly<Record<string, Ask>> = {
  'HTTP/1.1': askHttp1(false),
  h2c: askHttp2('http'),
  'TLS HTTP/1.1': askHttp1(true),
  'TLS h2': askHttp2('https'),
};

/**
 * Sends `pieces` as separate writes and resolves with everything received until the server closes.
 */
export function sendBytes(port: number, pieces: readonly (Uint8Array | string)[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = netConnect({ host: '127.0.0.1', port, noDelay: true });
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
    const next = (at: number): void => {
      const piece = pieces[at];
      if (piece !== undefined) {
        socket.write(piece, () => next(at + 1));
      }
    };
    next(0);
  });
}
