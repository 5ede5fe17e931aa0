/** Checks of Node, ports, connections and the clock. */
import { TransportError } from '../client/http-transport.ts';
import { askAdmin } from './admin-port.ts';
import type { CliContext, Machine } from './context.ts';
import type { Finding } from './doctor-finding.ts';
import { failure, good, warning } from './doctor-finding.ts';
import { duration } from './format.ts';

/** The oldest Node that is tested. */
const nodeMajorMin = 20;
const nodeMinorMin = 19;

export function checkNode(machine: Machine): readonly Finding[] {
  const [major = 0, minor = 0] = machine.nodeVersion.split('.').map(Number);
  const found = `${machine.nodeVersion} on ${machine.platform} ${machine.architecture}`;
  const isOld = major < nodeMajorMin || (major === nodeMajorMin && minor < nodeMinorMin);
  if (!isOld) return [good('Node', found)];
  const advice = `Install Node ${nodeMajorMin}.${nodeMinorMin} or newer: https://nodejs.org`;
  return [failure('Node', found, advice)];
}

export interface PortsToCheck {
  readonly host: string;
  readonly port: number;
  readonly adminPort: number;
}

const portReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has it',
  EACCES: 'this user may not listen on it',
  EADDRNOTAVAIL: 'this machine does not have the address',
};

/** A port is fine when it is free, or a server of ours has it. */
export async function checkPorts(
  context: CliContext,
  { host, port, adminPort }: PortsToCheck,
): Promise<readonly Finding[]> {
  const isRunning = await isServerAt(context, adminPort);
  const check = async (
    subject: string,
    address: string,
    number: number,
    flag: string,
  ): Promise<Finding> => {
    const place = `${address}:${number}`;
    const problem = number === 0 ? null : await context.machine.portProblem(address, number);
    if (problem === null) return good(subject, number === 0 ? 'any free one' : `${place} is free`);
    if (problem === 'EADDRINUSE' && isRunning)
      return good(subject, `${place} is in use by a server`);
    const reason = portReasons[problem] ?? problem;
    return failure(subject, `${place}: ${reason}`, `Choose another one with ${flag}.`);
  };
  return [
    await check('data port', host, port, '--port'),
    await check('admin port', '127.0.0.1', adminPort, '--admin-port'),
  ];
}

async function isServerAt(context: CliContext, adminPort: number): Promise<boolean> {
  if (adminPort === 0) return false;
  const endpoint = new URL(`http://127.0.0.1:${adminPort}`);
  const answer = await askAdmin(context, endpoint, '/healthz');
  return !(answer instanceof TransportError) && answer.status === 200 && answer.body === 'ok\n';
}

/** What Linux has had since 5.4. */
const connectionQueueMin = 4096;

/** How many clients may connect in the same moment. */
export async function checkConnections(machine: Machine): Promise<readonly Finding[]> {
  const max = await machine.connectionQueueMax();
  if (max === null) return [];
  const found = `${max} new ones may wait to be accepted`;
  if (max >= connectionQueueMin) return [good('connections', found)];
  const advice =
    'When more clients connect at once, some wait for seconds or see ECONNRESET. Raise it: ' +
    `sysctl -w net.core.somaxconn=${connectionQueueMin}`;
  return [warning('connections', found, advice)];
}

/** Before this a clock cannot be right: 2026-01-01. */
const clockMsMin = 1_767_225_600_000;
/** Signatures are taken when they are at most this far off. */
const signatureSkewMs = 300_000;
const skewWarningMs = 5_000;

/** The clock by itself, and against that of a server if one answers. */
export async function checkClock(
  context: CliContext,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<readonly Finding[]> {
  const nowMs = context.clock.now();
  const here = new Date(nowMs).toISOString();
  const advice = 'Let the system keep it right (NTP): records and signatures carry its time.';
  if (nowMs < clockMsMin) return [failure('clock', `${here} is in the past`, advice)];
  const there = port === 0 ? null : await dateAt(context, host, port);
  if (there === null) return [good('clock', here)];
  const skewMs = Math.abs(there - context.clock.now());
  const found = `${here}, ${duration(skewMs)} from the server's`;
  if (skewMs > signatureSkewMs) return [failure('clock', found, advice)];
  if (skewMs > skewWarningMs) return [warning('clock', found, advice)];
  return [good('clock', `${here}, as the server's`)];
}

async function dateAt(context: CliContext, host: string, port: number): Promise<number | null> {
  const name = host.includes(':') ? `[${host}]` : host;
  const endpoint = new URL(`http://${name}:${port}`);
  const answer = await askAdmin(context, endpoint, '/');
  if (answer instanceof TransportError) return null;
  const ms = Date.parse(answer.headers['date'] ?? '');
  return Number.isNaN(ms) ? null : ms;
}
