/**
 * The directories of a simulated disk: which names there are now, which are sure to be there after
 * a power loss, and the changes of names between the two.
 *
 * A change is kept or lost as a whole, a rename across two directories too. Changes of different
 * names are independent; of the same name a later one never survives without the earlier ones, as
 * on every file system with a journal.
 */
import { DiskError } from '../disk.ts';
import type { Random } from '../random.ts';
import { FileContent } from './file-content.ts';
import { SECTOR_BYTES } from './pages.ts';

export class FileNode {
  readonly kind = 'file';
  readonly id: number;
  readonly content: FileContent = new FileContent();
  /** Sectors, by number, that cannot be read until they are written again. */
  readonly #damaged = new Set<number>();

  constructor(id: number) {
    this.id = id;
  }

  /** The sector around `offset` cannot be read from now on. */
  damage(offset: number): void {
    this.#damaged.add(Math.floor(offset / SECTOR_BYTES));
  }

  isDamaged(start: number, end: number): boolean {
    return [...this.#damaged].some(
      (sector) => sector * SECTOR_BYTES < end && (sector + 1) * SECTOR_BYTES > start,
    );
  }

  /** Bytes from `start` to `end` have been written: their sectors can be read again. */
  repair(start: number, end: number): void {
    for (const sector of this.#damaged) {
      if (sector * SECTOR_BYTES < end && (sector + 1) * SECTOR_BYTES > start) {
        this.#damaged.delete(sector);
      }
    }
  }
}

export class DirectoryNode {
  readonly kind = 'directory';
  readonly id: number;
  current: Map<string, Node> = new Map();
  readonly durable: Map<string, Node> = new Map();

  constructor(id: number) {
    this.id = id;
  }
}

export type Node = FileNode | DirectoryNode;

/** A name in a directory: what a change of names is about. */
interface Place {
  readonly directory: DirectoryNode;
  readonly name: string;
}

/** `node` comes to `to` (null: nowhere, it is removed) and leaves `from` (null: it is new). */
interface NameChange {
  readonly number: number;
  readonly node: Node;
  readonly from: Place | null;
  readonly to: Place | null;
  /** Directories that have to be synced still before the change is durable. */
  readonly unsynced: Set<DirectoryNode>;
  /** A sync that covered it has failed; only a change after it can make it durable. */
  stranded: boolean;
}

export class NameSpace {
  #root: DirectoryNode = new DirectoryNode(0);
  #nodes = 0;
  #changes = 0;
  #pending: NameChange[] = [];

  /** Number of the last change made so far; what `makeDurable` takes to cover all of them. */
  get lastChange(): number {
    return this.#changes;
  }

  /** The node at `path`, null when there is none. */
  find(path: string): Node | null {
    let node: Node | undefined = this.#root;
    for (const name of namesOf(path)) {
      node = node?.kind === 'directory' ? node.current.get(name) : undefined;
    }
    return node ?? null;
  }

  /** Throws `not-found` where there is none and `io` where it is a file. */
  directory(path: string): DirectoryNode {
    const node = this.find(path);
    if (node === null) {
      throw new DiskError('not-found', path, 'no such directory');
    }
    if (node.kind !== 'directory') {
      throw new DiskError('io', path, 'not a directory');
    }
    return node;
  }

  /** Throws `not-found` where there is none and `io` where it is a directory. */
  file(path: string): FileNode {
    const node = this.find(path);
    if (node === null) {
      throw new DiskError('not-found', path, 'no such file');
    }
    if (node.kind !== 'file') {
      throw new DiskError('io', path, 'is a directory');
    }
    return node;
  }

