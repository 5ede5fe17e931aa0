import { osSuite } from '../os.suite.ts';
import { NodeOs } from './os.ts';

osSuite('NodeOs', (limits) => new NodeOs({ limits }));
