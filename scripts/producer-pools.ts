/**
 * Writes src/producer/data/names.json (lists joined by `;`): the names and streets that the order generator picks from.
 * They are drawn once from the locale data of @faker-js/faker (MIT licence, https://github.com/faker-js/faker). Run it
 * by hand and review the result: a new pool changes every generated order.
 *
 *     node_modules/.bin/bun scripts/producer-pools.ts
 */
import type { Faker } from '@faker-js/faker';
import { faker as de } from '@faker-js/faker/locale/de';
import { faker as enGB } from '@faker-js/faker/locale/en_GB';
import { faker as enUS } from '@faker-js/faker/locale/en_US';
import { faker as es } from '@faker-js/faker/locale/es';
import { faker as fr } from '@faker-js/faker/locale/fr';
import { faker as ru } from '@faker-js/faker/locale/ru';
import { faker as tr } from '@faker-js/faker/locale/tr';

interface Pool {
  readonly male: string[];
  readonly female: string[];
  readonly lastMale: string[];
  readonly lastFemale: string[];
  readonly streets: string[];
}

const NAMES = 80;
const LAST_NAMES = 160;
const STREETS = 80;

const SPECIAL: Record<string, string> = { ß: 'ss', ı: 'i', œ: 'oe', æ: 'ae', ø: 'o', ł: 'l', đ: 'd' };
const CYRILLIC: Record<string, string> = Object.fromEntries(
  'а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya'
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
);

/** Lower-case ASCII letters for an e-mail address. */
function slug(name: string): string {
  const letters = [...name.toLowerCase()].map((letter) => CYRILLIC[letter] ?? SPECIAL[letter] ?? letter);
  return letters
    .join('')
    .normalize('NFD')
    .replace(/[^a-z]/g, '');
}

function spread(list: readonly string[], count: number): string[] {
  const unique = [...new Set(list)];
  if (unique.length <= count) return unique;
  return Array.from({ length: count }, (_, at) => unique[Math.floor((at * unique.length) / count)] ?? '');
}

/** `name|slug`, or `name` where lower case is the slug, from the names that are one word and have a slug. */
function names(list: readonly string[], count: number): string[] {
  const words = list.filter((name) => /^\p{L}{2,14}$/u.test(name) && slug(name).length > 1);
  return spread(words, count).map((name) => (slug(name) === name.toLowerCase() ? name : `${name}|${slug(name)}`));
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function pool(source: Faker, streets: readonly string[]): Pool {
  const { first_name: first, last_name: last } = source.rawDefinitions.person ?? {};
  const lastAny = strings(last?.generic);
  return {
    male: names(strings(first?.male), NAMES),
    female: names(strings(first?.female), NAMES),
    lastMale: names(lastAny.length > 0 ? lastAny : strings(last?.male), LAST_NAMES),
    lastFemale: names(lastAny.length > 0 ? lastAny : strings(last?.female), LAST_NAMES),
    streets: spread(
      streets.filter((street) => /^[^"\\]{4,32}$/.test(street)),
      STREETS,
    ),
  };
}

const location = (source: Faker, key: string): string[] =>
  strings((source.rawDefinitions.location as Record<string, unknown> | undefined)?.[key]);

const spanish = location(es, 'street_suffix').filter((kind) => /^(Calle|Avenida|Plaza|Paseo|Camino|Ronda)$/.test(kind));
const spanishNames = names(strings(es.rawDefinitions.person?.last_name?.generic), 40).map((name) => name.split('|')[0]);
const frenchKinds = location(fr, 'street_prefix').filter((kind) => /^(Rue|Avenue|Boulevard|Quai|Place)$/i.test(kind));

// The library has Japanese names without their reading, which an address in ASCII needs.
const pairs = (text: string): string[] =>
  text
    .trim()
    .split(/\s+/)
    .map((pair) => pair.replace('=', '|'));
const japaneseLast = pairs(
  '佐藤=sato 鈴木=suzuki 高橋=takahashi 田中=tanaka 伊藤=ito 渡辺=watanabe 山本=yamamoto 中村=nakamura 小林=kobayashi 加藤=kato 吉田=yoshida 山田=yamada 佐々木=sasaki 山口=yamaguchi 松本=matsumoto 井上=inoue 木村=kimura 林=hayashi 斎藤=saito 清水=shimizu 山崎=yamazaki 森=mori 池田=ikeda 橋本=hashimoto 阿部=abe 石川=ishikawa 山下=yamashita 中島=nakajima 石井=ishii 小川=ogawa 前田=maeda 岡田=okada 長谷川=hasegawa 藤田=fujita 後藤=goto 近藤=kondo 村上=murakami 遠藤=endo 青木=aoki 坂本=sakamoto',
);

const pools: Record<string, Pool> = {
  'en-US': pool(enUS, location(enUS, 'street_name')),
  'en-GB': pool(enGB, location(enGB, 'street_name')),
  de: pool(de, location(de, 'street_name')),
  fr: pool(
    fr,
    location(fr, 'street_suffix').map((name, at) => `${frenchKinds[at % frenchKinds.length]} ${name}`),
  ),
  es: pool(
    es,
    spanishNames.map((name, at) => `${spanish[at % spanish.length]} ${name}`),
  ),
  ru: pool(
    ru,
    location(ru, 'street_name_part').map((name) => `ул. ${name}`),
  ),
  tr: pool(tr, location(tr, 'street_name')),
  ja: {
    male: pairs(
      '蓮=ren 湊=minato 陽翔=haruto 樹=itsuki 悠真=yuma 大翔=hiroto 颯太=sota 朝陽=asahi 健太=kenta 翔太=shota 拓也=takuya 大輔=daisuke 直樹=naoki 健一=kenichi 誠=makoto 和也=kazuya 隆=takashi 浩=hiroshi 亮=ryo 聡=satoshi',
    ),
    female: pairs(
      '陽葵=himari 凛=rin 紬=tsumugi 結菜=yuina 芽依=mei 葵=aoi 莉子=riko 美咲=misaki 愛=ai 彩=aya 恵=megumi 裕子=yuko 由美=yumi 陽子=yoko 真由美=mayumi 智子=tomoko 優子=yuko 千尋=chihiro 直美=naomi 桜=sakura',
    ),
    lastMale: japaneseLast,
    lastFemale: japaneseLast,
    streets:
      '本町 栄町 幸町 緑町 旭町 桜木町 中央 東町 西町 南町 北町 新町 錦町 若葉町 富士見町 住吉町 大手町 宮前町 泉町 日の出町'.split(
        ' ',
      ),
  },
};

const file = new URL('../src/producer/data/names.json', import.meta.url);
const joined = Object.entries(pools).map(([locale, lists]) => [
  locale,
  Object.fromEntries(Object.entries(lists).map(([list, entries]) => [list, entries.join(';')])),
]);
await Bun.write(file, `${JSON.stringify(Object.fromEntries(joined), null, 2)}\n`);
