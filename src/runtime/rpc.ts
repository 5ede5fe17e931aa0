/**
 * Calls over a link, in both directions: each call gets one answer, a refusal, or the end of the
 * link or of its time, whichever is first.
 *
 * Everything said within one turn of the event loop goes as one message. Bounded in both
 * directions: calls that wait for answers, and calls being served; what is over a bound is refused
 * at once and has had no effect. What is said is heard in the order it was said.
 */
import { assert } from '../common/assert.ts';
import { MessageError, MessageReader } from '../common/message-reader.ts';
import { MessageWriter } from '../common/message-writer.ts';
import type { Clock, Timer } from './clock.ts';
import type { Link } from './link.ts';
import type { FrameHeader, RefusalReason } from './rpc-frame.ts';
import {
  beginFrame,
  endFrame,
  frameForms,
  readFrame,
  reasonName,
  refusalReasons,
  rpcVersion,
} from './rpc-frame.ts';
import type { ShownBodies } from './shown-bodies.ts';

/** Why a call has no answer. After `closed`, `late` and `failed` it may have had its effect. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly reason: RefusalReason | 'closed' | 'late';
  constructor(reason: RpcError['reason'], text: string) {
    super(text === '' ? `no answer: ${reason}` : `no answer: ${reason}: ${text}`);
    this.reason = reason;
  }
}

/** How a call is answered: once, at any time. Late or on a closed link, it does nothing. */
export interface Answer {
  send(write: (writer: MessageWriter) => void): void;
  refuse(reason: RefusalReason, text?: string): void;
}

export type Serve = (body: MessageReader, answer: Answer) => void;
export type Hear = (body: MessageReader) => void;

export interface RpcDependencies {
  readonly link: Link;
  readonly clock: Clock;
  /** Told of whatever should not happen: malformed messages, calls that failed to be served. */
  readonly onProblem: (problem: unknown) => void;
}

export interface RpcOptions {
  /** Calls of this end that wait for answers. */
  readonly callsMax: number;
  /** Calls of the other end that are being served. */
  readonly servedMax: number;
}

/** How often it is looked whether calls are late. */
const lateLookMs = 250;
/** A message that grew beyond this within a turn is sent before the turn ends. */
const messageBytesMax = 8 * 1024 * 1024;
const idMax = 0xffff_ffff;

interface PendingCall {
  readonly endMs: number;
  readonly resolve: (body: MessageReader) => void;
  readonly reject: (error: RpcError) => void;
}

export class Rpc {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #onProblem: (problem: unknown) => void;
  readonly #options: RpcOptions;
  readonly #served = new Map<number, Serve>();
  readonly #heard = new Map<number, Hear>();
  readonly #unclaimed = new Map<number, Hear>();
  readonly #calls = new Map<number, PendingCall>();
  readonly #writer = new MessageWriter();
  readonly #flushed: (() => void)[] = [];
  readonly #onClose: (() => void)[] = [];
  #sending = false;
  #serving = 0;
  #lastId = 0;
  #late: Timer | null = null;
  #open = true;

  constructor({ link, clock, onProblem }: RpcDependencies, options: RpcOptions) {
    this.#link = link;
    this.#clock = clock;
    this.#onProblem = onProblem;
    this.#options = options;
  }