  createFile(path: string): FileNode {
    const to = this.#place(path);
    if (to.directory.current.has(to.name)) {
      throw new DiskError('exists', path, 'exists');
    }
    this.#nodes += 1;
    const node = new FileNode(this.#nodes);
    this.#change(node, null, to);
    return node;
  }

  /** Creates what is missing, durably. */
  makeDirectory(path: string): void {
    let directory = this.#root;
    for (const name of namesOf(path)) {
      let node = directory.current.get(name);
      if (node === undefined) {
        this.#nodes += 1;
        node = new DirectoryNode(this.#nodes);
        this.#change(node, null, { directory, name });
      }
      if (node.kind !== 'directory') {
        throw new DiskError('exists', path, 'a file of that name exists');
      }
      this.#makeNameDurable(directory, name);
      directory = node;
    }
  }

  rename(fromPath: string, toPath: string): void {
    const from = this.#place(fromPath);
    const to = this.#place(toPath);
    const node = from.directory.current.get(from.name);
    const replaced = to.directory.current.get(to.name);
    if (node === undefined) {
      throw new DiskError('not-found', fromPath, 'no such file or directory');
    }
    if (replaced === node) {
      return;
    }
    if (replaced !== undefined && (replaced.kind === 'directory' || node.kind === 'directory')) {
      throw new DiskError('io', toPath, 'in the way');
    }
    if (`/${namesOf(toPath).join('/')}/`.startsWith(`/${namesOf(fromPath).join('/')}/`)) {
      throw new DiskError('io', toPath, 'lies in the directory to be renamed');
    }
    this.#change(node, from, to);
  }

  remove(path: string): void {
    const node = this.find(path);
    if (node !== null) {
      this.#change(this.file(path), this.#place(path), null);
    }
  }

  /** A sync of `directory` that began when `upTo` was the last change has succeeded. */
  makeDurable(directory: DirectoryNode, upTo: number): void {
    for (const change of [...this.#pending]) {
      if (change.number <= upTo && !change.stranded && change.unsynced.delete(directory)) {
        if (change.unsynced.size === 0) {
          this.#fold(change);
        }
      }
    }
  }

  /** A sync of `directory` that began when `upTo` was the last change has failed. */
  strand(directory: DirectoryNode, upTo: number): void {
    for (const change of this.#pending) {
      change.stranded ||= change.number <= upTo && change.unsynced.has(directory);
    }
  }

  /** Keeps an arbitrary part of the pending changes; what was synced stays. */
  losePower(random: Random): void {
    const lost = new Map<DirectoryNode, Set<string>>();
    for (const change of this.#pending) {
      const places = [change.from, change.to].filter((place) => place !== null);
      const blocked = places.some(({ directory, name }) => lost.get(directory)?.has(name));
      if (blocked || random.below(2) === 0) {
        for (const { directory, name } of places) {
          lost.set(directory, (lost.get(directory) ?? new Set()).add(name));
        }
      } else {
        apply(change, (directory) => directory.durable);
      }
    }
    this.#pending = [];
    for (const directory of this.#directories('durable')) {
      directory.current = new Map(directory.durable);
    }
  }

  /** All files that have a name now, each once, in the order of their creation. */
  files(): FileNode[] {
    const files = new Set<FileNode>();
    for (const directory of this.#directories('current')) {
      for (const node of directory.current.values()) {
        if (node.kind === 'file') {
          files.add(node);
        }
      }
    }
    return [...files].sort((a, b) => a.id - b.id);
  }

  /** Paths of all files there are now, in name order. */
  paths(directory: DirectoryNode = this.#root, prefix: string = ''): string[] {
    const found: string[] = [];
    for (const [name, node] of directory.current) {
      const path = `${prefix}/${name}`;
      found.push(...(node.kind === 'file' ? [path] : this.paths(node, path)));
    }
    return found.sort();
  }

  #directories(state: 'current' | 'durable'): DirectoryNode[] {
    const found = [this.#root];
    for (const directory of found) {
      for (const node of directory[state].values()) {
        if (node.kind === 'directory') {
          found.push(node);
        }
      }
    }
    return found;
  }

  #place(path: string): Place {
    const names = namesOf(path);
    const name = names.pop();
    if (name === undefined) {
      throw new DiskError('io', path, 'the root has no name');
    }
    return { directory: this.directory(`/${names.join('/')}`), name };
  }

  #change(node: Node, from: Place | null, to: Place | null): void {
    this.#changes += 1;
    const unsynced = new Set<DirectoryNode>();
    for (const place of [from, to]) {
      if (place !== null) {
        unsynced.add(place.directory);
      }
    }
    const change = { number: this.#changes, node, from, to, unsynced, stranded: false };
    this.#pending.push(change);
    apply(change, (directory) => directory.current);
  }

  /** Makes durable what has happened to one name so far. */
  #makeNameDurable(directory: DirectoryNode, name: string): void {
    const last = this.#pending.findLast((change) => touches(change, { directory, name }));
    if (last !== undefined) {
      this.#fold(last);
    }
  }

  /** Makes `change` durable, and before it every earlier one of the same names. */
  #fold(change: NameChange): void {
    const places = [change.from, change.to].filter((place) => place !== null);
    for (const place of places) {
      const earlier = this.#pending.findLast(
        (other) => other.number < change.number && touches(other, place),
      );
      if (earlier !== undefined) {
        this.#fold(earlier);
      }
    }
    const index = this.#pending.indexOf(change);
    if (index >= 0) {
      this.#pending.splice(index, 1);
      apply(change, (directory) => directory.durable);
    }
  }
}

function apply(
  change: NameChange,
  entriesOf: (directory: DirectoryNode) => Map<string, Node>,
): void {
  const { node, from, to } = change;
  if (from !== null && entriesOf(from.directory).get(from.name) === node) {
    entriesOf(from.directory).delete(from.name);
  }
  if (to !== null) {
    entriesOf(to.directory).set(to.name, node);
  }
}

function touches(change: NameChange, place: Place): boolean {
  return [change.from, change.to].some(
    (own) => own !== null && own.directory === place.directory && own.name === place.name,
  );
}

/** The names on the way to `path`; a relative path starts at the root too. */
function namesOf(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') {
      names.pop();
    } else if (name !== '' && name !== '.') {
      names.push(name);
    }
  }
  return names;
}
