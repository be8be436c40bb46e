/** Who a durable message is from: an agent, an alarm of its own, or somebody outside. */
export function senderOf({ from, alarm }: { from: string | undefined; alarm: string | undefined }): string {
  return alarm === undefined ? (from ?? 'outside') : `alarm ${alarm}`;
}
