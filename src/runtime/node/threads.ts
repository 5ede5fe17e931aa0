/** Threads as worker threads. A thread that fails or runs out of memory ends alone. */
import { isMainThread, MessageChannel, Worker, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { Link } from '../link.ts';
import type { Thread, Threads } from '../threads.ts';
import { MessageLink } from './message-link.ts';

interface ThreadData {
  readonly port: MessagePort;
  readonly data: unknown;
}

export class NodeThreads implements Threads {
  start(entry: URL, data: unknown): Thread {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(entry, {
      workerData: { port: port2, data } satisfies ThreadData,
      transferList: [port2],
    });
    const link = new MessageLink(port1);
    let failure: Error | null = null;
    let asked = false;
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    const ended = new Promise<Error | null>((resolve) => {
      worker.on('exit', (code) => {
        link.close();
        resolve(asked ? null : (failure ?? new Error(`the thread ended with code ${code}`)));
      });
    });
    return {
      link,
      ended,
      terminate: async () => {
        asked = true;
        await worker.terminate();
      },
    };
  }
}

/** In a thread that was started: what it was given, and the link to who started it. */
export function startedThread(): { readonly link: Link; readonly data: unknown } {
  if (isMainThread) throw new Error('this is no thread that somebody started');
  const { port, data } = workerData as ThreadData;
  return { link: new MessageLink(port), data };
}
