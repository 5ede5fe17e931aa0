/** A CliContext for tests: captured output, given input, chosen clock and transport. */
import type { HttpTransport } from '../client/http-transport.ts';
import { NodeHttpTransport } from '../client/node-http-transport.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeDisk } from '../runtime/node/disk.ts';
import { SimRandom } from '../runtime/sim/random.ts';
import type { CliContext, Input, Output } from './context.ts';
import { OutputClosedError } from './context.ts';
import { runCli } from './program.ts';

/** Keeps what is written, and tells when a text has appeared. */
export class CapturedOutput implements Output {
  readonly isTerminal: boolean;
  readonly columns = 80;
  readonly #bytesMax: number;
  readonly #closing: AbortController = new AbortController();
  #bytes: Buffer = Buffer.alloc(0);
  #watchers: { readonly wanted: (text: string) => boolean; readonly found: () => void }[] = [];

  /** Closed, as by `head`, after `bytesMax` bytes. */
  constructor(options: { readonly isTerminal?: boolean; readonly bytesMax?: number } = {}) {
    this.isTerminal = options.isTerminal ?? false;
    this.#bytesMax = options.bytesMax ?? Number.POSITIVE_INFINITY;
  }

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  get text(): string {
    return this.#bytes.toString('utf8');
  }

  async write(data: string | Uint8Array): Promise<void> {
    if (this.#bytes.length >= this.#bytesMax) {
      this.#closing.abort();
      throw new OutputClosedError('closed');
    }
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(data as Uint8Array)]);
    const { text } = this;
    for (const watcher of this.#watchers) if (watcher.wanted(text)) watcher.found();
  }

  /** Resolves once the text so far satisfies `wanted`. */
  until(wanted: (text: string) => boolean): Promise<void> {
    if (wanted(this.text)) return Promise.resolve();
    return new Promise((found) => this.#watchers.push({ wanted, found }));
  }
}

/** Input of these pieces, which then ends. */
export function inputOf(pieces: readonly (string | Uint8Array)[], isTerminal = false): Input {
  async function* chunks(): AsyncIterable<Uint8Array> {
    for (const piece of pieces) yield Buffer.from(piece as Uint8Array);
  }
  return { isTerminal, chunks, close: () => undefined };
}

export interface TestSetting {
  readonly stdin?: Input;
  readonly stdout?: CapturedOutput;
  readonly stderr?: CapturedOutput;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly disk?: Disk;
  readonly homeDirectory?: string;
  readonly workingDirectory?: string;
  readonly transport?: HttpTransport;
  readonly machine?: Partial<CliContext['machine']>;
  readonly interrupted?: AbortSignal;
}

export interface TestRun {
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  /** Resolves with the exit code. */
  readonly exit: Promise<number>;
}

/** Starts the command line; nothing of the host but its network and what the setting names. */
export function startCli(args: readonly string[], setting: TestSetting = {}): TestRun {
  const stdout = setting.stdout ?? new CapturedOutput();
  const stderr = setting.stderr ?? new CapturedOutput();
  const { transport } = setting;
  const context: CliContext = {
    stdin: setting.stdin ?? inputOf([]),
    stdout,
    stderr,
    env: setting.env ?? {},
    homeDirectory: setting.homeDirectory ?? '/nowhere',
    workingDirectory: setting.workingDirectory ?? '/nowhere',
    version: '1.2.3',
    clock: setting.clock ?? new NodeClock(),
    random: new SimRandom(1),
    disk: setting.disk ?? new NodeDisk(),
    machine: {
      nodeVersion: '24.1.0',
      platform: 'linux',
      architecture: 'x64',
      portProblem: async () => null,
      connectionQueueMax: async () => 4096,
      ...setting.machine,
    },
    openTransport: (options) => transport ?? new NodeHttpTransport(options),
    interrupted: () => setting.interrupted ?? new AbortController().signal,
  };
  return { stdout, stderr, exit: runCli(args, context) };
}

export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line to its end. */
export async function cli(args: readonly string[], setting: TestSetting = {}): Promise<Finished> {
  const { stdout, stderr, exit } = startCli(args, setting);
  const code = await exit;
  return { code, out: stdout.text, err: stderr.text };
}
