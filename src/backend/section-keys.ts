/**
 * Data keys as the owner of a volume uses them: at hand without waiting where they are cached, and
 * a key that cannot be used is an outcome, not an exception.
 */
import type { DataKeys, PlainKey } from '../keys/data-keys.ts';
import { SectionTamperedError } from '../keys/data-keys.ts';
import type { Section } from '../model/section.ts';
import { ServiceError } from '../model/service-error.ts';
import type { SectionRun } from '../storage/volume-store.ts';

/** Why a stream's key cannot be used: one of the six KMS errors. */
export interface KeyFailure {
  readonly kind: 'key';
  readonly code: string;
  readonly text: string;
}

/** What became of each data key that was asked for. */
export type ResolvedKeys = ReadonlyMap<number, PlainKey | KeyFailure>;

/** A run in plain. Sections end before the first one that could not be opened. */
export interface OpenedRun extends SectionRun {
  readonly failure: KeyFailure | null;
}

export class SectionKeys {
  readonly #keys: DataKeys;

  constructor(keys: DataKeys) {
    this.#keys = keys;
  }

  /** At once when all of them are cached, which is the rule. */
  resolve(ids: ReadonlySet<number>): ResolvedKeys | Promise<ResolvedKeys> {
    const resolved = new Map<number, PlainKey | KeyFailure>();
    for (const id of ids) {
      const key = this.#keys.cached(id);
      if (key === null) return this.#load(ids);
      resolved.set(id, key);
    }
    return resolved;
  }

  async #load(ids: ReadonlySet<number>): Promise<ResolvedKeys> {
    const resolved = new Map<number, PlainKey | KeyFailure>();
    for (const id of ids) {
      try {
        resolved.set(id, await this.#keys.load(id));
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        resolved.set(id, { kind: 'key', code: error.code, text: error.text ?? '' });
      }
    }
    return resolved;
  }

  seal(section: Section, key: PlainKey): Section {
    return this.#keys.seal(section, key);
  }

  /** At once when nothing in the run is encrypted or all its keys are cached. */
  open(run: SectionRun): OpenedRun | Promise<OpenedRun> {
    const ids = new Set<number>();
    for (const { keyId } of run.sections) if (keyId !== 0) ids.add(keyId);
    if (ids.size === 0) return { ...run, failure: null };
    const resolved = this.resolve(ids);
    return resolved instanceof Promise
      ? resolved.then((keys) => this.#openWith(run, keys))
      : this.#openWith(run, resolved);
  }

  #openWith(run: SectionRun, keys: ResolvedKeys): OpenedRun {
    const sections: Section[] = [];
    for (const section of run.sections) {
      const key = section.keyId === 0 ? null : keys.get(section.keyId)!;
      if (key !== null && 'kind' in key) return { ...run, sections, blocked: true, failure: key };
      try {
        sections.push(key === null ? section : this.#keys.open(section, key));
      } catch (error) {
        if (!(error instanceof SectionTamperedError)) throw error;
        return { ...run, sections, blocked: true, failure: null };
      }
    }
    return { ...run, sections, failure: null };
  }
}
