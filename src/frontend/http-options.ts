/**
 * Bounds of the HTTP listener. Every one of them exists so that a slow, silent, lying or greedy
 * client costs a known amount and is gone after a known time.
 */
import type { Buffers } from '../common/buffer-pool.ts';
import type { Clock } from '../runtime/clock.ts';
import type { BodyBudget } from './body-collector.ts';
import type { Deadlines } from './deadlines.ts';
import type { ExchangeHandler } from './exchange.ts';

/** Bytes read and thrown away after a refusal, before the connection is cut. */
export const LINGER_BYTES_MAX: number = 64 * 1024 * 1024;

/** Time given to a client to read a refusal, ms. */
export const LINGER_MS: number = 5_000;

export interface HttpLimits {
  /** Open connections; further ones are dropped at once. */
  readonly connectionsMax: number;
  /** All header fields of one request, bytes. */
  readonly headerBytesMax: number;
  /**
   * From accept to the end of the first request's head, and for the head of every later HTTP/1.1
   * request, ms.
   */
  readonly headerTimeoutMs: number;
  /** From the first byte of a request to the last of its body, ms. */
  readonly requestTimeoutMs: number;
  /** From a complete response to the peer having taken it, ms. */
  readonly responseTimeoutMs: number;
  /** An HTTP/1.1 connection between requests, ms. Longer than the pools of SDKs keep theirs. */
  readonly keepAliveMs: number;
  /** An HTTP/2 session without a stream, ms. */
  readonly sessionIdleMs: number;
  /** One request body, bytes. */
  readonly bodyBytesMax: number;
  /** All request bodies in memory together, bytes. */
  readonly bodiesBytesMax: number;
  /** Open streams of one HTTP/2 session. */
  readonly streamsMax: number;
}

export const defaultHttpLimits: HttpLimits = {
  connectionsMax: 20_000,
  headerBytesMax: 32 * 1024,
  headerTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  responseTimeoutMs: 60_000,
  keepAliveMs: 75_000,
  sessionIdleMs: 600_000,
  bodyBytesMax: 16 * 1024 * 1024,
  bodiesBytesMax: 256 * 1024 * 1024,
  streamsMax: 1_000,
};

/** What both HTTP versions need. */
export interface HttpParts {
  readonly clock: Clock;
  readonly limits: HttpLimits;
  readonly handler: ExchangeHandler;
  readonly bodies: BodyBudget;
  readonly deadlines: Deadlines;
  /** For the pieces of large answers. */
  readonly buffers: Buffers;
}
