import type { RejectionReason } from '../../order/rejection.ts';
import { type Rule, ruleOf } from '../../order/wording.ts';
import { countEn, countRu, formatNumber, type Language } from './format.ts';
import type { Dictionary } from './language.ts';

interface WordingTexts {
  /** Values in braces; a number followed by the forms of its noun: `{limit:character|characters}`. */
  readonly rules: Readonly<Record<Rule, string>>;
  /** Of JSON. */
  readonly types: Readonly<Record<string, string>>;
  readonly reasons: Readonly<Record<RejectionReason | 'unknown', string>>;
}

/** What can be wrong, in the reader's language. */
export const wordingTexts: Dictionary<WordingTexts> = {
  en: {
    rules: {
      type: 'must be {type}',
      types: 'must be {types}',
      minimum: 'must be at least {limit}',
      maximum: 'must be at most {limit}',
      exclusive_minimum: 'must be more than {limit}',
      exclusive_maximum: 'must be less than {limit}',
      multiple: 'must be a multiple of {limit}',
      min_length: 'must have at least {limit:character|characters}',
      max_length: 'must have at most {limit:character|characters}',
      min_items: 'must have at least {limit:element|elements}',
      max_items: 'must have at most {limit:element|elements}',
      unique_items: 'must not repeat an element',
      min_properties: 'must have at least {limit:member|members}',
      max_properties: 'must have at most {limit:member|members}',
      pattern: 'must match the pattern {text}',
      format: 'must have the format {format}',
      constant: 'has a value that is not allowed',
      enum: 'must be one of {values}',
      one_of: 'must have exactly one of the allowed forms',
      missing: 'is missing',
      unknown_member: 'is not a known member',
      unknown_field: 'is not a field of an order',
      integer_range: 'must be within ±{limit}',
      no_order: 'is not an order',
      nul: 'holds the character U+0000',
      surrogate: 'holds half of a surrogate pair',
      goods_total: 'is {is}, but the items add up to {sum}',
      amount: 'is {is}, but goods, delivery and customs fee add up to {sum}',
      date: 'is not a date and time of the years 1 to 9999 (RFC 3339)',
      future: 'is more than a day in the future',
      tombstone: 'the message has no value',
      too_large: '{bytes:byte|bytes}, the limit is {limit}',
      longer: 'longer than {limit:byte|bytes}',
      not_utf8: 'the value is not UTF-8',
      deep: 'is nested more than {limit:level|levels} deep',
      many: 'has more than {limit:value|values}',
      json_ends: 'the text ends too soon',
      json_string: 'a string does not end',
      json_name: 'the name of a member must be in double quotes',
      json_expected: '{token} is missing',
      json_unexpected: 'there is an unexpected {text}',
      json_quotes: 'single quotes are not allowed',
      json_word: 'there is an unexpected {text}',
      json_escape: 'a string holds something that must be escaped',
      json: '{text}',
      kafka_size: 'Kafka does not take a message of this size',
      kafka_message: 'Kafka does not take a message like this',
      offset_target: 'must be earliest, latest, an offset, an age such as 15m, or a time (RFC 3339)',
      base64: 'must be base64 with its padding',
      surrogate_bytes: 'holds half of a surrogate pair, which is no UTF-8: write it as base64',
      patch_place: '{op} {path}: there is no such place',
      patch_nothing: '{op} {path}: there is nothing there',
      patch_other: '{op} {path}: another value is there',
      patch_itself: '{op} {path}: can’t be moved into itself',
      patch_deep: '{op} {path}: nests more than {limit:level|levels} deep',
      patch_whole: 'the patch removes the whole document',
      patch_large: '{op} {path}: the value gets too large',
      patch_value: 'the value is not JSON, so a patch does not apply',
      edit_operation: 'operation {number} is not one of JSON Patch (RFC 6902): {text}',
      edit_operations: 'the patch has {number:operation|operations}, the most is {limit}',
    },
    types: {
      integer: 'a whole number',
      number: 'a number',
      string: 'text',
      boolean: 'true or false',
      object: 'an object',
      array: 'a list',
      null: 'null',
    },
    reasons: {
      not_json: 'not JSON',
      schema: 'against the schema',
      unknown_field: 'unknown field',
      sums_mismatch: 'sums don’t add up',
      integer_range: 'number out of range',
      invalid_date: 'invalid date',
      future_date: 'date in the future',
      nul_character: 'character U+0000',
      lone_surrogate: 'half a surrogate pair',
      invalid_utf8: 'not UTF-8',
      too_large: 'too large',
      tombstone: 'no value',
      database_rejected: 'refused by PostgreSQL',
      unknown: 'unknown reason',
    },
  },
  ru: {
    rules: {
      type: 'нужно: {type}',
      types: 'нужно: {types}',
      minimum: 'должно быть не меньше {limit}',
      maximum: 'должно быть не больше {limit}',
      exclusive_minimum: 'должно быть больше {limit}',
      exclusive_maximum: 'должно быть меньше {limit}',
      multiple: 'должно делиться на {limit}',
      min_length: 'слишком коротко: нужно хотя бы {limit:знак|знака|знаков}',
      max_length: 'слишком длинно: можно не больше {limit:знака|знаков|знаков}',
      min_items: 'нужно хотя бы {limit:элемент|элемента|элементов}',
      max_items: 'можно не больше {limit:элемента|элементов|элементов}',
      unique_items: 'элементы не должны повторяться',
      min_properties: 'нужно хотя бы {limit:поле|поля|полей}',
      max_properties: 'можно не больше {limit:поля|полей|полей}',
      pattern: 'не подходит под шаблон {text}',
      format: 'нужен формат {format}',
      constant: 'недопустимое значение',
      enum: 'допустимо одно из значений: {values}',
      one_of: 'должно подходить ровно под один из допустимых видов',
      missing: 'отсутствует',
      unknown_member: 'неизвестное поле',
      unknown_field: 'такого поля у заказа нет',
      integer_range: 'должно быть в пределах ±{limit}',
      no_order: 'это не заказ',
      nul: 'содержит знак U+0000',
      surrogate: 'содержит половину суррогатной пары',
      goods_total: 'указано {is}, а сумма по товарам — {sum}',
      amount: 'указано {is}, а товары, доставка и сбор вместе — {sum}',
      date: 'это не дата и время с 1 по 9999 год (RFC 3339)',
      future: 'больше чем на день в будущем',
      tombstone: 'у сообщения нет значения',
      too_large: '{bytes:байт|байта|байт}, предел — {limit}',
      longer: 'длиннее {limit:байта|байт|байт}',
      not_utf8: 'значение не в UTF-8',
      deep: 'вложено глубже, чем на {limit:уровень|уровня|уровней}',
      many: 'больше {limit:значения|значений|значений}',
      json_ends: 'текст обрывается',
      json_string: 'строка не закончена',
      json_name: 'имя поля должно быть в двойных кавычках',
      json_expected: 'не хватает {token}',
      json_unexpected: 'здесь не может быть {text}',
      json_quotes: 'одинарные кавычки не допускаются',
      json_word: 'здесь не может быть {text}',
      json_escape: 'в строке есть знак, который нужно экранировать',
      json: '{text}',
      kafka_size: 'Kafka не принимает сообщение такого размера',
      kafka_message: 'Kafka не принимает такое сообщение',
      offset_target: 'нужно: earliest, latest, смещение, возраст (15m) или время (RFC 3339)',
      base64: 'нужен base64 с выравниванием (=)',
      surrogate_bytes: 'содержит половину суррогатной пары, а это не UTF-8: запишите байты в base64',
      patch_place: '{op} {path}: такого места нет',
      patch_nothing: '{op} {path}: там ничего нет',
      patch_other: '{op} {path}: там другое значение',
      patch_itself: '{op} {path}: нельзя переместить внутрь самого себя',
      patch_deep: '{op} {path}: вложено глубже, чем на {limit:уровень|уровня|уровней}',
      patch_whole: 'правка удаляет весь документ',
      patch_large: '{op} {path}: значение становится слишком большим',
      patch_value: 'значение — не JSON, и правка к нему неприменима',
      edit_operation: 'операции {number} нет в JSON Patch (RFC 6902): {text}',
      edit_operations: 'в правке {number:операция|операции|операций}, а можно не больше {limit}',
    },
    types: {
      integer: 'целое число',
      number: 'число',
      string: 'текст',
      boolean: 'true или false',
      object: 'объект',
      array: 'список',
      null: 'null',
    },
    reasons: {
      not_json: 'не JSON',
      schema: 'не по схеме',
      unknown_field: 'неизвестное поле',
      sums_mismatch: 'суммы не сходятся',
      integer_range: 'число вне пределов',
      invalid_date: 'неверная дата',
      future_date: 'дата в будущем',
      nul_character: 'знак U+0000',
      lone_surrogate: 'половина суррогатной пары',
      invalid_utf8: 'не UTF-8',
      too_large: 'слишком большое',
      tombstone: 'нет значения',
      database_rejected: 'отвергнуто PostgreSQL',
      unknown: 'причина неизвестна',
    },
  },
};

