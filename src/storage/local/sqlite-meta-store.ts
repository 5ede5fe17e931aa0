/**
 * The embedded MetaStore: one SQLite database in the data directory, one process at a time.
 *
 * Three invariants beyond SQLite's own:
 *
 * - One owner (I1): the lock on the file `lock`, held for as long as the store is open, excludes
 *   every other process. The operating system drops it when the process dies, however it
 *   dies. It is a file of its own so that copying the database cannot drop the lock.
 * - Any flipped bit is detected (I20): every row carries a CRC over key, revision and value; one
 *   digest row, written in the same transaction, holds the revision, the number of rows and the sum
 *   of their CRCs. Opening verifies all of it, reading verifies what is read.
 * - A damaged write-ahead log cannot silently turn time back: each commit is copied into the
 *   database before it is acknowledged, so what SQLite may drop from the end of the log was never
 *   acknowledged.
 *
 * The database is made under another name and renamed when it is complete: a file called
 * `metadata.db` without its tables is damage, never a fresh start.
 */
import Database from 'libsql';
import { assert } from '../../common/assert.ts';
import { writeU64 } from '../../common/bytes.ts';
import { crc32 } from '../../common/crc32.ts';
import type { Disk, DiskLock } from '../../runtime/disk.ts';
import type { MetaOp, MetaStore, Versioned } from '../meta-store.ts';
import { CasError, MetaCorruptionError, StoreLockedError } from '../meta-store.ts';
import { checkedKey, prefixEnd } from '../meta-key.ts';

const DATABASE = 'metadata.db';
const UNFINISHED = 'metadata.db.new';
const LOCK = 'lock';
/** The sum of row CRCs is kept modulo this, so that it always is a safe integer. */
const SUM_MODULUS = 2 ** 48;

/** Never change these: an open compares them with what the file holds. */
const TABLES = [
  'CREATE TABLE meta (key BLOB PRIMARY KEY, value BLOB NOT NULL, rev INTEGER NOT NULL, ' +
    'crc INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE digest (id INTEGER PRIMARY KEY, rev INTEGER NOT NULL, count INTEGER NOT NULL, ' +
    'sum INTEGER NOT NULL, crc INTEGER NOT NULL)',
];
/** SQLite's page; the first one begins with the header and holds the schema. */
const PAGE_BYTES = 4096;

/**
 * Keys are bytes too, and what is read is cast, because the binding ends the process when it meets
 * a text that is not UTF-8, as a flipped bit can make of anything.
 */
const SELECT =
  'SELECT CAST(key AS BLOB), CAST(value AS BLOB), CAST(rev AS INTEGER), CAST(crc AS INTEGER) FROM meta';

const SELECT_DIGEST =
  'SELECT CAST(rev AS INTEGER) AS rev, CAST(count AS INTEGER) AS count, ' +
  'CAST(sum AS INTEGER) AS sum, CAST(crc AS INTEGER) AS crc FROM digest';

type Connection = Database.Database;
type Statement = Database.Statement;

interface Row {
  readonly key: string;
  readonly value: Uint8Array;
  readonly rev: number;
  readonly crc: number;
}

interface Digest {
  readonly rev: number;
  readonly count: number;
  readonly sum: number;
}

interface SqliteFailure extends Error {
  readonly code: string;
}

export class SqliteMetaStore implements MetaStore {
  readonly #lock: DiskLock;
  readonly #database: Connection;
  readonly #select: Statement;
  readonly #range: Statement;
  readonly #upsert: Statement;
  readonly #delete: Statement;
  readonly #writeDigest: Statement;
  readonly #checkpoint: Statement;
  #digest: Digest;
  /** Why nothing can be done any more; null while the store works. */
  #ended: string | null = null;

