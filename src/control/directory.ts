/** Hands on every change of what front ends must know, at the moment it is in force. */
import type { DirectoryEntry } from '../model/directory.ts';

export type DirectoryListener = (entry: DirectoryEntry) => void;

export class DirectoryChanges {
  readonly #listeners = new Set<DirectoryListener>();

  onEntry(listener: DirectoryListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  announce(entry: DirectoryEntry): void {
    for (const listener of [...this.#listeners]) listener(entry);
  }
}