  /** Begins to listen; what is served and heard has to be known by then. */
  start(): void {
    this.#link.onClose(() => this.#end());
    this.#link.onMessage((parts) => this.#receive(parts));
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Calls that wait for answers. */
  get pending(): number {
    return this.#calls.size;
  }

  /** `serve` may throw MessageError for a body it cannot read. */
  serve(kind: number, serve: Serve): void {
    assert(!this.#served.has(kind), 'rpc: a kind is served once');
    this.#served.set(kind, serve);
  }

  hear(kind: number, hear: Hear): void {
    assert(!this.#heard.has(kind), 'rpc: a kind is heard once');
    this.#heard.set(kind, hear);
  }

  /** Told of answers that came when their call's time was up. */
  hearLate(kind: number, hear: Hear): void {
    this.#unclaimed.set(kind, hear);
  }

  /** Called when the link has closed, after pending calls were rejected. */
  onClose(closed: () => void): void {
    this.#onClose.push(closed);
  }

  /** Called each time a message has been sent. */
  onFlush(flushed: () => void): void {
    this.#flushed.push(flushed);
  }

  /**
   * Resolves with the answer's body; rejects with RpcError. `write` is called before it returns.
   */
  call(
    kind: number,
    deadlineMs: number,
    write: (writer: MessageWriter) => void,
  ): Promise<MessageReader> {
    if (!this.#open) return Promise.reject(new RpcError('closed', ''));
    if (this.#calls.size >= this.#options.callsMax) {
      return Promise.reject(new RpcError('busy', `${this.#calls.size} calls wait for answers`));
    }
    const id = this.#nextId();
    this.#write(frameForms.call, kind, id, deadlineMs, 0, write);
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { endMs: this.#clock.monotonic() + deadlineMs, resolve, reject });
      this.#late ??= this.#clock.after(lateLookMs, () => this.#lookForLate());
    });
  }

  notify(kind: number, write: (writer: MessageWriter) => void): void {
    if (this.#open) this.#write(frameForms.notice, kind, 0, 0, 0, write);
  }

  /** Sends what was said so far without waiting for the end of the turn. */
  flush(): void {
    if (this.#writer.at === 0) return;
    this.#link.send(this.#writer.take());
    for (const flushed of this.#flushed) flushed();
  }

  /** As `show` of the link, after what was said so far. */
  show(bodies: ShownBodies | null): boolean {
    this.flush();
    return this.#link.show(bodies);
  }

  /** As of the link; before `start`. */
  onShown(shown: (bodies: ShownBodies | null) => void): void {
    this.#link.onShown(shown);
  }

  /** Sends what was said, then closes the link. */
  close(): void {
    this.flush();
    this.#link.close();
  }

  #write(
    form: FrameHeader['form'],
    kind: number,
    id: number,
    deadlineMs: number,
    reason: number,
    write: (writer: MessageWriter) => void,
  ): void {
    const writer = this.#writer;
    const from = beginFrame(writer, form, kind, id, deadlineMs, reason);
    write(writer);
    endFrame(writer, from);
    if (writer.bytes >= messageBytesMax || !writer.hasPartsLeft) {
      this.flush();
    } else if (!this.#sending) {
      this.#sending = true;
      this.#clock.soon(() => {
        this.#sending = false;
        this.flush();
      });
    }
  }

  #nextId(): number {
    do this.#lastId = this.#lastId === idMax ? 1 : this.#lastId + 1;
    while (this.#calls.has(this.#lastId));
    return this.#lastId;
  }

  #receive(parts: readonly Uint8Array[]): void {
    if (!this.#open) return;
    try {
      const message = new MessageReader(parts);
      while (message.left > 0) {
        const { header, body } = readFrame(message);
        this.#take(header, body);
      }
    } catch (error) {
      // Nothing that follows on this link can be trusted.
      this.#onProblem(error);
      this.close();
    }
  }

  #take(header: FrameHeader, body: MessageReader): void {
    switch (header.form) {
      case frameForms.call:
        this.#serve(header, body);
        return;
      case frameForms.notice:
        this.#hear(header, body);
        return;
      default:
        this.#answered(header, body);
    }
  }

  #serve(header: FrameHeader, body: MessageReader): void {
    const { id, kind } = header;
    const serve = this.#served.get(kind);
    if (header.version !== rpcVersion) {
      const text = `version ${header.version}; here it is ${rpcVersion}`;
      this.#refuse(header, 'version', text);
    } else if (serve === undefined) {
      this.#refuse(header, 'kind', `kind ${kind}`);
    } else if (this.#serving >= this.#options.servedMax) {
      this.#refuse(header, 'busy', `${this.#serving} calls are being served`);
    } else {
      this.#serving++;
      const answer = this.#answerTo(header);
      try {
        serve(body, answer);
      } catch (error) {
        if (error instanceof MessageError) {
          answer.refuse('malformed', error.message);
        } else {
          this.#onProblem(error);
          answer.refuse('failed', `call ${id}`);
        }
      }
    }
  }

  #answerTo(header: FrameHeader): Answer {
    let open = true;
    const once = (): boolean => {
      if (!open) return false;
      open = false;
      this.#serving--;
      return this.#open;
    };
    return {
      send: (write) => {
        if (once()) this.#write(frameForms.answer, header.kind, header.id, 0, 0, write);
      },
      refuse: (reason, text = '') => {
        if (once()) this.#refuse(header, reason, text);
      },
    };
  }

  #refuse({ kind, id }: FrameHeader, reason: RefusalReason, text: string): void {
    const code = refusalReasons[reason];
    this.#write(frameForms.refusal, kind, id, 0, code, (writer) => writer.text(text));
  }

  /** A notice of an unknown version or kind is reported and passed over. */
  #hear(header: FrameHeader, body: MessageReader): void {
    const hear = header.version === rpcVersion ? this.#heard.get(header.kind) : undefined;
    if (hear !== undefined) hear(body);
    else this.#onProblem(new MessageError(`a notice of kind ${header.kind} is not known`));
  }

  #answered(header: FrameHeader, body: MessageReader): void {
    const call = this.#calls.get(header.id);
    if (call === undefined) {
      if (header.form === frameForms.answer) this.#unclaimed.get(header.kind)?.(body);
      return;
    }
    this.#calls.delete(header.id);
    if (header.version !== rpcVersion) {
      call.reject(new RpcError('version', `the answer has version ${header.version}`));
    } else if (header.form === frameForms.refusal) {
      call.reject(new RpcError(reasonName(header.reason), body.text()));
    } else {
      call.resolve(body);
    }
  }

  #lookForLate(): void {
    this.#late = null;
    const nowMs = this.#clock.monotonic();
    for (const [id, { endMs, reject }] of this.#calls) {
      if (endMs > nowMs) continue;
      this.#calls.delete(id);
      reject(new RpcError('late', ''));
    }
    if (this.#calls.size > 0) {
      this.#late = this.#clock.after(lateLookMs, () => this.#lookForLate());
    }
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#late?.cancel();
    for (const { reject } of this.#calls.values()) reject(new RpcError('closed', ''));
    this.#calls.clear();
    for (const closed of this.#onClose) closed();
  }
}