  private constructor(lock: DiskLock, database: Connection) {
    this.#lock = lock;
    this.#database = database;
    this.#digest = verify(database);
    this.#select = database.prepare(`${SELECT} WHERE key = ?`).raw();
    this.#range = database.prepare(`${SELECT} WHERE key >= ? AND key < ? ORDER BY key`).raw();
    this.#upsert = database.prepare(
      'INSERT INTO meta (key, value, rev, crc) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE ' +
        'SET value = excluded.value, rev = excluded.rev, crc = excluded.crc',
    );
    this.#delete = database.prepare('DELETE FROM meta WHERE key = ?');
    this.#writeDigest = database.prepare(
      'UPDATE digest SET rev = ?, count = ?, sum = ?, crc = ? WHERE id = 1',
    );
    this.#checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /**
   * Opens the store in `directory`, making both where they do not exist. Throws StoreLockedError
   * when another store, in this or another process, has it open, MetaCorruptionError when it is
   * damaged.
   */
  static async open(
    dependencies: { readonly disk: Disk },
    options: { readonly directory: string },
  ): Promise<SqliteMetaStore> {
    const { disk } = dependencies;
    const { directory } = options;
    await disk.makeDirectory(directory);
    const lock = await takeLock(disk, directory);
    try {
      const present = new Set((await disk.list(directory)).map((entry) => entry.name));
      if (!present.has(DATABASE)) {
        await create(disk, directory, present);
      }
      await checkSchema(disk, `${directory}/${DATABASE}`);
      return SqliteMetaStore.#connect(lock, `${directory}/${DATABASE}`);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  static #connect(lock: DiskLock, path: string): SqliteMetaStore {
    const database = new Database(path);
    try {
      database.exec('PRAGMA locking_mode = EXCLUSIVE');
      database.prepare('PRAGMA journal_mode = WAL').get();
      database.exec('PRAGMA synchronous = FULL');
      database.exec('PRAGMA wal_autocheckpoint = 0');
      return new SqliteMetaStore(lock, database);
    } catch (error) {
      closeDatabase(database);
      throw asCorruption(error);
    }
  }

  async get(key: string): Promise<Versioned | null> {
    this.#check();
    const row = asRow(this.#read(() => this.#select.get([keyBytes(key)])));
    return row === null ? null : checkedRow(row);
  }

  async list(prefix: string): Promise<readonly (readonly [key: string, entry: Versioned])[]> {
    this.#check();
    const rows = this.#read(() => this.#range.all(keyBytes(prefix), keyBytes(prefixEnd(prefix))));
    return rows.map((raw) => {
      const row = asRow(raw)!;
      return [row.key, checkedRow(row)];
    });
  }

  async commit(ops: readonly MetaOp[]): Promise<number> {
    this.#check();
    this.#database.exec('BEGIN IMMEDIATE');
    let digest: Digest;
    try {
      digest = this.#apply(ops);
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw asCorruption(error);
    }
    try {
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#abandon(error as SqliteFailure);
      throw error;
    }
    this.#digest = digest;
    // The commit is durable in the log already. Where the copy fails (a full disk), the next commit
    // repeats it, and opening does as well.
    this.#tryCheckpoint();
    return digest.rev;
  }

  async close(): Promise<void> {
    if (this.#ended === 'closed') {
      return;
    }
    this.#ended = 'closed';
    closeDatabase(this.#database);
    await this.#lock.release();
  }

  #apply(ops: readonly MetaOp[]): Digest {
    const rev = this.#digest.rev + 1;
    let { count, sum } = this.#digest;
    for (const op of ops) {
      const key = keyBytes(checkedKey(op.key));
      const old = asRow(this.#select.get([key]));
      if (
        op.expect !== 'any' &&
        (op.expect === 'absent' ? null : op.expect) !== (old?.rev ?? null)
      ) {
        throw new CasError(op.key, old?.rev ?? null);
      }
      if (old !== null) {
        checkedRow(old);
        count -= 1;
        sum = (sum - old.crc + SUM_MODULUS) % SUM_MODULUS;
      }
      if (op.value !== null) {
        const crc = rowCrc(op.key, rev, op.value);
        this.#upsert.run(key, asBuffer(op.value), rev, crc);
        count += 1;
        sum = (sum + crc) % SUM_MODULUS;
      } else if (old !== null) {
        this.#delete.run([key]);
      }
    }
    const digest = { rev, count, sum };
    this.#writeDigest.run(rev, count, sum, digestCrc(digest));
    return digest;
  }

  /**
   * After a failed COMMIT it is unknown what is on the disk, unless SQLite says that nothing is.
   */
  #abandon(error: SqliteFailure): void {
    if (this.#database.inTransaction) {
      this.#database.exec('ROLLBACK');
    }
    if (error.code !== 'SQLITE_FULL' && error.code !== 'SQLITE_BUSY') {
      this.#ended = `it failed to write: ${error.message}`;
    }
  }

  #tryCheckpoint(): void {
    try {
      this.#checkpoint.get();
    } catch (error) {
      const failure = error as SqliteFailure;
      if (failure.code !== 'SQLITE_FULL') {
        this.#ended = `it failed to write: ${failure.message}`;
      }
    }
  }

  #read<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw asCorruption(error);
    }
  }

  #check(): void {
    if (this.#ended !== null) {
      throw new Error(`the metadata store cannot be used: ${this.#ended}`);
    }
  }
}

