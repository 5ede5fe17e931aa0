/**
 * The front ends of a server, each in a thread of its own: started, fed, replaced when one dies,
 * and stopped together.
 *
 * A front end that dies takes its connections with it and nothing else: what was acknowledged is
 * stored. Another one takes its place, at a bounded rate.
 */
import type { CredentialFile, CredentialSource } from '../auth/credential-file.ts';
import { BackendHost, BACKEND_HOST_DEFAULTS } from '../backend/backend-host.ts';
import type { DirectoryFeed } from '../cache/directory-feed.ts';
import type { BufferPool } from '../common/buffer-pool.ts';
import { TokenBucket } from '../common/token-bucket.ts';
import { lastingPart, sumExpositions } from '../metrics/exposition-sum.ts';
import type { Backend } from '../model/data-plane.ts';
import type { BodyKernels } from '../runtime/body-buffers.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Lease, Os } from '../runtime/os.ts';
import { Rpc, RpcError } from '../runtime/rpc.ts';
import { BodyBorrower } from '../runtime/shown-bodies.ts';
import type { Thread, Threads } from '../runtime/threads.ts';
import type { FrontEndHost } from './front-end-host.ts';
import type { FrontEndData } from './front-end-thread.ts';
import { FRONT_END_CALLS_MAX } from './front-end-thread.ts';
import { frontEndKinds, writeCertificate, writeCredentials } from './front-end-wire.ts';
import type { Log } from './log.ts';
import type { PemIdentity } from './self-signed.ts';

export interface FrontEndsDependencies {
  readonly clock: Clock;
  readonly os: Os;
  readonly threads: Threads;
  readonly log: Log;
  readonly backend: Backend;
  /** For records on their way to front ends. */
  readonly buffers: BufferPool;
  /** Those of the memory in which front ends decode bodies. */
  readonly kernels: BodyKernels;
  readonly feed: DirectoryFeed;
  readonly host: Pick<FrontEndHost, 'add'>;
  /** Null where signatures are not checked. */
  readonly credentials: CredentialFile | null;
  /** A front end does not accept any more. */
  readonly left: (number: number) => void;
}

export interface FrontEndsOptions {
  readonly count: number;
  /** What each is started with, beside its number, from 1. */
  readonly data: Omit<FrontEndData, 'number' | 'certificate'>;
  readonly certificate: PemIdentity | Promise<PemIdentity> | null;
  /** Each is asked for its metrics so often, so that little is forgotten when it dies, ms. */
  readonly lookMs: number;
  /** One that has not answered by then is stuck, and is ended. */
  readonly stuckMs: number;
}

export const FRONT_ENDS_DEFAULTS: Pick<FrontEndsOptions, 'lookMs' | 'stuckMs'> = {
  lookMs: 5_000,
  stuckMs: 30_000,
};

const entry = new URL('./front-end-main.js', import.meta.url);

/** Calls of the server that wait for one front end. */
const callsMax = 16;
/** Metrics of one that does not answer in this time are those it gave last. */
const metricsMs = 1_000;
/** Dead front ends are replaced so often per second, and so many at once. */
const restartsPerSecond = 0.2;
const restartsBurst = 5;
const drainSlackMs = 500;
/** One that starts while all are stopped is waited for so long. */
const startMs = 2_000;

interface Running {
  readonly number: number;
  readonly thread: Thread;
  readonly rpc: Rpc;
  /** Its metrics as it gave them last. */
  metrics: string;
  /** Whether it is being looked at. */
  asked: boolean;
  /** Whether it listens. */
  isReady: boolean;
  /** Resolves when it does, or has ended. */
  started: Promise<unknown>;
}

export class FrontEnds {
  readonly #dependencies: FrontEndsDependencies;
  readonly #options: FrontEndsOptions;
  readonly #running = new Set<Running>();
  readonly #restarts: TokenBucket;
  readonly #leases: Lease[] = [];
  readonly #stopFeeding: () => void;
  readonly #looking: Timer;
  /** What the certificate is by now; a promise of one is awaited once. */
  #certificate: PemIdentity | 'later' | 'none' | 'failed';
  /** Counts of front ends that are gone. */
  #gone = '';
  #closing = false;
  /** Front ends that died. */
  deaths = 0;

  private constructor(dependencies: FrontEndsDependencies, options: FrontEndsOptions) {
    const { clock, credentials } = dependencies;
    this.#dependencies = dependencies;
    this.#options = options;
    this.#restarts = new TokenBucket(restartsPerSecond, restartsBurst, clock.monotonic());
    this.#looking = clock.every(options.lookMs, () => {
      for (const running of this.#running) void this.#look(running);
    });
    const { certificate } = options;
    this.#certificate =
      certificate === null ? 'none' : certificate instanceof Promise ? 'later' : certificate;
    if (certificate instanceof Promise) {
      certificate.then(
        (made) => this.#certificateMade(made),
        () => this.#certificateMade(null),
      );
    }
    this.#stopFeeding =
      credentials?.onChange((source) => this.#credentialsChanged(source)) ?? (() => undefined);
  }

