import { extname } from 'node:path';

/** What a script is started with, so that it ends with its launcher. */
export const LAUNCHED_MODULE: string = new URL(`./launched${extname(import.meta.filename)}`, import.meta.url).href;

/** A script that has run for so long counts as one that works: if it dies later it is started again. */
export const READY_AFTER_MS = 1_000;
