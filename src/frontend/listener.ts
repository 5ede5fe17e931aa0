/**
 * The data port: one TCP port that speaks HTTP/1.1, HTTP/2 with prior knowledge, and both over TLS.
 *
 * The first bytes of a connection decide: a TLS handshake record, the HTTP/2 preface, or else
 * HTTP/1.1. The bytes are put back and the socket is handed to the right half. Nothing here knows
 * Kinesis. Every connection is bounded from its first moment, and `close` ends all of them within
 * the deadline it is given.
 */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Server as TlsServer, TLSSocket } from 'node:tls';
import type { Buffers } from '../common/buffer-pool.ts';
import type { Clock } from '../runtime/clock.ts';
import type { BodyBuffers } from '../runtime/body-buffers.ts';
import { BodyBudget } from './body-collector.ts';
import { Deadlines } from './deadlines.ts';
import type { Expiring } from './deadlines.ts';
import type { AcceptTurns } from '../runtime/accept-turns.ts';
import { noTurns } from '../runtime/accept-turns.ts';
import type { ExchangeHandler } from './exchange.ts';
import { Http1 } from './http1.ts';
import { Http2 } from './http2.ts';
import { PlainHttp1 } from './plain-http1.ts';
import type { HttpLimits } from './http-options.ts';
import { TurnHandler } from './turn-handler.ts';

/**
 * Connections the system may hold ready before they are accepted: as many as it allows by itself
 * (`net.core.somaxconn` on Linux), which it takes where this is more. When they are full, Linux
 * answers further ones from a cookie and keeps nothing of them, and some of those it resets later,
 * when their first bytes come.
 */
export const BACKLOG: number = 65_535;

/** First byte of a TLS handshake record. */
const TLS_HANDSHAKE = 0x16;

/** The first bytes of the HTTP/2 preface that no HTTP/1.1 method shares. */
const preface = Buffer.from('PRI');

const nothing = new Uint8Array(0);

export interface TlsIdentity {
  /** PEM, leaf first. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

export interface ListenerOptions {
  readonly limits: HttpLimits;
  /**
   * Null refuses TLS: such connections are closed. While it is a promise they wait; should it be
   * rejected, TLS is refused.
   */
  readonly tls: TlsIdentity | Promise<TlsIdentity> | null;
}

/** A bound socket of this thread without a server around it, as Node has it under `_handle`. */
export interface SocketHandle {
  readonly fd: number;
  /** Closing twice does nothing. */
  close(): void;
}

/**
 * Where to listen: an address, or a socket that is bound already and is this listener's own from
 * then on. Other threads may accept from the same through descriptors of theirs; they take turns.
 */
export type ListenTarget =
  | { readonly host: string; readonly port: number }
  | { readonly handle: SocketHandle; readonly turns: AcceptTurns };

export interface BoundAddress {
  readonly host: string;
  readonly port: number;
}

export interface ListenerDependencies {
  readonly clock: Clock;
  readonly handler: ExchangeHandler;
  /** For request bodies. */
  readonly bodies: BodyBuffers;
  /** For the pieces of large answers. */
  readonly buffers: Buffers;
}

export class HttpListener {
  readonly #clock: Clock;
  readonly #limits: HttpLimits;
  readonly #deadlines: Deadlines;
  readonly #http1: Http1;
  readonly #plain: PlainHttp1;
  readonly #http2: Http2;
  #tls: TlsServer | null = null;
  /** Settles when it is known whether there is TLS; never rejects. */
  readonly #tlsKnown: Promise<void> | null = null;
  readonly #server: Server;
  /** Every open connection, so that a drain can wait for them and finally cut them. */
  readonly #sockets = new Set<Socket>();
  /** Those that have not shown their protocol yet. */
  readonly #undecided = new Set<Silence>();
  readonly bodies: BodyBudget;
  #closed: Promise<void> | null = null;
  #emptied: (() => void) | null = null;
  #turns: AcceptTurns = noTurns;

  constructor(dependencies: ListenerDependencies, options: ListenerOptions) {
    const { clock } = dependencies;
    const { limits } = options;
    this.#clock = clock;
    this.#limits = limits;
    this.#deadlines = new Deadlines(clock);
    this.bodies = new BodyBudget(limits.bodiesBytesMax, dependencies.bodies);
    const handler = new TurnHandler(clock, dependencies.handler);
    const { bodies } = this;
    const parts = { ...dependencies, handler, limits, bodies, deadlines: this.#deadlines };
    this.#http1 = new Http1(parts);
    this.#plain = new PlainHttp1(parts, this.#http1);
    this.#http2 = new Http2(parts);
    if (options.tls instanceof Promise) {
      this.#tlsKnown = options.tls.then(
        (identity) => {
          this.#tls = this.#createTls(identity);
        },
        () => undefined,
      );
    } else if (options.tls !== null) {
      this.#tls = this.#createTls(options.tls);
    }
    this.#server = createServer({ noDelay: true, keepAlive: true, allowHalfOpen: true }, (socket) =>
      this.#accept(socket),
    );
    this.#server.maxConnections = limits.connectionsMax;
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  get sessionCount(): number {
    return this.#http2.sessionCount;
  }

  /** Rejects when the address cannot be bound. */
  listen(target: ListenTarget): Promise<BoundAddress> {
    return new Promise((resolve, reject) => {
      const listening = (): void => {
        this.#server.off('error', reject);
        // A failed accept (out of descriptors) must not end the process; the client sees its own
        // timeout.
        this.#server.on('error', () => {});
        const { address, port } = this.#server.address() as AddressInfo;
        resolve({ host: address, port });
      };
      this.#server.once('error', reject);
      if ('handle' in target) {
        this.#turns = target.turns;
        this.#server.listen(target.handle, BACKLOG, listening);
      } else {
        this.#server.listen({ ...target, backlog: BACKLOG }, listening);
      }
    });
  }

