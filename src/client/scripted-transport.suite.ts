/** A transport for tests that answers from a function and keeps what was asked. */
import type { HttpRequest, HttpResponse, HttpTransport, SendOptions } from './http-transport.ts';

export interface Asked {
  readonly operation: string;
  readonly input: Record<string, unknown>;
  readonly request: HttpRequest;
}

/** A body to answer with 200, a whole response, or an error to fail with. */
export type Answer = object | ServiceAnswer | Error;

export class ServiceAnswer {
  readonly response: HttpResponse;
  constructor(status: number, fields: object, headers: Readonly<Record<string, string>> = {}) {
    this.response = { status, headers, body: JSON.stringify(fields) };
  }
}

/** An answer that refuses. */
export function refusal(code: string, text = '', status = 400): ServiceAnswer {
  return new ServiceAnswer(status, { __type: code, message: text });
}

export class ScriptedTransport implements HttpTransport {
  readonly asked: Asked[] = [];
  closed = false;
  readonly #answer: (asked: Asked, number: number) => Answer | Promise<Answer>;

  constructor(answer: (asked: Asked, number: number) => Answer | Promise<Answer>) {
    this.#answer = answer;
  }

  async send(request: HttpRequest, _options: SendOptions): Promise<HttpResponse> {
    const operation = request.headers['X-Amz-Target']?.split('.')[1] ?? '';
    const asked = { operation, input: JSON.parse(request.body) as never, request };
    this.asked.push(asked);
    const answer = await this.#answer(asked, this.asked.length - 1);
    if (answer instanceof Error) throw answer;
    if (answer instanceof ServiceAnswer) return answer.response;
    return { status: 200, headers: {}, body: JSON.stringify(answer) };
  }

  close(): void {
    this.closed = true;
  }
}
