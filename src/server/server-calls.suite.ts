/**
 * Calls that tests of a whole server make: signed requests in, answers out; pages of the admin
 * port.
 */
import assert from 'node:assert/strict';
import { get, request as httpRequest } from 'node:http';
import type { Agent } from 'node:http';
import { request as httpsRequest } from 'node:https';
import aws4 from 'aws4';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Sends one signed request and reads the answer. */
export function call(
  endpoint: string,
  operation: string,
  input: object,
  agent?: Agent,
): Promise<Answer> {
  const url = new URL(endpoint);
  const body = JSON.stringify(input);
  const { headers } = aws4.sign(
    {
      service: 'kinesis',
      region: 'us-east-1',
      method: 'POST',
      path: '/',
      host: url.host,
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': `Kinesis_20131202.${operation}`,
      },
      body,
    },
    { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  );
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: headers as Record<string, string>, agent };
    const request = send(url, { ...options, rejectUnauthorized: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const parsed = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
        resolve({ status: response.statusCode ?? 0, body: parsed });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The body of an answer that must be 200. */
export async function succeed(
  endpoint: string,
  operation: string,
  input: object,
): Promise<Record<string, unknown>> {
  const { status, body } = await call(endpoint, operation, input);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

export async function untilActive(endpoint: string, StreamName: string): Promise<void> {
  for (;;) {
    const { StreamDescriptionSummary } = await succeed(endpoint, 'DescribeStreamSummary', {
      StreamName,
    });
    if ((StreamDescriptionSummary as { StreamStatus: string }).StreamStatus === 'ACTIVE') return;
  }
}

export function fetchText(url: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    }).on('error', reject);
  });
}
