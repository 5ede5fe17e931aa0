/**
 * The power-loss run: volumes on a simulated disk under a random workload lose power or their
 * process at a random moment, come back, and must have everything they acknowledged (I2, I3).
 *
 * One seed is one machine with several lives. Each life appends to several shards of each volume at
 * once, reads, lowers retention, deletes shards, fills the disk and lets its operations fail; after
 * each the ledgers are compared with what the volumes have: nothing acknowledged is missing or
 * different, order is kept, no ordinal is given out twice, and nothing that was gone once comes
 * back. Some lives end while the volumes are still opening.
 */
import type { Random } from '../runtime/random.ts';
import type { SimDisk } from '../runtime/sim/disk.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { LocalCommitLog } from '../storage/local/local-commit-log.ts';
import { Volume } from '../storage/volume.ts';
import type { Home, OpenHome } from './power-loss-life.ts';
import { diskBytes, Life } from './power-loss-life.ts';
import type { Shape } from './power-loss-shape.ts';
import { drawShape } from './power-loss-shape.ts';
import { SpoilingBuffers } from './spoiling-buffers.ts';
import { Ledger } from './storage-ledger.ts';
import type { UnitCounts } from './watched-log.ts';
import { WatchedLog } from './watched-log.ts';

export interface PowerLossOptions {
  /** How often the machine comes back. */
  readonly lives: number;
}

export interface PowerLossResult {
  readonly acked: number;
  readonly lost: number;
  readonly corrupted: number;
  /** What was wrong, for a human. */
  readonly findings: readonly string[];
  /** What the workload reached. */
  readonly units: UnitCounts;
  /** Hash of the whole run; the same seed gives the same. */
  readonly trace: string;
}

const LIFE_MS_MAX = 400;
const OPENING_MS_MAX = 40;
const ROOT = '/data';

/** Runs one seed to its end. */
export async function runPowerLoss(
  seed: number | string,
  options: PowerLossOptions,
): Promise<PowerLossResult> {
  const simulation = new Simulation(seed);
  const machine = new Machine(simulation);
  for (let life = 1; life <= options.lives; life += 1) {
    await machine.live(life);
  }
  await machine.inspect();
  const { units, ledgers } = machine;
  const sum = (of: (ledger: Ledger) => number): number =>
    ledgers.reduce((total, ledger) => total + of(ledger), 0);
  return {
    acked: sum((ledger) => ledger.acked),
    lost: sum((ledger) => ledger.lost),
    corrupted: sum((ledger) => ledger.corrupted),
    findings: ledgers.flatMap((ledger) => ledger.findings),
    units,
    trace: simulation.scheduler.traceHash,
  };
}

/** The volumes of one process. */
interface Opened {
  readonly log: WatchedLog;
  readonly homes: readonly OpenHome[];
}

class Machine {
  readonly units: UnitCounts = { rewritten: 0, merged: 0, dropped: 0 };
  readonly #simulation: Simulation;
  readonly #disk: SimDisk;
  readonly #random: Random;
  readonly #shape: Shape;
  readonly #homes: readonly Home[];
  #epoch = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#disk = simulation.disk('machine');
    this.#random = simulation.random.fork('workload');
    this.#shape = drawShape(this.#random.fork('shape'));
    const { volumes } = this.#shape;
    this.#homes = Array.from({ length: volumes }, (_, index) => ({
      ledger: new Ledger(this.#shape),
      directories: [`${ROOT}/volume-000${index + 1}`, `${ROOT}/index-${index + 1}`],
    }));
  }

  get ledgers(): readonly Ledger[] {
    return this.#homes.map(({ ledger }) => ledger);
  }

  /** Opens, checks, works, and dies. */
  async live(life: number): Promise<void> {
    const { scheduler } = this.#simulation;
    const random = this.#random.fork(`life ${life}`);
    while (random.below(4) === 0) {
      await this.#dieOpening(random);
    }
    const { homes, log } = await this.#start();
    const work = new Life({
      simulation: this.#simulation,
      disk: this.#disk,
      random,
      homes,
      shape: this.#shape,
    });
    work.start();
    await scheduler.advance(random.next() * LIFE_MS_MAX);
    work.stop();
    if (random.below(8) === 0) {
      await scheduler.drive(close({ homes, log }));
      this.#disk.powerLoss();
    } else {
      this.#die(random);
    }
    // The dead process's promises settle; nothing they do reaches the disk any more.
    await work.ended();
    this.#disk.clearFaults();
    this.#disk.setCapacity(diskBytes);
  }

  /** Opens once more and checks. */
  async inspect(): Promise<void> {
    await this.#simulation.scheduler.drive(close(await this.#start()));
  }

  async #start(): Promise<Opened> {
    const { scheduler } = this.#simulation;
    const opened = await scheduler.drive(this.#open());
    for (const { ledger, volume } of opened.homes) {
      await scheduler.drive(ledger.check(volume));
    }
    return opened;
  }

  /** A start that ends before, or just after, it is ready. */
  async #dieOpening(random: Random): Promise<void> {
    const { scheduler } = this.#simulation;
    let dead = false;
    const opening = this.#open().then(
      () => undefined,
      (error: unknown) => {
        if (!dead) {
          this.ledgers[0]?.found('corrupted', `a start failed: ${String(error)}`);
        }
      },
    );
    await scheduler.advance(random.next() * OPENING_MS_MAX);
    dead = true;
    this.#die(random);
    await scheduler.drive(opening);
  }

  #die(random: Random): void {
    if (random.below(4) === 0) {
      this.#disk.kill();
    } else {
      this.#disk.powerLoss();
    }
  }

  async #open(): Promise<Opened> {
    const { segmentBytes, filesMax } = this.#shape;
    const disk = this.#disk.session();
    const random = this.#random.fork('identity');
    this.#epoch += 1;
    const epoch = this.#epoch;
    await disk.makeDirectory(ROOT);
    const log = new WatchedLog(
      new LocalCommitLog({ disk, random }, { directory: ROOT, segmentBytes, filesMax }),
      this.units,
    );
    const clock = this.#simulation.clock();
    const { frameBytesMax, overlapBytesMin, ringBytesMax, indexCacheBytesMax } = this.#shape;
    const homes: OpenHome[] = [];
    for (const [index, home] of this.#homes.entries()) {
      const volume = await Volume.open(
        { log, disk, buffers: new SpoilingBuffers(), clock },
        {
          volume: index + 1,
          epoch,
          indexDirectory: home.directories[1],
          frameBytesMax,
          overlapBytesMin,
          ringBytesMax,
          unitBytesMax: segmentBytes,
          indexCacheBytesMax,
          onDamage: (report) => {
            home.ledger.found('corrupted', `damage reported: ${JSON.stringify(report)}`);
          },
        },
      );
      homes.push({ ...home, volume });
    }
    return { log, homes };
  }
}

async function close({ log, homes }: Opened): Promise<void> {
  for (const { volume } of homes) {
    await volume.close();
  }
  await log.close();
}
