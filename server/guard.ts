import { isIP } from 'node:net';
import { Refusal } from './errors.ts';

/**
 * Refuses what a page of another site made a browser send. Such a page can send a POST without a body to any address, and
 * where it rebinds its own name to a local address, with `local`, it can even read the answers.
 */
export function refuseForeignPages(url: string, headers: Headers, local: boolean): void {
  const site = headers.get('sec-fetch-site');
  if (site === 'cross-site' || site === 'same-site') {
    throw new Refusal('FORBIDDEN', 'Requests from pages of other sites are refused.');
  }
  if (local && !isLocalName(new URL(url).hostname)) {
    throw new Refusal('FORBIDDEN', 'This host is bound to a local address: name it by its address or as localhost.');
  }
}

/** Whether only this machine can reach a host that is bound to that name. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isLocalName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}
