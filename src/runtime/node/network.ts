/**
 * The Network of the host: plain TCP sockets without Nagle's delay.
 */
import type { AddressInfo, Server, Socket } from 'node:net';
import * as net from 'node:net';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { formatAddress, parseAddress } from '../address.ts';
import type { Connection, Listener, Network } from '../network.ts';

/** Idle connections are probed, so that a peer that vanished without a word is noticed. */
const KEEP_ALIVE_MS = 10_000;

/** Longest delay a host timer can hold; longer ones would fire at once. */
const HOST_DELAY_MS_MAX = 2 ** 31 - 1;

/** Queued bytes above which `write` answers false. */
const HIGH_WATER_BYTES = 1024 * 1024;

export class NodeNetwork implements Network {
  listen(address: string, accept: (connection: Connection) => void): Promise<Listener> {
    const { host, port } = parseAddress(address);
    return new Promise((resolve, reject) => {
      const server = net.createServer(
        { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, ...FLOW },
        (socket) => accept(new NodeConnection(socket)),
      );
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        // Out of descriptors while accepting: that connection is lost, the listener goes on.
        server.on('error', () => undefined);
        resolve(new NodeListener(server));
      });
    });
  }

  connect(address: string, timeoutMs: number): Promise<Connection> {
    const { host, port } = parseAddress(address);
    return new Promise((resolve, reject) => {
      const socket = net.connect({
        host,
        port,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_MS,
        ...FLOW,
      });
      const timeout = setTimeout(
        () => socket.destroy(new Error(`no connection to ${address} within ${timeoutMs} ms`)),
        Math.min(timeoutMs, HOST_DELAY_MS_MAX),
      );
      const fail = (error: Error): void => {
        clearTimeout(timeout);
        reject(error);
      };
      socket.once('error', fail);
      socket.once('connect', () => {
        clearTimeout(timeout);
        socket.off('error', fail);
        resolve(new NodeConnection(socket));
      });
    });
  }
}

/** Accepted by `net` for both kinds of socket, though its types know it for neither. */
const FLOW: object = { highWaterMark: HIGH_WATER_BYTES };

class NodeListener implements Listener {
  readonly address: string;
  readonly #server: Server;

  constructor(server: Server) {
    const bound = server.address() as AddressInfo;
    this.address = formatAddress(bound.address, bound.port);
    this.#server = server;
  }

  close(): Promise<void> {
    // The listening socket is gone at once; the server's own callback waits for every connection.
    this.#server.close();
    return new Promise((resolve) => setImmediate(resolve));
  }
}

class NodeConnection implements Connection {
  readonly remoteAddress: string;
  readonly #socket: Socket;
  #reason: Error | null = null;
  #ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddress = formatAddress(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0);
    socket.on('error', (error) => {
      this.#reason = error;
    });
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended || !this.#socket.writable) {
      return false;
    }
    return this.#socket.write(bytes);
  }

  onData(receive: (bytes: Uint8Array) => void): void {
    this.#socket.on('data', receive);
  }

  onClose(closed: (reason: Error | null) => void): void {
    if (this.#socket.closed) {
      setImmediate(() => closed(this.#reason));
    } else {
      this.#socket.once('close', () => closed(this.#reason));
    }
  }

  onDrain(drained: () => void): void {
    this.#socket.on('drain', drained);
  }

  end(): void {
    this.#ended = true;
    this.#socket.end();
  }

  destroy(reason?: Error): void {
    this.#ended = true;
    this.#socket.destroy(reason);
  }
}
