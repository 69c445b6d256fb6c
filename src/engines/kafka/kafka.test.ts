import { afterAll, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderName, installedKafka, KAFKA_VERSION, parseChecksums, wrongFiles } from './jars.ts';
import { clusterId, serverProperties } from './kafka.ts';

const folder = mkdtempSync(join(tmpdir(), 'test-jars-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const checksums = readFileSync(join(import.meta.dir, 'jars.sha256'), 'utf8');

describe('the pinned jars', () => {
  test('are those of the version in pom.xml', () => {
    const pom = readFileSync(join(import.meta.dir, 'pom.xml'), 'utf8');
    expect(pom).toContain(`<kafka.version>${KAFKA_VERSION}</kafka.version>`);
    expect([...parseChecksums(checksums).keys()]).toContain(`kafka_2.13-${KAFKA_VERSION}.jar`);
    for (const sum of parseChecksums(checksums).values()) expect(sum).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a changed list gets another folder', () => {
    expect(folderName(checksums)).toStartWith(`kafka-${KAFKA_VERSION}-`);
    expect(folderName(`${checksums}x`)).not.toBe(folderName(checksums));
  });

  test('missing, changed and surplus files are all named', () => {
    for (const name of ['good.jar', 'changed.jar', 'surplus.jar']) writeFileSync(join(folder, name), name);
    const expected = parseChecksums(
      `${sha256('good.jar')}  good.jar\n${sha256('x')}  changed.jar\n${sha256('y')}  missing.jar\n`,
    );
    expect(wrongFiles(folder, expected).toSorted()).toEqual(['changed.jar', 'missing.jar', 'surplus.jar']);
    rmSync(join(folder, 'changed.jar'));
    rmSync(join(folder, 'surplus.jar'));
    expect(wrongFiles(folder, parseChecksums(`${sha256('good.jar')}  good.jar\n`))).toEqual([]);
  });
});

test('an unpacked Kafka is found by KAFKA_HOME, and one that is too old refused', () => {
  const [home, libs] = [join(folder, 'home'), join(folder, 'home/libs')];
  mkdirSync(libs, { recursive: true });
  const before = process.env['KAFKA_HOME'];
  process.env['KAFKA_HOME'] = home;
  try {
    writeFileSync(join(libs, 'kafka_2.13-3.9.1.jar'), '');
    expect(() => installedKafka()).toThrow(/KAFKA_HOME is .*, where no Kafka 4 or newer is/);
    writeFileSync(join(libs, 'kafka-clients-4.1.0.jar'), '');
    rmSync(join(libs, 'kafka_2.13-3.9.1.jar'));
    writeFileSync(join(libs, 'kafka_2.13-4.1.0.jar'), '');
    expect(installedKafka()).toEqual({ folder: libs, version: '4.1.0' });
  } finally {
    if (before === undefined) delete process.env['KAFKA_HOME'];
    else process.env['KAFKA_HOME'] = before;
  }
});

test('a cluster id is 16 bytes, and can not be taken for an option', () => {
  for (let count = 0; count < 500; count += 1) expect(clusterId()).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
});

test('the properties survive a folder with any letter in its name', () => {
  const text = serverProperties('127.0.0.1:9092', '127.0.0.1:19093', '/tmp/Папка\\x');
  expect(text).toContain('log.dirs=/tmp/\\u041f\\u0430\\u043f\\u043a\\u0430\\\\x\n');
  expect(text).toContain('listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:19093\n');
});
