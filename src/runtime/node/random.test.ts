import { randomSuite } from '../random.suite.ts';
import { NodeRandom } from './random.ts';

randomSuite('NodeRandom', () => new NodeRandom());
