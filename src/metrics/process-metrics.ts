/**
 * What every server measures of its own process: memory, CPU time, and how late timers fire, which
 * is how long a request may wait before anything looks at it.
 */
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Os } from '../runtime/os.ts';
import { durationBuckets, type MetricsRegistry } from './registry.ts';

/** How often the delay of the event loop is sampled. */
const lagPeriodMs = 500;

export interface ProcessMetricsDependencies {
  readonly clock: Clock;
  readonly os: Os;
  readonly registry: MetricsRegistry;
}

/** Registers the metrics and starts sampling; cancel the timer to stop. */
export function measureProcess({ clock, os, registry }: ProcessMetricsDependencies): Timer {
  registry.measured(
    { name: 'process_resident_memory_bytes', help: 'Resident memory of the process.' },
    () => os.residentBytes(),
  );
  registry.counted(
    { name: 'process_cpu_seconds_total', help: 'CPU time used by the process.' },
    () => os.cpuMs() / 1000,
  );
  for (const resource of ['threads', 'descriptors', 'connections'] as const) {
    registry.measured(
      { name: `tailrace_${resource}_in_use`, help: `Number of ${resource} acquired.` },
      () => os.inUse(resource),
    );
  }
  return measureEventLoop({ clock, registry });
}

/** How late timers fire in this thread. Cancel the timer to stop sampling. */
export function measureEventLoop({
  clock,
  registry,
}: Omit<ProcessMetricsDependencies, 'os'>): Timer {
  const lag = registry.histogram(
    { name: 'tailrace_event_loop_lag_seconds', help: 'How late a timer fired.' },
    durationBuckets,
  );
  let dueMs = clock.monotonic() + lagPeriodMs;
  return clock.every(lagPeriodMs, () => {
    const nowMs = clock.monotonic();
    lag.observe(Math.max(0, nowMs - dueMs) / 1000);
    dueMs = nowMs + lagPeriodMs;
  });
}
