/** The entry point of a front end's thread. */
import { startedThread } from '../runtime/node/threads.ts';
import type { FrontEndData } from './front-end-thread.ts';
import { copiedSocket } from './socket-copy.ts';

const { link, data } = startedThread();
const { descriptor } = data as FrontEndData;
// A process makes it while this thread loads the rest.
const socket = copiedSocket(descriptor);
socket.catch(() => undefined);
const { runFrontEnd } = await import('./front-end-thread.ts');
await runFrontEnd(link, data as FrontEndData, socket);
