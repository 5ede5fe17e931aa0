// @ts-check
// From rounds to numbers: medians per server, ratios per pair of neighbouring rounds, a table for
// people and one object for machines.

import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/**
 * @typedef {object} Sample One round of one server
 * @property {number} recordsPerSecond
 * @property {number} megabytesPerSecond 10^6 bytes of record data
 * @property {number} requestsPerSecond
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} p999Ms
 * @property {number} serverCpuMicrosPerRecord
 * @property {number} recordsPerCpuSecond of the server
 * @property {number} serverCores processor time of the server per second
 * @property {number} busiestThread processor time of the server's busiest thread per second
 * @property {number} clientCores
 * @property {number} rssMegabytes
 * @property {number} failures
 */

/**
 * @param {import('./client/worker.mjs').Round} round
 * @param {number} recordsPerRequest
 * @param {number} recordBytes
 * @returns {Sample}
 */
export function sampleOf(round, recordsPerRequest, recordBytes) {
  const records = round.requests * recordsPerRequest;
  return {
    recordsPerSecond: records / round.seconds,
    megabytesPerSecond: (records * recordBytes) / round.seconds / 1e6,
    requestsPerSecond: round.requests / round.seconds,
    p50Ms: round.p50Ms,
    p99Ms: round.p99Ms,
    p999Ms: round.p999Ms,
    serverCpuMicrosPerRecord: round.serverCpuMicros / records,
    recordsPerCpuSecond: records / (round.serverCpuMicros / 1e6),
    serverCores: round.serverCpuMicros / 1e6 / round.seconds,
    busiestThread: round.busiestThreadMicros / 1e6 / round.seconds,
    clientCores: round.clientCpuMicros / 1e6 / round.seconds,
    rssMegabytes: round.rssBytes / 1e6,
    failures: round.failures,
  };
}

/**
 * @param {number[]} values
 * @returns {number} NaN when there is none
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/**
 * Member by member.
 * @param {Sample[]} samples
 * @returns {Sample}
 */
export function medianSample(samples) {
  const out = /** @type {any} */ ({});
  for (const name of Object.keys(samples[0] ?? {})) {
    out[name] = median(samples.map((sample) => /** @type {any} */ (sample)[name]));
  }
  return out;
}

/**
 * The first server's numbers over each other's: the median over rounds of the ratio within a
 * round, so that what slows the whole machine for a while cancels out.
 * @param {Map<string, Sample[]>} samples
 * @param {keyof Sample} metric
 * @returns {Record<string, number>}
 */
export function ratios(samples, metric = 'recordsPerSecond') {
  const [[, own] = [undefined, []], ...others] = [...samples];
  /** @type {Record<string, number>} */
  const out = {};
  for (const [name, theirs] of others) {
    const pairs = own.map((sample, round) => sample[metric] / (theirs[round]?.[metric] ?? NaN));
    out[name] = median(pairs.filter((ratio) => !Number.isNaN(ratio)));
  }
  return out;
}

/** @returns {{ cpu: string, cores: number, memoryGb: number, os: string, node: string }} */
export function machine() {
  let os = `Linux ${release()}`;
  try {
    const name = /^PRETTY_NAME="(.*)"/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    if (name !== undefined) os = `${name}, ${os}`;
  } catch {
    os = `${process.platform} ${release()}`;
  }
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    os,
    node: process.version,
  };
}

/** @type {[string, (sample: Sample) => string][]} */
const COLUMNS = [
  ['rec/s', (s) => grouped(s.recordsPerSecond)],
  ['MB/s', (s) => s.megabytesPerSecond.toFixed(1)],
  ['req/s', (s) => grouped(s.requestsPerSecond)],
  ['p50 ms', (s) => s.p50Ms.toFixed(2)],
  ['p99 ms', (s) => s.p99Ms.toFixed(2)],
  ['p99.9 ms', (s) => s.p999Ms.toFixed(2)],
  ['server CPU µs/rec', (s) => s.serverCpuMicrosPerRecord.toFixed(2)],
  ['server cores', (s) => s.serverCores.toFixed(2)],
  ['busiest thread', (s) => s.busiestThread.toFixed(2)],
  ['client cores', (s) => s.clientCores.toFixed(2)],
  ['RSS MB', (s) => s.rssMegabytes.toFixed(0)],
];

/**
 * @param {Map<string, Sample[]>} samples
 * @returns {string} a Markdown table with one row per server, and the ratios
 */
export function table(samples) {
  const head = ['server', ...COLUMNS.map(([title]) => title), 'ratio', 'by CPU'];
  const byName = ratios(samples);
  const byCpu = ratios(samples, 'recordsPerCpuSecond');
  const rows = [...samples].map(([name, rounds]) => {
    const middle = medianSample(rounds);
    const ratio = byName[name] === undefined ? '' : `${byName[name].toFixed(2)} ×`;
    const cpu = byCpu[name] === undefined ? '' : `${byCpu[name].toFixed(2)} ×`;
    return [name, ...COLUMNS.map(([, text]) => text(middle)), ratio, cpu];
  });
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (/** @type {string} */ cell, /** @type {number} */ column) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  const line = (/** @type {string[]} */ cells) => `| ${cells.map(pad).join(' | ')} |`;
  const dashes = widths.map((width, i) => '-'.repeat(width - Math.min(i, 1)));
  const rule = `| ${dashes.map((text, i) => (i === 0 ? text : `${text}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** @param {number} value */
function grouped(value) {
  return Math.round(value).toLocaleString('en-US');
}
