/**
 * How often operations may be called: AWS's rates per account, stream or shard, in this front end.
 *
 * A call over its rate is refused with the error AWS gives; in `observe` mode it is only counted.
 * What records may pass a shard is decided by its owner, not here.
 */
import { callRate, rateExceeded, rateKey } from '../api/call-rates.ts';
import type { Caller, Target } from '../api/operation.ts';
import type { LimitsMode } from '../backend/throttle.ts';
import { KeyedLimiter } from '../common/keyed-limiter.ts';
import type { Clock } from '../runtime/clock.ts';

/** Accounts, streams and shards whose recent calls are remembered at a time. */
const keysMax = 20_000;

export class OperationLimits {
  readonly #clock: Clock;
  readonly #mode: LimitsMode;
  readonly #limiter = new KeyedLimiter({ keysMax });
  /** Calls that were over their rate, refused or not. */
  overRate = 0;

  constructor({ clock }: { readonly clock: Clock }, mode: LimitsMode) {
    this.#clock = clock;
    this.#mode = mode;
  }

  /** Throws LimitExceeded, or ProvisionedThroughputExceeded for calls counted by shard. */
  admit(operation: string, caller: Caller, target: Target | null, input: unknown): void {
    if (this.#mode === 'off') return;
    const rate = callRate(operation);
    if (rate === null) return;
    const key = rateKey(operation, rate, caller, target, input);
    const { perSecond } = rate;
    if (this.#limiter.tryTake(key, perSecond, perSecond, this.#clock.monotonic())) return;
    this.overRate++;
    if (this.#mode === 'aws') throw rateExceeded(rate, caller, target, input);
  }
}
