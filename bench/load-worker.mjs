// @ts-check
// The bench's end of the load generator process.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {import('./client/worker.mjs').Round} Round
 * @typedef {import('./client/fan-out-worker.mjs').FanOutPlan} FanOutPlan
 * @typedef {import('./client/fan-out-worker.mjs').FanOutRound} FanOutRound
 */

/** A load generator in a process of its own, warm from round to round. */
export class LoadWorker {
  #child;

  /** @param {'worker.mjs' | 'fan-out-worker.mjs'} [program] */
  constructor(program = 'worker.mjs') {
    this.#child = fork(fileURLToPath(new URL(`./client/${program}`, import.meta.url)));
  }

  /**
   * @template {import('./client/worker.mjs').Plan | FanOutPlan} P
   * @param {P} plan
   * @returns {Promise<P extends FanOutPlan ? FanOutRound : Round>}
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