  /**
   * Stops accepting, lets requests finish (GOAWAY on HTTP/2, Connection: close on HTTP/1.1), cuts
   * what is left after `deadlineMs`. Resolves when no connection is open; later calls wait for the
   * first.
   */
  close(deadlineMs: number): Promise<void> {
    this.#closed ??= this.#drain(deadlineMs);
    return this.#closed;
  }

  async #drain(deadlineMs: number): Promise<void> {
    if (this.#server.listening) {
      this.#server.close();
    }
    for (const silence of this.#undecided) {
      silence.expire();
    }
    this.#plain.drain();
    this.#http1.drain();
    this.#http2.drain();
    const cut = this.#clock.after(deadlineMs, () => {
      for (const socket of this.#sockets) {
        socket.destroy();
      }
    });
    if (this.#sockets.size > 0) {
      await new Promise<void>((resolve) => {
        this.#emptied = resolve;
      });
    }
    cut.cancel();
    this.#http1.close();
    this.#deadlines.stop();
  }

  #createTls(identity: TlsIdentity): TlsServer {
    const server = createTlsServer({
      cert: identity.certificate,
      key: identity.key,
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: this.#limits.headerTimeoutMs,
      minVersion: 'TLSv1.2',
      allowHalfOpen: true,
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol === 'h2') {
        this.#http2.accept(socket);
      } else if (socket.alpnProtocol === 'http/1.1') {
        this.#plain.accept(socket);
      } else {
        this.#sniffWithin(socket);
      }
    });
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    this.#turns.accepted();
    socket.on('error', () => {});
    const silence = new Silence(socket, this.#deadlines.in(this.#limits.headerTimeoutMs));
    this.#deadlines.add(silence);
    this.#undecided.add(silence);
    socket.on('close', () => {
      this.#decide(silence);
      this.#sockets.delete(socket);
      this.#turns.closed();
      if (this.#sockets.size === 0) {
        this.#emptied?.();
      }
    });
    if (this.#closed !== null) {
      socket.destroy();
      return;
    }
    this.#sniff(socket, silence, (firstByte, isHttp2) =>
      this.#dispatch(socket, firstByte, isHttp2),
    );
  }

  /**
   * Some clients speak HTTP/2 over TLS without negotiating it (Java's, unless told otherwise), so
   * where ALPN said nothing the first decrypted bytes decide.
   */
  #sniffWithin(socket: TLSSocket): void {
    const silence = new Silence(socket, this.#deadlines.in(this.#limits.headerTimeoutMs));
    this.#deadlines.add(silence);
    this.#undecided.add(silence);
    socket.on('error', () => {});
    socket.on('close', () => this.#decide(silence));
    this.#sniff(socket, silence, (_firstByte, isHttp2) => {
      if (!isHttp2) {
        this.#plain.accept(socket);
        return;
      }
      // Node answers a secure socket that did not negotiate HTTP/2 with an error page.
      socket.alpnProtocol = 'h2';
      this.#http2.accept(socket);
    });
  }

  /** Looks at the first bytes, waiting for more while they could still be either protocol. */
  #sniff(
    socket: Socket,
    silence: Silence,
    dispatch: (firstByte: number, isHttp2: boolean) => void,
  ): void {
    let held: Uint8Array = nothing;
    const ended = (): void => {
      socket.destroy();
    };
    const readable = (): void => {
      const more = socket.read() as Uint8Array | null;
      if (more === null) {
        return;
      }
      held = held.length === 0 ? more : Buffer.concat([held, more]);
      const shared = sharedWithPreface(held);
      if (shared === held.length && shared < preface.length) {
        return;
      }
      socket.off('readable', readable);
      socket.off('end', ended);
      this.#decide(silence);
      socket.unshift(held);
      dispatch(held[0] as number, shared === preface.length);
    };
    socket.on('readable', readable);
    socket.on('end', ended);
  }

  #decide(silence: Silence): void {
    this.#deadlines.remove(silence);
    this.#undecided.delete(silence);
  }

  #handshake(socket: Socket): void {
    if (this.#tls === null || this.#closed !== null) {
      socket.destroy();
      return;
    }
    // Else a client that goes away during the handshake is noticed only by its timeout. Half-open
    // connections are a matter of the layer above, which keeps to it by itself.
    socket.allowHalfOpen = false;
    this.#tls.emit('connection', socket);
  }

  #dispatch(socket: Socket, firstByte: number, isHttp2: boolean): void {
    if (firstByte === TLS_HANDSHAKE) {
      if (this.#tls !== null || this.#tlsKnown === null) {
        this.#handshake(socket);
      } else {
        void this.#tlsKnown.then(() => this.#handshake(socket));
      }
    } else if (isHttp2) {
      this.#http2.accept(socket);
    } else {
      this.#plain.accept(socket);
    }
  }
}

/** Cuts a connection that has not shown its protocol in time. */
class Silence implements Expiring {
  deadlineMs: number;
  readonly #socket: Socket;

  constructor(socket: Socket, deadlineMs: number) {
    this.#socket = socket;
    this.deadlineMs = deadlineMs;
  }

  expire(): void {
    this.#socket.destroy();
  }
}

/** Number of leading bytes that `head` has in common with the HTTP/2 preface. */
function sharedWithPreface(head: Uint8Array): number {
  let shared = 0;
  while (shared < preface.length && shared < head.length && head[shared] === preface[shared]) {
    shared += 1;
  }
  return shared;
}