/** What a verification does not check, by the API's texts; English is as they are. */
export const uncheckedTexts: Dictionary<Readonly<Record<string, string>>> = {
  en: {},
  ru: {
    'orders.stored_at: only that it lies between the time of its message (less 2 h) and the last move of its partition (and 1 min)':
      'orders.stored_at: только что время лежит между временем сообщения (минус 2 ч) и последним сдвигом партиции (плюс 1 мин)',
    'dl-at: only to within 2 h of the time of the letter, and of its message':
      'dl-at: только с точностью до 2 ч от времени отклонённого сообщения и исходного',
    'dl-detail of database_rejected: what the database said':
      'dl-detail при database_rejected: что сказала база данных',
    'consumer_offsets beside its next_offset, and lost_ranges beside what they say':
      'consumer_offsets, кроме next_offset, и lost_ranges, кроме самих диапазонов',
    'pending_invalidations, dead_letter_redrives and their batches, and what is cached':
      'pending_invalidations, dead_letter_redrives с их пачками и содержимое кэша',
    'orders of other topics that some group has stored: verify them by that topic':
      'заказы других топиков, которые сохранила какая-нибудь группа: их проверяют по тому топику',
  },
};

/** A text of RULES in that language; any other text as it is. */
export function wordedIn(language: Language, { rules, types }: WordingTexts, text: string): string {
  const found = ruleOf(text);
  if (found === undefined) return text;
  const { rule, values } = found;
  return rules[rule].replace(/\{(\w+)(?::([^}]+))?\}/g, (_, name: string, forms?: string) => {
    const value = values[name] ?? '';
    if (name === 'type' || name === 'types')
      return value
        .split(' or ')
        .map((one) => types[one] ?? one)
        .join(language === 'ru' ? ' или ' : ' or ');
    const number = Number(value);
    if (!/^-?\d+(\.\d+)?$/.test(value)) return value;
    if (forms === undefined) return formatNumber(number, language, 6);
    const [one = '', few = one, many = few] = forms.split('|');
    return language === 'ru' ? countRu(number, one, few, many) : countEn(number, one, few);
  });
}
