/**
 * What clients, retention and a troubled disk do to the volumes of a machine during one life.
 */
import type { Random } from '../runtime/random.ts';
import { DiskError } from '../runtime/disk.ts';
import type { DiskOperation } from '../runtime/sim/disk-faults.ts';
import type { SimDisk } from '../runtime/sim/disk.ts';
import type { Simulation } from '../runtime/sim/simulation.ts';
import { EngineUnavailableError, LogFullError } from '../storage/commit-log.ts';
import type { Volume } from '../storage/volume.ts';
import { VolumeBusyError } from '../storage/volume-store.ts';
import type { Shape } from './power-loss-shape.ts';
import { spoil } from './spoiling-buffers.ts';
import type { Ledger } from './storage-ledger.ts';

/** One volume of the machine as its clients see it. */
export interface Home {
  readonly ledger: Ledger;
  /** Where its segments are, and where its catalog and indexes. */
  readonly directories: readonly [log: string, index: string];
}

export interface OpenHome extends Home {
  readonly volume: Volume;
}

export interface LifeDependencies {
  readonly simulation: Simulation;
  readonly disk: SimDisk;
  readonly random: Random;
  readonly homes: readonly OpenHome[];
  readonly shape: Shape;
}

/** No disk of the run is larger. */
export const diskBytes: number = 2 ** 50;

const READ_PAUSE_MS = 10;
const REFUSED_PAUSE_MS = 5;
const RETENTION_PAUSE_MS = 20;
const TROUBLE_PAUSE_MS = 150;
const FULL_MS = 60;
/** Failures of these leave the volume as it is or end its writer; both must be safe. */
const FAILING: readonly DiskOperation[] = ['sync', 'syncDirectory', 'rename', 'allocate', 'remove'];

export class Life {
  readonly #dependencies: LifeDependencies;
  readonly #running: Promise<void>[] = [];
  #stopped = false;

  constructor(dependencies: LifeDependencies) {
    this.#dependencies = dependencies;
  }

  start(): void {
    const { random, shape, homes } = this.#dependencies;
    for (let client = 0; client < shape.clients; client += 1) {
      this.#run(this.#write(random.fork(`client ${client}`)));
    }
    this.#run(this.#read(random.fork('reader')));
    for (const [index, home] of homes.entries()) {
      this.#run(this.#retain(home, random.fork(`retention ${index}`)));
    }
    this.#run(this.#trouble(random.fork('trouble')));
  }

  /** Whatever is not among the errors a caller must expect is a finding. */
  #run(work: Promise<void>): void {
    const found = (error: unknown): void => {
      const what = error instanceof Error ? error.stack : String(error);
      this.#dependencies.homes[0]?.ledger.found('corrupted', `unexpected: ${what}`);
    };
    this.#running.push(work.catch(found));
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Waits until the promises of the life have settled. */
  async ended(): Promise<void> {
    const { scheduler } = this.#dependencies.simulation;
    await scheduler.drive(Promise.all(this.#running).then(() => undefined));
  }

  async #write(random: Random): Promise<void> {
    const { pauseMsMax, payloadBytesMax } = this.#dependencies.shape;
    while (!this.#stopped) {
      const { ledger, volume } = this.#someHome(random);
      const sections = ledger.draw(volume, random, this.#now(), payloadBytesMax);
      const lent = sections.map((one) => ({ ...one, payload: one.payload.slice() }));
      try {
        await volume.append(lent);
        ledger.acknowledge(sections);
      } catch (error) {
        // Of a call that takes several commits some may be stored; of a full disk's single one,
        // none.
        const refused = error instanceof LogFullError && sections.length === 1;
        ledger.refuse(sections, refused);
        const expected = [LogFullError, VolumeBusyError, EngineUnavailableError];
        if (!expected.some((kind) => error instanceof kind)) {
          throw error;
        }
        await this.#pause(random, REFUSED_PAUSE_MS);
      } finally {
        for (const { payload } of lent) {
          spoil(payload);
        }
      }
      if (random.below(3) === 0) {
        await this.#pause(random, pauseMsMax);
      }
    }
  }

  async #read(random: Random): Promise<void> {
    while (!this.#stopped) {
      const { ledger, volume } = this.#someHome(random);
      await ledger.checkSome(volume, random).catch((error: unknown) => {
        // Only the death of the process may interrupt a read.
        if (!this.#stopped) {
          throw error;
        }
      });
      await this.#pause(random, READ_PAUSE_MS);
    }
  }

  async #retain({ ledger, volume }: OpenHome, random: Random): Promise<void> {
    while (!this.#stopped) {
      await this.#pause(random, RETENTION_PAUSE_MS);
      ledger.ageAndDelete(random, this.#now());
      const horizonMs = new Map(ledger.horizons);
      await volume
        .retain((shard) => horizonMs.get(shard) ?? 0)
        .catch((error: unknown) => {
          const expected = [LogFullError, DiskError, EngineUnavailableError];
          if (!this.#stopped && !expected.some((kind) => error instanceof kind)) {
            throw error;
          }
        });
    }
  }

  /** A disk that fills up and is cleared again, and, rarely, an operation that fails. */
  async #trouble(random: Random): Promise<void> {
    const { disk, shape } = this.#dependencies;
    while (!this.#stopped) {
      await this.#pause(random, TROUBLE_PAUSE_MS);
      const kind = random.below(10);
      if (kind < 3) {
        disk.setCapacity(random.below(6 * shape.segmentBytes));
        await this.#pause(random, FULL_MS);
        disk.setCapacity(diskBytes);
      } else if (kind < 5) {
        this.#failNext(random);
      }
    }
  }

  /** The next operation of some kind fails, on the disk or in one volume's directory. */
  #failNext(random: Random): void {
    const operation = FAILING[random.below(FAILING.length)]!;
    const { disk } = this.#dependencies;
    if (operation === 'syncDirectory') {
      const { ledger, directories } = this.#someHome(random);
      const directory = directories[random.below(directories.length)]!;
      if (directory === directories[0]) {
        ledger.namesUncertain = true;
      }
      disk.fail(operation, directory);
    } else {
      disk.fail(operation);
    }
  }

  #someHome(random: Random): OpenHome {
    const { homes } = this.#dependencies;
    return homes[random.below(homes.length)]!;
  }

  #pause(random: Random, msMax: number): Promise<void> {
    const { scheduler } = this.#dependencies.simulation;
    return new Promise((resolve) => {
      scheduler.schedule(random.next() * msMax, resolve);
    });
  }

  #now(): number {
    return this.#dependencies.simulation.clock().now();
  }
}
