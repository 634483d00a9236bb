import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { learn, type LearnRequest } from './learn.js';

/** The thread of learn-apart.ts. Elsewhere than on Linux a priority is that of the whole process. */
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);
parentPort?.postMessage(learn(workerData as LearnRequest));
