/** What the control plane asks about the place a channel shall deliver to. */
import type { ChannelDocument } from '../model/channel.ts';

export interface ChannelDestinations {
  /** One sentence about why the channel cannot deliver, null when it can. Never rejects. */
  problem(channel: ChannelDocument): Promise<string | null>;
}
