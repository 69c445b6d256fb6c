import { withQuery } from '../../app/navigation.ts';

/** Where a message is shown; its position is `partition:offset`. */
export function messageAddress(topic: string, position: string): string {
  return withQuery('/messages', new URLSearchParams({ topic, message: position }));
}
