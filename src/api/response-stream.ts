/**
 * Responses without a known end: what an operation returns when it will write the response bit by
 * bit.
 *
 * The front end opens the stream once the response headers are out; from then on the writer owns it
 * and must end it. Backpressure is the transport's (TCP or HTTP/2 window): the stream never buffers
 * without bound as long as the writer waits for `onDrain` after `write` returned false.
 */

export interface ResponseStream {
  /** False once nothing more can be sent: ended by the writer or closed by the peer. */
  readonly open: boolean;
  /**
   * Sends bytes, which must not be changed afterwards. Returns false when the writer should wait
   * for the drain call before it writes more; bytes written to a closed stream are dropped.
   */
  write(bytes: Uint8Array): boolean;
  /**
   * Called each time the peer has taken enough after a `write` that returned false. One callback at
   * a time.
   */
  onDrain(drained: () => void): void;
  /** Called once, when the stream is over for whatever reason; at once if it already is. */
  onClose(closed: () => void): void;
  /** Ends the response in the regular way (END_STREAM, last chunk). */
  end(): void;
  /** Cuts the response off; the client sees a transport error. */
  destroy(): void;
}

/**
 * The output of a streaming operation. The transport answers 200 with the event-stream content
 * type.
 */
export class StreamingOutput {
  readonly start: (stream: ResponseStream) => void;

  constructor(start: (stream: ResponseStream) => void) {
    this.start = start;
  }
}
