// @ts-check
// The system calls of a process as strace wrote them, and the disk they leave when the power goes.

const SECTOR_BYTES = 512;

/**
 * @typedef {{ kind: 'create' | 'unlink' | 'sync', name: string }
 *   | { kind: 'rename', name: string, to: string }
 *   | { kind: 'write', name: string, at: number, bytes: Buffer }
 *   | { kind: 'truncate', name: string, length: number }
 *   | { kind: 'ack' }} Event a name is that of a file in the directory; '' is the directory
 *
 * @typedef {Extract<Event, { kind: 'write' | 'truncate' }>} Change
 *
 * @typedef {object} File
 * @property {Buffer} durable
 * @property {Change[]} changes since it was synced
 *
 * @typedef {{ kind: 'create' | 'unlink' | 'rename', from: string, to: string, file: File }} Naming
 */

/**
 * What happened in `directory`, and each write to the file `acknowledged`. Throws on a call that is
 * not understood.
 * @param {string} trace
 * @param {string} directory
 * @param {string} acknowledged
 * @returns {Event[]}
 */
export function eventsOf(trace, directory, acknowledged) {
  /** @type {Event[]} */
  const events = [];
  for (const line of trace.split('\n')) {
    const call = /^\d+\s+(\w+)\((.*)\)\s+= \d+/.exec(line);
    if (call === null) continue;
    const [, operation = '', rest = ''] = call;
    const opened = /^\d+<((?:\\x..)*)>/.exec(rest)?.[1];
    const texts = [...rest.matchAll(/"((?:\\x..)*)"/g)].map((found) => bytesOf(found[1] ?? ''));
    const path = opened === undefined ? String(texts[0] ?? '') : String(bytesOf(opened));
    if (operation === 'write' && path === acknowledged) events.push({ kind: 'ack' });
    if (path !== directory && !path.startsWith(`${directory}/`)) continue;
    const name = path.slice(directory.length + 1);
    const last = Number(rest.split(',').at(-1));
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = texts;
    if (operation === 'pwrite64') events.push({ kind: 'write', name, at: last, bytes: first });
    else if (operation === 'ftruncate') events.push({ kind: 'truncate', name, length: last });
    else if (operation.endsWith('sync')) events.push({ kind: 'sync', name });
    else if (operation === 'unlink') events.push({ kind: 'unlink', name });
    else if (operation === 'rename') {
      events.push({ kind: 'rename', name, to: String(second).slice(directory.length + 1) });
    } else if (operation === 'openat') {
      if (rest.includes('O_CREAT')) events.push({ kind: 'create', name });
    } else throw new Error(`not understood: ${line.slice(0, 200)}`);
  }
  return events;
}

/** @param {string} escaped */
function bytesOf(escaped) {
  return Buffer.from(escaped.replaceAll('\\x', ''), 'hex');
}

/**
 * The files there are after `events` and a power loss. Synced bytes and names are kept; of others
 * each sector and each name is kept or lost, of one name none without those before it.
 * @param {Event[]} events
 * @param {import('../crash/random.mjs').Chance} chance
 * @returns {Map<string, Buffer>}
 */
export function diskAfter(events, chance) {
  /** @type {Map<string, File>} */
  const current = new Map();
  /** @type {Map<string, File>} */
  const durable = new Map();
  /** @type {Naming[]} */
  let namings = [];
  for (const event of events) {
    if (event.kind === 'ack') continue;
    const { kind, name } = event;
    if (kind === 'sync' && name === '') {
      for (const naming of namings) rename(durable, naming);
      namings = [];
      continue;
    }
    const known = current.get(name);
    if (kind === 'create') {
      if (known !== undefined) continue;
      const file = { durable: Buffer.alloc(0), changes: [] };
      namings.push({ kind, from: name, to: name, file });
      current.set(name, file);
    } else if (known === undefined) {
      continue;
    } else if (kind === 'sync') {
      known.durable = known.changes.reduce(changed, known.durable);
      known.changes = [];
    } else if (kind === 'unlink' || kind === 'rename') {
      const naming = { kind, from: name, to: kind === 'rename' ? event.to : name, file: known };
      namings.push(naming);
      rename(current, naming);
    } else if (kind === 'write' || kind === 'truncate') {
      known.changes.push(event);
    }
  }
  /** @type {Set<string>} */
  const lost = new Set();
  for (const naming of namings) {
    const { from, to } = naming;
    if (lost.has(from) || lost.has(to) || chance.happens(0.5)) lost.add(from).add(to);
    else rename(durable, naming);
  }
  return new Map([...durable].map(([name, file]) => [name, whatIsLeft(file, chance)]));
}

/**
 * @param {Map<string, File>} names
 * @param {Naming} naming
 */
function rename(names, { kind, from, to, file }) {
  if (kind !== 'create') names.delete(from);
  if (kind !== 'unlink') names.set(to, file);
}

/**
 * @param {File} file
 * @param {import('../crash/random.mjs').Chance} chance
 */
function whatIsLeft(file, chance) {
  let bytes = file.durable;
  for (const change of file.changes) {
    if (change.kind === 'truncate') {
      if (chance.happens(0.5)) bytes = changed(bytes, change);
      continue;
    }
    for (let from = 0; from < change.bytes.length; from += SECTOR_BYTES) {
      const sector = change.bytes.subarray(from, from + SECTOR_BYTES);
      if (chance.happens(0.5)) {
        bytes = changed(bytes, { ...change, at: change.at + from, bytes: sector });
      }
    }
  }
  return bytes;
}

/**
 * @param {Buffer} bytes
 * @param {Change} change
 */
function changed(bytes, change) {
  if (change.kind === 'truncate') {
    const cut = Buffer.alloc(change.length);
    bytes.copy(cut);
    return cut;
  }
  const whole = Buffer.alloc(Math.max(bytes.length, change.at + change.bytes.length));
  bytes.copy(whole);
  change.bytes.copy(whole, change.at);
  return whole;
}
