/**
 * A lock between processes on one machine, dropped by the operating system when its holder dies,
 * however it dies.
 *
 * It is a transaction of SQLite held open on an empty file: Node has no file locks of its own, and
 * whatever processes leave behind by themselves (a file with a number in it, a socket) outlives
 * them.
 */
import Database from 'libsql';
import type { DiskLock } from '../disk.ts';
import { DiskError } from '../disk.ts';

/** The lock, or null where somebody has it. Throws DiskError where the file cannot be made. */
export function lockFile(path: string): DiskLock | null {
  let connection: Database.Database;
  try {
    connection = new Database(path);
  } catch (error) {
    throw failure(path, error);
  }
  try {
    connection.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    connection.close();
    if (codeOf(error) === 'SQLITE_BUSY') return null;
    throw failure(path, error);
  }
  let held = true;
  return {
    async release(): Promise<void> {
      if (!held) return;
      held = false;
      connection.exec('ROLLBACK');
      connection.close();
    },
  };
}

function failure(path: string, error: unknown): DiskError {
  const code = codeOf(error);
  const detail = `cannot be locked: ${error instanceof Error ? error.message : String(error)}`;
  return new DiskError(code === 'SQLITE_FULL' ? 'full' : 'io', path, detail);
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown }).code);
}
