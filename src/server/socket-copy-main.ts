/**
 * Sends the socket that it was started with, as the descriptor after its channel, to who started
 * it, and ends. Nothing is accepted here.
 */
import { Socket } from 'node:net';

const inherited = 4;

const socket = new Socket({ fd: inherited, readable: false, writable: false });
const { _handle: handle } = socket as unknown as { readonly _handle: never };
process.send!('copy', handle, {}, () => {
  // Who asked for it may be gone.
  if (process.connected) process.disconnect();
});
