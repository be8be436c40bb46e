/** The header that carries an idempotency key. */
export const KEY_HEADER = 'idempotency-key';

/** Whether a header can carry that key as it is: other characters than ASCII's do not come out as they went in. */
export function isKey(text: string): boolean {
  return text.length <= 512 && /^[!-~](?:[ -~]*[!-~])?$/.test(text);
}

/** The type that a client accepts which wants what a turn yields as it comes. */
export const EVENT_STREAM = 'text/event-stream';
