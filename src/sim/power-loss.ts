/**
 * The power-loss run: a volume on a simulated disk under a random workload loses power or its
 * process at a random moment, comes back, and must have everything it acknowledged (I2, I3).
 *
 * One seed is one machine with several lives. Each life appends to several shards at once, reads,
 * lowers retention, deletes shards, fills the disk and lets syncs fail; after each the ledger is
 * compared with what the volume has: nothing acknowledged is missing or different, order is kept,
 * no ordinal is given out twice, and nothing that was gone once comes back.
 */
import { freshBuffers } from '../common/buffer-pool.ts';
import type { Random } from '../runtime/random.ts';
import type { SimDisk } from '../runtime/sim/disk.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { LogFullError } from '../storage/commit-log.ts';
import { LocalCommitLog } from '../storage/local/local-commit-log.ts';
import { Volume } from '../storage/volume.ts';
import type { DamageReport } from '../storage/volume-store.ts';
import { Ledger } from './storage-ledger.ts';

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
  /** Hash of the whole run; the same seed gives the same. */
  readonly trace: string;
}

const SEGMENT_BYTES = 32 * 1024;
const PAYLOAD_BYTES_MAX = 6 * 1024;
const DISK_BYTES = 2 ** 50;
const CLIENTS = 4;
const LIFE_MS_MAX = 400;
const ROOT = '/data';
const INDEX = `${ROOT}/index`;

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
  await machine.inspect(options.lives + 1);
  const { acked, lost, corrupted, findings } = machine.ledger;
  return { acked, lost, corrupted, findings, trace: simulation.scheduler.traceHash };
}

/** A volume that is open, and what it has reported. */
interface OpenVolume {
  readonly volume: Volume;
  readonly log: LocalCommitLog;
}

class Machine {
  readonly ledger = new Ledger();
  readonly #simulation: Simulation;
  readonly #disk: SimDisk;
  readonly #random: Random;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#disk = simulation.disk('machine');
    this.#random = simulation.random.fork('workload');
  }

  /** Opens, checks, works, and dies. */
  async live(life: number): Promise<void> {
    const { scheduler } = this.#simulation;
    const random = this.#random.fork(`life ${life}`);
    const open = await scheduler.drive(this.#open(life));
    await scheduler.drive(this.ledger.check(open.volume));
    const work = new Life(this.#simulation, this.#disk, open.volume, this.ledger, random);
    work.start();
    await scheduler.advance(random.next() * LIFE_MS_MAX);
    work.stop();
    if (random.below(8) === 0) {
      await scheduler.drive(open.volume.close().then(() => open.log.close()));
      this.#disk.powerLoss();
    } else if (random.below(4) === 0) {
      this.#disk.kill();
    } else {
      this.#disk.powerLoss();
    }
    // The dead process's promises settle; nothing they do reaches the disk any more.
    await work.ended();
    this.#disk.clearFaults();
    this.#disk.setCapacity(DISK_BYTES);
  }

  /** Opens once more and checks. */
  async inspect(life: number): Promise<void> {
    const { scheduler } = this.#simulation;
    const open = await scheduler.drive(this.#open(life));
    await scheduler.drive(this.ledger.check(open.volume));
    await scheduler.drive(open.volume.close().then(() => open.log.close()));
  }

  async #open(epoch: number): Promise<OpenVolume> {
    const disk = this.#disk.session();
    const random = this.#random.fork('identity');
    await disk.makeDirectory(ROOT);
    const log = new LocalCommitLog(
      { disk, random },
      { directory: ROOT, segmentBytes: SEGMENT_BYTES, filesMax: 3 },
    );
    const clock = this.#simulation.clock();
    const volume = await Volume.open(
      { log, disk, buffers: freshBuffers, clock },
      {
        volume: 1,
        epoch,
        indexDirectory: INDEX,
        frameBytesMax: 12 * 1024,
        ringBytesMax: 8 * 1024,
        unitBytesMax: SEGMENT_BYTES,
        indexCacheBytesMax: 4 * 1024,
        onDamage: (report: DamageReport) => {
          this.ledger.found('corrupted', `damage reported: ${JSON.stringify(report)}`);
        },
      },
    );
    return { volume, log };
  }
}

/** What clients do to the volume during one life. */
class Life {
  readonly #simulation: Simulation;
  readonly #disk: SimDisk;
  readonly #volume: Volume;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #running: Promise<void>[] = [];
  #stopped = false;

  constructor(
    simulation: Simulation,
    disk: SimDisk,
    volume: Volume,
    ledger: Ledger,
    random: Random,
  ) {
    this.#simulation = simulation;
    this.#disk = disk;
    this.#volume = volume;
    this.#ledger = ledger;
    this.#random = random;
  }

  start(): void {
    for (let client = 0; client < CLIENTS; client += 1) {
      this.#running.push(this.#write(this.#random.fork(`client ${client}`)));
    }
    this.#running.push(this.#read(this.#random.fork('reader')));
    this.#running.push(this.#retain(this.#random.fork('retention')));
    this.#running.push(this.#trouble(this.#random.fork('trouble')));
  }

  stop(): void {
    this.#stopped = true;
  }

  async ended(): Promise<void> {
    await this.#simulation.scheduler.drive(Promise.all(this.#running).then(() => undefined));
  }

  async #write(random: Random): Promise<void> {
    while (!this.#stopped) {
      const sections = this.#ledger.draw(this.#volume, random, this.#now(), PAYLOAD_BYTES_MAX);
      try {
        const appended = this.#volume.append(sections);
        await appended;
        this.#ledger.acknowledge(sections);
      } catch (error) {
        // Of a call that takes several commits some may be stored; of a full disk's single one,
        // none.
        const refused = error instanceof LogFullError && sections.length === 1;
        this.#ledger.refuse(sections, refused);
        await this.#pause(random, 5);
      }
      if (random.below(3) === 0) {
        await this.#pause(random, 2);
      }
    }
  }

  async #read(random: Random): Promise<void> {
    while (!this.#stopped) {
      await this.#ledger.checkSome(this.#volume, random).catch(() => undefined);
      await this.#pause(random, 10);
    }
  }

  async #retain(random: Random): Promise<void> {
    while (!this.#stopped) {
      await this.#pause(random, 60);
      this.#ledger.ageAndDelete(random, this.#now());
      const { horizons } = this.#ledger;
      const horizonMs = new Map(horizons);
      await this.#volume.retain((shard) => horizonMs.get(shard) ?? 0).catch(() => undefined);
    }
  }

  /** A disk that fills up and is cleared again, and, rarely, a sync that fails. */
  async #trouble(random: Random): Promise<void> {
    while (!this.#stopped) {
      await this.#pause(random, 150);
      const kind = random.below(10);
      if (kind < 3) {
        this.#disk.setCapacity(random.below(6 * SEGMENT_BYTES));
        await this.#pause(random, 60);
        this.#disk.setCapacity(DISK_BYTES);
      } else if (kind === 3) {
        this.#disk.failNextSync();
      }
    }
  }

  #pause(random: Random, msMax: number): Promise<void> {
    const { scheduler } = this.#simulation;
    return new Promise((resolve) => {
      scheduler.schedule(random.next() * msMax, resolve);
    });
  }

  #now(): number {
    return this.#simulation.clock().now();
  }
}
