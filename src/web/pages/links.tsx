import { Link } from '../app/navigation.tsx';
import { groupAddress, messageAddress, topicAddress } from './addresses.ts';

/** The name of a topic; leads to its page. */
export function TopicLink({ topic }: { readonly topic: string }) {
  return <Link href={topicAddress(topic)}>{topic}</Link>;
}

/** The name of a consumer group; leads to its page. */
export function GroupLink({ group }: { readonly group: string }) {
  return <Link href={groupAddress(group)}>{group}</Link>;
}

interface MessageLinkProps {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | string;
}

/** `topic partition:offset`; the name leads to the topic, the position to the message. */
export function MessageLink({ topic, partition, offset }: MessageLinkProps) {
  const position = `${partition}:${offset}`;
  return (
    <>
      <TopicLink topic={topic} /> <Link href={messageAddress(topic, position)}>{position}</Link>
    </>
  );
}
