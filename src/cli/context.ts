/**
 * What a command may touch: its streams, time, chance, files and the way to a server. Commands get
 * it as an argument and use no globals, so that tests run them in their own process.
 */
import type { HttpTransport } from '../client/http-transport.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Random } from '../runtime/random.ts';

export interface Output {
  readonly isTerminal: boolean;
  /** Width of the terminal in characters. */
  readonly columns: number;
  /**
   * Resolves when more may be written. Rejects with OutputClosedError when nobody reads any more.
   */
  write(data: string | Uint8Array): Promise<void>;
  /** Aborted when it turns out that nobody reads any more, which only a write can show. */
  readonly closed: AbortSignal;
}

export interface Input {
  readonly isTerminal: boolean;
  /** All bytes until the end; a slow reader slows down the writer. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Nothing more is wanted. */
  close(): void;
}

/** Facts about the machine, for `doctor`. */
export interface Machine {
  readonly nodeVersion: string;
  readonly platform: string;
  readonly architecture: string;
  /** Null when the port can be bound on the address, else why not (`EADDRINUSE`, …). */
  portProblem(host: string, port: number): Promise<string | null>;
  /** Most new connections of one port that the system holds ready; null where it does not tell. */
  connectionQueueMax(): Promise<number | null>;
}

export interface CliContext {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly workingDirectory: string;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly machine: Machine;
  openTransport(options: TransportOptions): HttpTransport;
  /**
   * Aborted when the user asks to stop. From the first call on that no longer ends the process by
   * itself.
   */
  interrupted(): AbortSignal;
}

export interface TransportOptions {
  readonly endpoint: URL;
  readonly connectionsMax: number;
  readonly insecure: boolean;
}

/** Whoever read an output has gone, as `head` does: a reason to stop, not to complain. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}

/** A failure in the user's words: what happened, and what to do about it. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly advice: string | null;
  constructor(message: string, advice: string | null = null) {
    super(message);
    this.advice = advice;
  }
}

/** The command has said everything; only the exit code is left. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}
