import { MessageChannel } from 'node:worker_threads';
import { linkSuite } from '../link.suite.ts';
import { MessageLink } from './message-link.ts';

linkSuite('MessageLink', () => {
  const { port1, port2 } = new MessageChannel();
  return {
    left: new MessageLink(port1),
    right: new MessageLink(port2),
    run: (work) => work(),
  };
});
