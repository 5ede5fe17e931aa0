import { networkSuite } from '../network.suite.ts';
import { NodeNetwork } from './network.ts';

networkSuite('NodeNetwork', () => ({ network: new NodeNetwork(), run: (work) => work() }));
