/**
 * The Network port: ordered byte streams between addresses, for Tailrace's own traffic.
 *
 * The public HTTP port is not built on this (it is Node's HTTP server, tested over real sockets);
 * everything between Tailrace's own servers is. The simulated form delays, partitions and cuts.
 */

export interface Connection {
  readonly remoteAddress: string;
  /**
   * Queues bytes, which must not be changed afterwards; returns false when more than the
   * connection's high-water mark waits to be sent. Drops the bytes and returns false once the
   * connection is ended.
   */
  write(bytes: Uint8Array): boolean;
  /** Bytes wait, and the peer is slowed down, until this is called. */
  onData(receive: (bytes: Uint8Array) => void): void;
  /** Called once, when the connection can carry no more bytes in either direction. */
  onClose(closed: (reason: Error | null) => void): void;
  /** Called whenever the send queue has fallen below the high-water mark again. */
  onDrain(drained: () => void): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes at once; queued bytes may be lost. */
  destroy(reason?: Error): void;
}

export interface Listener {
  /** `host:port`, with the port the system chose where 0 was asked. */
  readonly address: string;
  /** Stops accepting; connections that were accepted go on. */
  close(): Promise<void>;
}

export interface Network {
  listen(address: string, accept: (connection: Connection) => void): Promise<Listener>;
  /** Rejects when the peer cannot be reached within `timeoutMs`. */
  connect(address: string, timeoutMs: number): Promise<Connection>;
}
