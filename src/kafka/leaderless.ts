import { Connection, ProtocolError, ResponseError } from '@platformatic/kafka';

const METADATA = 3;

/**
 * Has the library take metadata in which partitions have no leader. It takes the whole answer for an error, so that one
 * such partition, of any topic, stops whoever lists topics or reads another partition. The answer is with the error,
 * and has −1 for the leader.
 */
export function acceptLeaderless(): void {
  const { send } = Connection.prototype;
  Connection.prototype.send = function (apiKey, version, payload, parser, ...others) {
    const parse: typeof parser = (...answer) => {
      try {
        return parser(...answer);
      } catch (error) {
        if (error instanceof ResponseError && error.errors.every(isOfPartition)) return error['response'];
        throw error;
      }
    };
    Reflect.apply(send, this, [apiKey, version, payload, apiKey === METADATA ? parse : parser, ...others]);
  };
}

function isOfPartition(error: unknown): boolean {
  return error instanceof ProtocolError && /^\/topics\/\d+\/partitions\//.test(String(error['path']));
}
