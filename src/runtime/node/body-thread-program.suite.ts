/** The program of the thread that the test of `body-thread.ts` starts. */
import { serveBodies } from './body-thread.ts';
import { turningKernels } from './turning-kernels.suite.ts';

serveBodies(turningKernels);
