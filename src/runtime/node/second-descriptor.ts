/**
 * Another descriptor of an open file, with flags of its own, opened when it is first used.
 *
 * It is sure to be the same file: where the path has come to name another one there is none.
 */
import * as fs from 'node:fs';
import { platform } from 'node:process';

/**
 * Writes return when they are durable. Null where that cannot be had: on macOS only fsync reaches
 * the medium, Windows has no such flag in this form.
 */
export const DURABLE_FLAGS: number | null =
  platform === 'linux' ? fs.constants.O_WRONLY | fs.constants.O_DSYNC : null;
/** And go past the system's cache. */
export const DIRECT_FLAGS: number | null =
  DURABLE_FLAGS === null ? null : DURABLE_FLAGS | fs.constants.O_DIRECT;

/** Another descriptor of a file, opened when it is first used. */
export class SecondDescriptor {
  readonly #path: string;
  readonly #first: number;
  readonly #flags: number | null;
  /** Null until it is known; -1 where the host has no such thing. */
  #descriptor: number | null = null;
  #isGivenUp = false;

  constructor(file: string, first: number, flags: number | null) {
    this.#path = file;
    this.#first = first;
    this.#flags = flags;
  }

  /** Whether it is known to be of no use. */
  get isOff(): boolean {
    return this.#flags === null || this.#isGivenUp || this.#descriptor === -1;
  }

  /** Calls `used` with the descriptor, or -1. */
  use(used: (descriptor: number) => void): void {
    if (this.#flags === null || this.#descriptor !== null) {
      used(this.#descriptor ?? -1);
      return;
    }
    openAgain(this.#path, this.#first, this.#flags, (descriptor) => {
      if (this.#descriptor !== null && descriptor >= 0) {
        fs.close(descriptor, () => undefined); // Another write has opened one meanwhile.
      }
      this.#descriptor ??= descriptor;
      used(this.#descriptor);
    });
  }

  /** It has turned out to be of no use. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** For when all writes have ended and told their errors. */
  close(): void {
    if (this.#descriptor !== null && this.#descriptor >= 0) {
      fs.close(this.#descriptor, () => undefined);
    }
  }
}

/**
 * Opens the file behind `descriptor` once more. Gives -1 where the host cannot or the path has come
 * to name another file.
 */
function openAgain(
  file: string,
  descriptor: number,
  flags: number,
  opened: (descriptor: number) => void,
): void {
  fs.open(file, flags, (openError, second) => {
    if (openError) {
      opened(-1);
      return;
    }
    fs.fstat(descriptor, { bigint: true }, (ownError, own) => {
      fs.fstat(second, { bigint: true }, (otherError, other) => {
        if (ownError ?? otherError ?? (own.ino !== other.ino || own.dev !== other.dev)) {
          fs.close(second, () => opened(-1));
        } else {
          opened(second);
        }
      });
    });
  });
}
