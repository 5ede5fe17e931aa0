/**
 * The Clock of the host: wall time from the system, monotonic time from the process, real timers.
 *
 * `after` and `every` never keep the process alive; `sleep` does, because somebody awaits it.
 */
import { performance } from 'node:perf_hooks';
import { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from 'node:timers';
import type { Clock, Timer } from '../clock.ts';

/** Longest delay a host timer can hold; longer ones would fire at once, so they are chained. */
const HOST_DELAY_MS_MAX = 2 ** 31 - 1;

export class NodeClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(delayMs: number, run: () => void): Timer {
    return startTimer(delayMs, false, run);
  }

  every(periodMs: number, run: () => void): Timer {
    if (!(periodMs > 0 && periodMs <= HOST_DELAY_MS_MAX)) {
      throw new RangeError(`period out of range: ${periodMs} ms`);
    }
    const interval = setInterval(run, periodMs);
    interval.unref();
    return { cancel: () => clearInterval(interval) };
  }

  soon(run: () => void): void {
    setImmediate(run);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const timer = startTimer(delayMs, true, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      const abort = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}

function startTimer(delayMs: number, keepAlive: boolean, run: () => void): Timer {
  if (!(delayMs >= 0)) {
    throw new RangeError(`delay out of range: ${delayMs} ms`);
  }
  let leftMs = delayMs;
  let handle: NodeJS.Timeout;
  const arm = (): void => {
    const stepMs = Math.min(leftMs, HOST_DELAY_MS_MAX);
    leftMs -= stepMs;
    handle = setTimeout(leftMs > 0 ? arm : run, stepMs);
    if (!keepAlive) {
      handle.unref();
    }
  };
  arm();
  return { cancel: () => clearTimeout(handle) };
}
