/**
 * The network between simulated hosts, with the faults networks have.
 *
 * A partition loses nothing by itself: what is sent waits, and a connection breaks only when that
 * takes longer than a host would wait. A cut breaks connections at once. Each process has a `host`
 * of its own.
 */
import { crc32 } from '../../common/crc32.ts';
import { formatAddress, parseAddress } from '../address.ts';
import type { Connection, Listener, Network } from '../network.ts';
import type { Random } from '../random.ts';
import type { Fabric } from './connection.ts';
import { SimConnection } from './connection.ts';
import type { Scheduler } from './scheduler.ts';

export interface SimNetworkDependencies {
  readonly scheduler: Scheduler;
  readonly random: Random;
}

export interface SimNetworkOptions {
  /** One way, from and to, milliseconds. */
  readonly latencyMs?: readonly [number, number];
  readonly highWaterBytes?: number;
  readonly queueBytesMax?: number;
  /** A connection breaks when its hosts have been partitioned for so long. */
  readonly partitionMsMax?: number;
  /** Sees connections come and go; `Scheduler.note` puts it into the trace. */
  readonly note?: (line: string) => void;
}

const LATENCY_MS_DEFAULT = [0.05, 0.5] as const;
const HIGH_WATER_BYTES_DEFAULT = 1024 * 1024;
const QUEUE_BYTES_MAX_DEFAULT = 64 * 1024 * 1024;
const PARTITION_MS_MAX_DEFAULT = 20_000;

/** One message in so many takes so many times as long. */
const SLOW_ONE_IN = 100;
const SLOW_FACTOR = 20;

/** A request for a connection that got no answer is repeated after so long. */
const CONNECT_AGAIN_MS = 1000;

/** Where ports that the system chooses begin. */
const FIRST_FREE_PORT = 49_152;

type Accept = (connection: Connection) => void;

export class SimNetwork {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #fabric: Fabric;
  readonly #note: ((line: string) => void) | undefined;
  readonly #latencyMs: readonly [number, number];
  readonly #partitionMsMax: number;
  /** By `host:port`. */
  readonly #listeners = new Map<string, Accept>();
  readonly #ends = new Set<SimConnection>();
  /** Ends, closed ones too, whose bytes wait for a way to become free. */
  readonly #heldUp = new Set<SimConnection>();
  /** Ways that are blocked, as `from>to`, each with the number of its partition. */
  readonly #blocked = new Map<string, number>();
  readonly #slowness = new Map<string, number>();
  readonly #epochs = new Map<string, number>();
  #partitions = 0;
  #nextPort = FIRST_FREE_PORT;