/**
 * SQLite must not be shown a damaged schema: the binding ends the process when the error text it
 * gets is not UTF-8. The schema never changes, so its page has to hold it to the letter.
 */
async function checkSchema(disk: Disk, path: string): Promise<void> {
  const page = Buffer.alloc(PAGE_BYTES);
  const file = await disk.open(path, 'read');
  try {
    await file.read(page, 0);
  } finally {
    await file.close();
  }
  if (TABLES.some((table) => !page.includes(table, 0, 'latin1'))) {
    throw new MetaCorruptionError(`the schema of the metadata database ${path} is damaged`);
  }
}

async function takeLock(disk: Disk, directory: string): Promise<DiskLock> {
  const lock = await disk.lock(`${directory}/${LOCK}`);
  if (lock === null) {
    throw new StoreLockedError(
      `The data directory ${directory} is in use by another Tailrace process. ` +
        'Stop that process, or choose another directory.',
    );
  }
  return lock;
}

/** Makes a complete, empty database and only then gives it its name. */
async function create(disk: Disk, directory: string, present: ReadonlySet<string>): Promise<void> {
  for (const name of present) {
    if (name.startsWith(DATABASE)) {
      await disk.remove(`${directory}/${name}`);
    }
  }
  const unfinished = `${directory}/${UNFINISHED}`;
  const database = new Database(unfinished);
  try {
    // What has no name yet need not survive anything: it is synced once, as a whole.
    database.exec('PRAGMA synchronous = OFF');
    database.exec('PRAGMA journal_mode = MEMORY');
    const crc = digestCrc({ rev: 0, count: 0, sum: 0 });
    const digest = `INSERT INTO digest (id, rev, count, sum, crc) VALUES (1, 0, 0, 0, ${crc})`;
    database.exec(`BEGIN IMMEDIATE; ${TABLES.join('; ')}; ${digest}; COMMIT`);
    // Kept in the file, so that the first use of it has not to change it.
    database.exec('PRAGMA journal_mode = WAL');
  } finally {
    database.close();
  }
  const file = await disk.open(unfinished, 'write');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(unfinished, `${directory}/${DATABASE}`);
  await disk.syncDirectory(directory);
}

/**
 * Statements that were not yet garbage-collected keep a closed connection and its locks alive, so
 * the locks are given up by hand: only outside WAL mode can the exclusive locking mode be left.
 */
function closeDatabase(database: Connection): void {
  try {
    database.prepare('PRAGMA journal_mode = DELETE').get();
    database.prepare('PRAGMA locking_mode = NORMAL').get();
    database.prepare('SELECT count(*) FROM digest').get();
  } catch (error) {
    // A damaged database cannot leave WAL mode; it only has to be let go.
    assert(isSqliteFailure(error), 'only SQLite can fail here');
  }
  database.close();
}