  /** Resolves when all of them listen; rejects when one cannot. */
  static async open(
    dependencies: FrontEndsDependencies,
    options: FrontEndsOptions,
  ): Promise<FrontEnds> {
    const frontEnds = new FrontEnds(dependencies, options);
    try {
      frontEnds.#leases.push(dependencies.os.acquire('threads', options.count));
      const numbers = Array.from({ length: options.count }, (_, i) => i + 1);
      await Promise.all(numbers.map((number) => frontEnds.#start(number)));
      return frontEnds;
    } catch (error) {
      await frontEnds.close(0);
      throw error;
    }
  }

  /** Front ends at work. */
  get count(): number {
    return [...this.#running].filter(({ isReady }) => isReady).length;
  }

  /** The metrics of all front ends together, in Prometheus' text format. */
  async metrics(): Promise<string> {
    const texts = await Promise.all(
      [...this.#running].map(async (running) => {
        // One that is busy or gone: what it gave last is nearly as good.
        await this.#ask(running, metricsMs).catch(() => undefined);
        return running.metrics;
      }),
    );
    return sumExpositions([this.#gone, ...texts]);
  }

  async #ask(running: Running, withinMs: number): Promise<void> {
    const body = await running.rpc.call(frontEndKinds.metrics, withinMs, () => undefined);
    running.metrics = body.text();
  }

  /** Keeps the metrics of a front end, and ends it when it is stuck. */
  async #look(running: Running): Promise<void> {
    if (running.asked) return;
    running.asked = true;
    try {
      await this.#ask(running, this.#options.stuckMs);
    } catch (error) {
      if (!(error instanceof RpcError) || error.reason !== 'late') return;
      this.#dependencies.log.error({ frontEnd: running.number }, 'a front end is stuck');
      await running.thread.terminate();
    } finally {
      running.asked = false;
    }
  }

  /**
   * Starts no more, and waits for those that are about to listen: after this nobody copies the
   * server's socket.
   */
  async startNoMore(): Promise<void> {
    this.#closing = true;
    const starting = [...this.#running].filter(({ isReady }) => !isReady);
    const over = Promise.all(starting.map(({ started }) => started));
    await Promise.race([over, this.#dependencies.clock.sleep(startMs)]);
  }

  /** Lets requests finish for at most `drainMs`, then ends the threads. */
  async close(drainMs: number): Promise<void> {
    await this.startNoMore();
    this.#looking.cancel();
    this.#stopFeeding();
    await Promise.all(
      [...this.#running].map(async ({ rpc, thread }) => {
        if (drainMs > 0) {
          const drained = rpc.call(frontEndKinds.drain, drainMs + drainSlackMs, () => undefined);
          await drained.catch((error: unknown) =>
            this.#dependencies.log.warn(
              { err: error },
              'a front end was stopped before it was done',
            ),
          );
        }
        await thread.terminate();
      }),
    );
    for (const lease of this.#leases.splice(0)) lease.release();
  }

  /** Starts one and resolves when it listens; rejects when it ends before that. */
  async #start(number: number): Promise<void> {
    if (this.#closing) return;
    const { clock, threads, log, feed, host, backend, credentials } = this.#dependencies;
    const { buffers, kernels } = this.#dependencies;
    const certificate = this.#certificate === 'failed' ? 'none' : this.#certificate;
    const data: FrontEndData = { ...this.#options.data, number, certificate };
    const thread = threads.start(entry, data);
    const onProblem = (error: unknown): void =>
      log.error({ err: error, frontEnd: number }, 'the link to a front end has a problem');
    const rpc = new Rpc(
      { link: thread.link, clock, onProblem },
      { callsMax, servedMax: FRONT_END_CALLS_MAX },
    );
    const ready = new Promise<void>((resolve) => {
      rpc.hear(frontEndKinds.ready, () => {
        running.isReady = true;
        resolve();
      });
    });
    const started = Promise.race([ready, thread.ended]);
    const running: Running = {
      number,
      thread,
      rpc,
      metrics: '',
      asked: false,
      isReady: false,
      started,
    };
    const borrower = new BodyBorrower(kernels);
    rpc.onShown((bodies) => borrower.see(bodies));
    new BackendHost({ backend, rpc, buffers, borrower }, BACKEND_HOST_DEFAULTS);
    host.add(rpc);
    this.#running.add(running);
    // A link that is broken off while the thread lives on leaves it without a purpose.
    rpc.onClose(() => void thread.terminate());
    if (credentials !== null) this.#sendCredentials(rpc, credentials.source);
    feed.add(rpc);
    rpc.start();
    const ended = thread.ended.then((reason) => this.#ended(running, reason));
    await started;
    if (!running.isReady && !this.#closing) {
      throw (await ended) ?? new Error('a front end ended at its start');
    }
    if (running.isReady) void ended.then((reason) => this.#replace(number, reason));
  }

  #ended(running: Running, reason: Error | null): Error | null {
    this.#running.delete(running);
    this.#dependencies.left(running.number);
    this.#gone = sumExpositions([this.#gone, lastingPart(running.metrics)]);
    return reason;
  }

  async #replace(number: number, reason: Error | null): Promise<void> {
    const { clock, log } = this.#dependencies;
    if (this.#closing) return;
    this.deaths++;
    log.error({ err: reason, frontEnd: number }, 'a front end died; another one takes its place');
    while (!this.#closing) {
      while (!this.#restarts.tryTake(1, clock.monotonic())) await clock.sleep(1_000);
      try {
        await this.#start(number);
        return;
      } catch (error) {
        log.error({ err: error, frontEnd: number }, 'a front end could not be started');
      }
    }
  }

  #certificateMade(made: PemIdentity | null): void {
    this.#certificate = made ?? 'failed';
    for (const { rpc } of this.#running) {
      rpc.notify(frontEndKinds.certificate, (writer) => writeCertificate(writer, made));
    }
  }

  #credentialsChanged(source: CredentialSource): void {
    for (const { rpc } of this.#running) this.#sendCredentials(rpc, source);
  }

  #sendCredentials(rpc: Rpc, source: CredentialSource): void {
    rpc.notify(frontEndKinds.credentials, (writer) => writeCredentials(writer, source));
  }
}
