/**
 * Spreads requests over turns of the event loop: when many whole requests are there at once, only
 * so many are handled before input and output get their chance again.
 *
 * Without it a disk write that ends while requests are handled would wait for all of them; the disk
 * would stand still meanwhile, then have all of them to write at once while the processor waits.
 *
 * Requests on whose bodies work goes on elsewhere wait until it is done, or until there is nothing
 * else to do: then the oldest is handled as it is, and what is missing of its work is done here.
 * Among the others the order is that in which they came.
 */
import type { Clock } from '../runtime/clock.ts';
import type { ExchangeHandler, HttpReply, HttpRequest, Refusal } from './exchange.ts';

/** Bytes of requests after which the rest waits for the next turn. */
const TURN_BYTES = 256 * 1024;

/** A turn of the event loop that takes less than this had nothing to do, ms. */
const IDLE_MS = 0.03;

/** What handling a request costs beside its bytes, expressed in bytes. */
const REQUEST_BYTES = 4 * 1024;

interface Waiting {
  readonly request: HttpRequest;
  readonly reply: HttpReply;
}

export class TurnHandler implements ExchangeHandler {
  readonly #clock: Pick<Clock, 'soon' | 'monotonic'>;
  readonly #handler: ExchangeHandler;
  /** In order; bounded by the connections, and in bytes by what all bodies together may take. */
  #waiting: Waiting[] = [];
  /** Of this turn. */
  #bytes = 0;
  #isScheduled = false;
  /** When the turn before ended. */
  #endedMs = 0;

  constructor(clock: Pick<Clock, 'soon' | 'monotonic'>, handler: ExchangeHandler) {
    this.#clock = clock;
    this.#handler = handler;
  }

  handle(request: HttpRequest, reply: HttpReply): void {
    if (this.#bytes >= TURN_BYTES || !isReady(request)) {
      this.#waiting.push({ request, reply });
      this.#schedule();
    } else {
      this.#now(request, reply);
    }
  }

  refuse(request: HttpRequest, reply: HttpReply, why: Refusal): void {
    this.#handler.refuse(request, reply, why);
  }

  #now(request: HttpRequest, reply: HttpReply): void {
    this.#bytes += request.body.length + REQUEST_BYTES;
    this.#schedule();
    this.#handler.handle(request, reply);
  }

  #schedule(): void {
    if (this.#isScheduled) {
      return;
    }
    this.#isScheduled = true;
    this.#clock.soon(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    this.#bytes = 0;
    const waiting = this.#waiting;
    const isIdle = this.#clock.monotonic() - this.#endedMs < IDLE_MS;
    this.#waiting = waiting.filter(({ request, reply }) => {
      const isNow = this.#bytes < TURN_BYTES && isReady(request);
      if (isNow) this.#now(request, reply);
      return !isNow;
    });
    const oldest = this.#waiting[0];
    if (oldest !== undefined && this.#bytes === 0 && isIdle) {
      this.#waiting.shift();
      this.#now(oldest.request, oldest.reply);
    }
    if (this.#waiting.length > 0) {
      this.#schedule();
    }
    this.#endedMs = this.#clock.monotonic();
  }
}

function isReady({ work }: HttpRequest): boolean {
  return work?.isDone ?? true;
}