/** Reads everything and compares it with its checksums; returns the digest it agrees with. */
function verify(database: Connection): Digest {
  const problem = (database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string })
    .quick_check;
  if (problem !== 'ok') {
    throw new MetaCorruptionError(`the metadata database is damaged: ${problem}`);
  }
  const digests = database.prepare(SELECT_DIGEST).all() as (Digest & {
    readonly crc: number;
  })[];
  const stored = digests[0];
  if (digests.length !== 1 || stored === undefined || stored.crc !== digestCrc(stored)) {
    throw new MetaCorruptionError('the digest of the metadata database is damaged');
  }
  let count = 0;
  let sum = 0;
  for (const raw of database.prepare(SELECT).raw().iterate()) {
    const row = asRow(raw)!;
    checkedRow(row);
    count += 1;
    sum = (sum + row.crc) % SUM_MODULUS;
  }
  if (count !== stored.count || sum !== stored.sum) {
    throw new MetaCorruptionError(
      `the metadata database does not match its digest: ${count} rows, expected ${stored.count}`,
    );
  }
  return { rev: stored.rev, count, sum };
}

/**
 * A row in the statement's raw form: only there does the binding give bytes as Buffer in all of its
 * methods. The bytes become a plain Uint8Array.
 */
function asRow(raw: unknown): Row | null {
  if (raw === undefined) {
    return null;
  }
  const [key, value, rev, crc] = raw as [Buffer, Buffer, number, number];
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return { key: key.toString('latin1'), value: bytes, rev, crc };
}

function checkedRow(row: Row): Versioned {
  if (!isRevision(row.rev) || row.crc !== rowCrc(row.key, row.rev, row.value)) {
    throw new MetaCorruptionError(`the metadata of ${row.key} is damaged`);
  }
  return { value: row.value, rev: row.rev };
}

function rowCrc(key: string, rev: number, value: Uint8Array): number {
  const head = new Uint8Array(8);
  writeU64(head, 0, rev);
  return crc32(value, crc32(head, crc32(keyBytes(key))));
}

/** -1, which no stored CRC equals, for numbers that no digest of ours has. */
function digestCrc(digest: Digest): number {
  if (![digest.rev, digest.count, digest.sum].every(isRevision)) {
    return -1;
  }
  const bytes = new Uint8Array(24);
  writeU64(bytes, 0, digest.rev);
  writeU64(bytes, 8, digest.count);
  writeU64(bytes, 16, digest.sum);
  return crc32(bytes);
}

/** Keys are ASCII; a damaged one keeps its bytes, so that its CRC does not match. */
function keyBytes(key: string): Buffer {
  return Buffer.from(key, 'latin1');
}

/** The binding takes bytes as Buffer only. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isRevision(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSqliteFailure(error: unknown): error is SqliteFailure {
  return error instanceof Error && typeof (error as { code?: unknown }).code === 'string';
}

/** SQLite's own reports of damage become ours; everything else stays what it is. */
function asCorruption(error: unknown): unknown {
  if (error instanceof CasError || error instanceof MetaCorruptionError) {
    return error;
  }
  if (isSqliteFailure(error) && !EXTERNAL.some((code) => error.code.startsWith(code))) {
    return new MetaCorruptionError(`the metadata database is damaged: ${error.message}`);
  }
  if (isSqliteFailure(error) && error.code.startsWith('SQLITE_READONLY')) {
    // A flipped bit in the header's version bytes has this effect as well.
    return new MetaCorruptionError(
      `the metadata database is damaged or write-protected: ${error.message}`,
    );
  }
  return error;
}

/** Failures that come from the machine, not from the contents of the file. */
const EXTERNAL: readonly string[] = [
  'SQLITE_BUSY',
  'SQLITE_CANTOPEN',
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_NOMEM',
  'SQLITE_PERM',
  'SQLITE_READONLY',
];
