// @ts-check
// The bench's end of the load generator process.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A load generator in a process of its own, warm from round to round. */
export class LoadWorker {
  #child = fork(fileURLToPath(new URL('./client/worker.mjs', import.meta.url)));

  /**
   * @param {import('./client/worker.mjs').Plan} plan
   * @returns {Promise<import('./client/worker.mjs').Round>}
   */
  run(plan) {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('the load generator ended'));
      this.#child.once('exit', onExit);
      this.#child.once('message', (/** @type {any} */ message) => {
        this.#child.removeListener('exit', onExit);
        if (message.round === undefined) reject(new Error(message.error));
        else resolve(message.round);
      });
      this.#child.send(plan);
    });
  }

  close() {
    this.#child.disconnect();
  }
}
