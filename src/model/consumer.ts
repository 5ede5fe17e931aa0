/** The document the control plane stores about a registered consumer. */
export type ConsumerStatus = 'CREATING' | 'DELETING' | 'ACTIVE';

export interface ConsumerDocument {
  readonly account: string;
  readonly streamName: string;
  readonly streamUid: number;
  readonly streamArn: string;
  readonly name: string;
  /** Ends with the creation in epoch seconds, which tells it from an earlier one of the name. */
  readonly arn: string;
  readonly status: ConsumerStatus;
  /** When a CREATING or DELETING consumer leaves that state, epoch ms; null when settled. */
  readonly settlesAtMs: number | null;
  readonly createdSeconds: number;
  readonly tags: Readonly<Record<string, string>>;
}
