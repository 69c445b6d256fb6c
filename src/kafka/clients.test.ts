import { expect, test } from 'bun:test';
import { AppError } from '../lib/app-error.ts';
import { toKafkaError } from './clients.ts';

test('a file of the settings that is being replaced is an outage, and not for good', () => {
  const own = new AppError('config_invalid', "can't read kafka.sasl.passwordFile: ENOENT");
  const error = new Error('the provider threw an error', { cause: own });
  expect(toKafkaError(error, 'sending')).toMatchObject({
    code: 'kafka_unavailable',
    retryable: true,
    message: "sending: can't read kafka.sasl.passwordFile: ENOENT",
  });
  const refused = new AppError('kafka_refuses', 'no token');
  expect(toKafkaError(new Error('the provider threw an error', { cause: refused }), 'sending')).toBe(refused);
});
