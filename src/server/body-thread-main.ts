/** Program of the thread that works on large bodies (`runtime/node/body-thread.ts`). */
import { writePutRecords } from '../api/fast/put-records-transfer.ts';
import { serveBodies } from '../runtime/node/body-thread.ts';

serveBodies([writePutRecords]);
