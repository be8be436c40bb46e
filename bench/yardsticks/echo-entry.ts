// All the code of a bare worker: it sends back what it is sent.
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', (message) => parentPort?.postMessage(message));
