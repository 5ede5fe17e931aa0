/** A front end for tests: it says that it listens, and then does nothing for ever. */
import { NodeClock } from '../runtime/node/clock.ts';
import { startedThread } from '../runtime/node/threads.ts';
import { Rpc } from '../runtime/rpc.ts';
import { frontEndKinds } from './front-end-wire.ts';

const { link } = startedThread();
const onProblem = (): void => undefined;
const bounds = { callsMax: 1, servedMax: 1 };
const rpc = new Rpc({ link, clock: new NodeClock(), onProblem }, bounds);
rpc.start();
rpc.notify(frontEndKinds.ready, () => undefined);
rpc.flush();
Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0);
