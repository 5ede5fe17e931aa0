/**
 * Spreads requests over turns of the event loop: when many whole requests are there at once, only
 * so many are handled before input and output get their chance again.
 *
 * Without it a disk write that ends while requests are handled would wait for all of them; the disk
 * would stand still meanwhile, then have all of them to write at once while the processor waits.
 * Requests are handled in the order in which they came.
 */
import type { Clock } from '../runtime/clock.ts';
import type { ExchangeHandler, HttpReply, HttpRequest, Refusal } from './exchange.ts';

/** Bytes of requests after which the rest waits for the next turn. */
const TURN_BYTES = 256 * 1024;

/** What handling a request costs beside its bytes, expressed in bytes. */
const REQUEST_BYTES = 4 * 1024;

interface Waiting {
  readonly request: HttpRequest;
  readonly reply: HttpReply;
}

export class TurnHandler implements ExchangeHandler {
  readonly #clock: Clock;
  readonly #handler: ExchangeHandler;
  /** In order; bounded by the connections, and in bytes by what all bodies together may take. */
  #waiting: Waiting[] = [];
  /** Of this turn. */
  #bytes = 0;
  #isScheduled = false;

  constructor(clock: Clock, handler: ExchangeHandler) {
    this.#clock = clock;
    this.#handler = handler;
  }

  handle(request: HttpRequest, reply: HttpReply): void {
    if (this.#bytes >= TURN_BYTES) {
      this.#waiting.push({ request, reply });
    } else {
      this.#now(request, reply);
    }
  }

  refuse(request: HttpRequest, reply: HttpReply, why: Refusal): void {
    this.#handler.refuse(request, reply, why);
  }

  #now(request: HttpRequest, reply: HttpReply): void {
    this.#bytes += request.body.length + REQUEST_BYTES;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      this.#clock.soon(() => this.#turn());
    }
    this.#handler.handle(request, reply);
  }

  #turn(): void {
    this.#isScheduled = false;
    this.#bytes = 0;
    const waiting = this.#waiting;
    let count = 0;
    while (count < waiting.length && this.#bytes < TURN_BYTES) {
      const { request, reply } = waiting[count++] as Waiting;
      this.#now(request, reply);
    }
    this.#waiting = waiting.slice(count);
  }
}