  constructor({ scheduler, random }: SimNetworkDependencies, options: SimNetworkOptions = {}) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#note = options.note;
    this.#latencyMs = options.latencyMs ?? LATENCY_MS_DEFAULT;
    this.#partitionMsMax = options.partitionMsMax ?? PARTITION_MS_MAX_DEFAULT;
    this.#fabric = {
      scheduler,
      random,
      highWaterBytes: options.highWaterBytes ?? HIGH_WATER_BYTES_DEFAULT,
      queueBytesMax: options.queueBytesMax ?? QUEUE_BYTES_MAX_DEFAULT,
      latencyMs: (from, to) => this.#drawLatencyMs(from, to),
      isBlocked: (from, to) => this.#blocked.has(way(from, to)),
      forget: (end) => this.#ends.delete(end),
      noteBytes: (from, to, bytes) =>
        this.#note?.(`network bytes ${from} ${to} ${bytes.byteLength} ${crc32(bytes)}`),
      holdUp: (end) => this.#heldUp.add(end),
    };
  }

  /** The network as the process now running on host `name` sees it. */
  host(name: string): Network {
    const epoch = this.#epochs.get(name) ?? 0;
    const checkAlive = (): void => {
      if ((this.#epochs.get(name) ?? 0) !== epoch) {
        throw new Error(`the process on ${name} has died`);
      }
    };
    return {
      listen: async (address, accept): Promise<Listener> => {
        checkAlive();
        return this.#listen(name, address, accept);
      },
      connect: async (address, timeoutMs): Promise<Connection> => {
        checkAlive();
        const connection = await this.#connect(name, address, timeoutMs);
        if ((this.#epochs.get(name) ?? 0) !== epoch) {
          connection.destroy();
        }
        checkAlive();
        return connection;
      },
    };
  }

  /** Nothing gets from `a` to `b` or back until they are healed. */
  partition(a: string, b: string): void {
    this.block(a, b);
    this.block(b, a);
  }

  /** Nothing gets from `from` to `to`; the other way is free. */
  block(from: string, to: string): void {
    this.#partitions += 1;
    const number = this.#partitions;
    this.#blocked.set(way(from, to), number);
    this.#note?.(`network block ${from} ${to}`);
    const breakUp = (): void => {
      if (this.#blocked.get(way(from, to)) === number) {
        for (const end of between(this.#ends, from, to)) {
          end.close(new Error('the connection has timed out'));
        }
      }
    };
    this.#scheduler.schedule(this.#partitionMsMax, breakUp, true);
  }

  /** Both ways between `a` and `b` are free again, and what waited is sent. */
  heal(a: string, b: string): void {
    this.#blocked.delete(way(a, b));
    this.#blocked.delete(way(b, a));
    this.#note?.(`network heal ${a} ${b}`);
    for (const end of between(this.#heldUp, a, b)) {
      this.#heldUp.delete(end);
      end.resume();
    }
  }

  healAll(): void {
    for (const blocked of [...this.#blocked.keys()]) {
      const [from, to] = blocked.split('>') as [string, string];
      this.heal(from, to);
    }
  }

  /** Breaks every connection there is between `a` and `b`; new ones can be made. */
  cut(a: string, b: string): void {
    this.#note?.(`network cut ${a} ${b}`);
    for (const end of between(this.#ends, a, b)) {
      end.close(new Error('the connection was cut'));
    }
  }

  /** Breaks every connection of a host; new ones can be made. */
  dropConnections(host: string): void {
    for (const end of [...this.#ends]) {
      if (end.localHost === host || end.remoteHost === host) {
        end.close(new Error('the connection was cut'));
      }
    }
  }

  /** From now on everything between `a` and `b` takes `factor` times as long. */
  slowDown(a: string, b: string, factor: number): void {
    this.#slowness.set(way(a, b), factor);
    this.#slowness.set(way(b, a), factor);
  }

  /**
   * The process on a host dies: its listeners go, its peers are told, its own code hears nothing.
   */
  kill(host: string): void {
    this.#note?.(`network kill ${host}`);
    this.#epochs.set(host, (this.#epochs.get(host) ?? 0) + 1);
    for (const address of [...this.#listeners.keys()]) {
      if (ownerOf(address) === host) {
        this.#listeners.delete(address);
      }
    }
    for (const end of [...this.#ends]) {
      if (end.localHost === host) {
        end.vanish();
      }
    }
  }

  /** Ends of connections that are open now; two for each connection between living hosts. */
  get openEnds(): number {
    return this.#ends.size;
  }

  #listen(host: string, address: string, accept: Accept): Listener {
    const asked = parseAddress(address);
    const port = asked.port === 0 ? this.#takePort() : asked.port;
    const key = listenerKey(host, asked.host, port);
    if (ownerOf(key) !== host) {
      throw new Error(`${address} is not an address of ${host}`);
    }
    if (this.#listeners.has(key)) {
      throw new Error(`${address} is in use`);
    }
    this.#listeners.set(key, accept);
    return {
      address: formatAddress(EVERYWHERE.has(asked.host) ? host : asked.host, port),
      close: (): Promise<void> => {
        if (this.#listeners.get(key) === accept) {
          this.#listeners.delete(key);
        }
        return Promise.resolve();
      },
    };
  }

  #connect(from: string, address: string, timeoutMs: number): Promise<Connection> {
    const asked = parseAddress(address);
    const key = listenerKey(from, asked.host, asked.port);
    const to = ownerOf(key);
    return new Promise((resolve, reject) => {
      let settled = false;
      const timeout = this.#scheduler.schedule(timeoutMs, () => {
        settled = true;
        reject(new Error(`no connection to ${address} within ${timeoutMs} ms`));
      });
      const fail = (): void => {
        settled = true;
        timeout.cancel();
        reject(new Error(`connection to ${address} refused`));
      };
      const arrive = (): void => {
        if (settled) {
          return;
        }
        if (this.#blocked.has(way(from, to)) || this.#blocked.has(way(to, from))) {
          this.#scheduler.schedule(CONNECT_AGAIN_MS, arrive);
          return;
        }
        const accept = this.#listeners.get(key);
        if (accept === undefined) {
          this.#scheduler.schedule(this.#drawLatencyMs(to, from), fail);
          return;
        }
        const own = this.#join(from, to, address, accept);
        this.#scheduler.schedule(this.#drawLatencyMs(to, from), () => {
          if (settled) {
            own.destroy();
          } else {
            settled = true;
            timeout.cancel();
            resolve(own);
          }
        });
      };
      this.#scheduler.schedule(this.#drawLatencyMs(from, to), arrive);
    });
  }

  /** Makes the two ends of a connection, gives one to the listener and returns the other. */
  #join(from: string, to: string, address: string, accept: Accept): SimConnection {
    const own = new SimConnection(this.#fabric, from, to, address);
    const caller = formatAddress(from, this.#takePort());
    const other = new SimConnection(this.#fabric, to, from, caller);
    SimConnection.join(own, other);
    this.#ends.add(own).add(other);
    this.#note?.(`network connect ${from} ${to}`);
    accept(other);
    return own;
  }

  #takePort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === 65_535 ? FIRST_FREE_PORT : port + 1;
    return port;
  }

  #drawLatencyMs(from: string, to: string): number {
    const [least, most] = this.#latencyMs;
    const slow = this.#random.below(SLOW_ONE_IN) === 0 ? SLOW_FACTOR : 1;
    const factor = slow * (this.#slowness.get(way(from, to)) ?? 1);
    return (least + (most - least) * this.#random.next()) * factor;
  }
}

function between(ends: Iterable<SimConnection>, a: string, b: string): SimConnection[] {
  return [...ends].filter(
    ({ localHost, remoteHost }) =>
      (localHost === a && remoteHost === b) || (localHost === b && remoteHost === a),
  );
}

function way(from: string, to: string): string {
  return `${from}>${to}`;
}

/** Host names that mean the host itself, seen from itself only. */
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** Host names that mean all addresses of the host. */
const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Under which key a listener is found that `host` knows as `name:port`. */
function listenerKey(host: string, name: string, port: number): string {
  if (LOOPBACK.has(name)) {
    return `${host}>loopback>${port}`;
  }
  return `${EVERYWHERE.has(name) ? host : name}>${port}`;
}

/** The host that a listener's key belongs to. */
function ownerOf(key: string): string {
  return key.slice(0, key.indexOf('>'));
}
