/** The entry point of a front end's thread. */
import { startedThread } from '../runtime/node/threads.ts';
import { runFrontEnd } from './front-end-thread.ts';
import type { FrontEndData } from './front-end-thread.ts';

const { link, data } = startedThread();
await runFrontEnd(link, data as FrontEndData);
