/**
 * A simulated world from one seed: scheduler, network, and for each machine a clock, a disk,
 * resources and chance, none of which draws from the chance of another.
 */
import type { Network } from '../network.ts';
import { nextTurn } from '../node/turn.ts';
import type { Random } from '../random.ts';
import type { SimClockOptions } from './clock.ts';
import { SimClock } from './clock.ts';
import type { SimDiskOptions } from './disk.ts';
import { SimDisk } from './disk.ts';
import type { SimNetworkOptions } from './network.ts';
import { SimNetwork } from './network.ts';
import type { SimOsOptions } from './os.ts';
import { SimOs } from './os.ts';
import { SimRandom } from './random.ts';
import type { SchedulerOptions } from './scheduler.ts';
import { Scheduler } from './scheduler.ts';

export interface SimulationOptions extends SchedulerOptions {
  readonly network?: SimNetworkOptions;
}

export class Simulation {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly network: SimNetwork;

  constructor(seed: number | string, options: SimulationOptions = {}) {
    this.random = new SimRandom(seed);
    this.scheduler = new Scheduler({ turn: nextTurn }, options);
    const { scheduler } = this;
    const random = this.random.fork('network');
    const note = (line: string): void => scheduler.note(line);
    this.network = new SimNetwork({ scheduler, random }, { note, ...options.network });
  }

  /** A clock for one process. */
  clock(options: SimClockOptions = {}): SimClock {
    return new SimClock({ scheduler: this.scheduler }, options);
  }

  /** The disk of machine `name`; ask once for each machine. */
  disk(name: string, options: SimDiskOptions = {}): SimDisk {
    const { scheduler } = this;
    const random = this.random.fork(`disk ${name}`);
    const note = (line: string): void => scheduler.note(`${name}: ${line}`);
    return new SimDisk({ random, delay: scheduler.schedule }, { note, ...options });
  }

  /** The network as the process now running on host `name` sees it. */
  host(name: string): Network {
    return this.network.host(name);
  }

  os(options: SimOsOptions = {}): SimOs {
    return new SimOs(options);
  }
}
