/** The CliContext of a real process. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { isatty } from 'node:tty';
import { NodeHttpTransport } from '../client/node-http-transport.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeDisk } from '../runtime/node/disk.ts';
import { NodeRandom } from '../runtime/node/random.ts';
import type { CliContext, Input, Output } from './context.ts';
import { OutputClosedError } from './context.ts';

export function nodeContext(version: string): CliContext {
  let interrupts: AbortController | null = null;
  return {
    stdin: nodeInput(),
    stdout: new NodeOutput(process.stdout),
    stderr: new NodeOutput(process.stderr),
    env: process.env,
    homeDirectory: homedir(),
    workingDirectory: process.cwd(),
    version,
    clock: new NodeClock(),
    random: new NodeRandom(),
    disk: new NodeDisk(),
    machine: {
      nodeVersion: process.versions.node,
      platform: process.platform,
      architecture: process.arch,
      portProblem,
      connectionQueueMax,
    },
    openTransport: (options) => new NodeHttpTransport(options),
    interrupted: () => {
      interrupts ??= abortOnSignals();
      return interrupts.signal;
    },
  };
}

/** The signal that no longer asks but ends: npm passes on a Ctrl-C, so one may make two. */
const signalsMax = 3;

function abortOnSignals(): AbortController {
  const controller = new AbortController();
  let signals = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      signals++;
      if (signals >= signalsMax) process.exit(signal === 'SIGINT' ? 130 : 143);
      controller.abort();
    });
  }
  return controller;
}

/** Standard input is opened when it is asked for: opening it is not always possible. */
function nodeInput(): Input {
  return {
    isTerminal: isatty(0),
    chunks: () => process.stdin as AsyncIterable<Uint8Array>,
    close: () => void process.stdin.destroy(),
  };
}

/** Widths of terminals that do not tell theirs. */
const columnsUnknown = 80;

class NodeOutput implements Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #closing: AbortController = new AbortController();
  #failure: Error | null = null;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const gone = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
      this.#failure = gone ? new OutputClosedError('the output is closed') : error;
      this.#closing.abort();
    });
  }

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns ?? columnsUnknown;
  }

  async write(data: string | Uint8Array): Promise<void> {
    this.#check();
    if (this.#stream.write(data)) return;
    // `once` rejects when the stream fails instead of draining.
    await once(this.#stream, 'drain').catch(() => undefined);
    this.#check();
  }

  #check(): void {
    if (this.#failure instanceof Error) throw this.#failure;
  }
}

function portProblem(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** Linux tells it in a file; elsewhere a program would be needed. */
async function connectionQueueMax(): Promise<number | null> {
  const text = await readFile('/proc/sys/net/core/somaxconn', 'utf8').catch(() => '');
  const max = Number.parseInt(text, 10);
  return Number.isNaN(max) ? null : max;
}
