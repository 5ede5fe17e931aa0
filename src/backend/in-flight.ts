/**
 * What has begun and not ended yet, counted so that somebody may wait for all of it, whatever
 * begins meanwhile: those that are counted together form a group, which nothing joins any more once
 * somebody waits for it.
 */

/** Some of what has begun. */
class Group {
  #count = 0;
  #wake: (() => void) | null = null;

  join(): void {
    this.#count++;
  }

  /** One of the group has ended. */
  end(): void {
    this.#count--;
    if (this.#count === 0) this.#wake?.();
  }

  /** Resolves when all of them have ended. To be asked once, when nothing joins any more. */
  ended(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

export class InFlight {
  #group = new Group();
  #before: Promise<unknown> = Promise.resolve();

  /** Something begins: whoever calls this calls `end` of what it gives, once. */
  begin(): Pick<Group, 'end'> {
    this.#group.join();
    return this.#group;
  }

  /** Resolves when all has ended that has begun by now. */
  async ended(): Promise<void> {
    const group = this.#group;
    this.#group = new Group();
    this.#before = Promise.all([this.#before, group.ended()]);
    await this.#before;
  }
}
