import { expect, onTestFinished, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTempDir } from '../../test/helpers/temp-dir.ts';
import { readSecret, readText } from './secret.ts';

test('a secret is the text of the setting, or what its file holds now', () => {
  const folder = createTempDir('secret-test-');
  onTestFinished(folder.remove);
  const file = join(folder.path, 'password');
  const read = (text: string, path: string) => () => readSecret({ name: 'kafka.sasl.password', text, file: path });
  expect(read('', '')()).toBe('');
  expect(read('text', '')()).toBe('text');
  writeFileSync(file, 'before\n');
  expect(read('', file)()).toBe('before');
  writeFileSync(file, ' after, with blanks \r\n');
  expect(read('', file)()).toBe(' after, with blanks ');
  expect(read('text', file)).toThrow('kafka.sasl.password and kafka.sasl.passwordFile are both set');
  expect(read('', join(folder.path, 'absent'))).toThrow("can't read kafka.sasl.passwordFile: ENOENT");
  for (const wrong of ['', '\n', 'two\nlines', 'a\tb']) {
    writeFileSync(file, wrong);
    expect(read('', file)).toThrow('must hold one line of text');
  }
});

test('a secret that was taken for the name of a file is not shown', () => {
  for (const secret of ['hunter2', 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC', '/9j/4AAQ\nSkZJRg=='])
    expect(() => readText('kafka.tls.key', secret)).toThrow(
      "can't read kafka.tls.key: ENOENT, as a file of the current folder",
    );
  for (const path of ['/absent/key.pem', './absent/key.pem'])
    expect(() => readText('kafka.tls.key', path)).toThrow(`open '${path}'`);
});
