import { clockSuite } from '../clock.suite.ts';
import { NodeClock } from './clock.ts';

clockSuite('NodeClock', () => ({ clock: new NodeClock(), run: (work) => work() }));
