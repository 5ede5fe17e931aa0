/** Program of the thread that works on large bodies (`runtime/node/body-thread.ts`). */
import { putRecordsKernels } from '../api/fast/put-records-kernel.ts';
import { serveBodies } from '../runtime/node/body-thread.ts';

serveBodies(putRecordsKernels);
