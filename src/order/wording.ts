/**
 * The English texts of what can be wrong with an order or a request, each with a name: what is said by them can be said
 * again in another language. Values stand in braces.
 */
export const RULES = {
  /** What a schema says: the texts of TypeBox, and of `violationsOf`. */
  type: 'must be {type}',
  types: 'must be either {types}',
  minimum: 'must be >= {limit}',
  maximum: 'must be <= {limit}',
  exclusive_minimum: 'must be > {limit}',
  exclusive_maximum: 'must be < {limit}',
  multiple: 'must be multiple of {limit}',
  min_length: 'must not have fewer than {limit} characters',
  max_length: 'must not have more than {limit} characters',
  min_items: 'must not have fewer than {limit} items',
  max_items: 'must not have more than {limit} items',
  unique_items: 'must not have duplicate items',
  min_properties: 'must not have fewer than {limit} properties',
  max_properties: 'must not have more than {limit} properties',
  pattern: 'must match pattern "{text}"',
  format: 'must match format "{format}"',
  constant: 'must be equal to constant',
  enum: 'must be one of {values}',
  one_of: 'must have exactly one of the forms its schema allows',
  missing: 'is missing',
  unknown_member: 'is not a known member',
  /** What the rules of an order say. */
  unknown_field: 'is not a field of an order',
  integer_range: 'must be within ±{limit}',
  no_order: 'is not an order',
  nul: 'holds U+0000',
  surrogate: 'holds a surrogate without its pair',
  goods_total: 'is {is}, the items add up to {sum}',
  amount: 'is {is}, goods_total + delivery_cost + custom_fee is {sum}',
  date: 'is not an RFC 3339 date-time of the years 0001 to 9999',
  future: 'is more than a day in the future',
  tombstone: 'the message has no value',
  too_large: '{bytes} bytes, the limit is {limit}',
  longer: 'more than {limit} bytes',
  not_utf8: 'the value is not UTF-8',
  deep: 'is nested more than {limit} levels deep',
  many: 'has more than {limit} values',
  /** What a parser says of a text that is not JSON. */
  json_ends: 'JSON Parse error: Unexpected EOF',
  json_string: 'JSON Parse error: Unterminated string',
  json_name: 'JSON Parse error: Property name must be a string literal',
  json_expected: "JSON Parse error: Expected '{token}'",
  json_unexpected: "JSON Parse error: Unrecognized token '{text}'",
  json_quotes: "JSON Parse error: Single quotes (') are not allowed in JSON",
  json_word: 'JSON Parse error: Unexpected identifier "{text}"',
  json_escape: 'JSON Parse error: Unable to parse JSON string',
  json: 'JSON Parse error: {text}',
  /** What Kafka says of them. */
  kafka_size: 'Kafka does not take a message of this size',
  kafka_message: 'Kafka does not take a message like this',
  /** What is said of other things that are sent. */
  offset_target: 'must be earliest, latest, an offset, RFC 3339, or an age such as 15m',
  base64: 'must be base64 with its padding (RFC 4648 section 4)',
  surrogate_bytes: 'has half a surrogate pair, which is no UTF-8: send the bytes in base64',
  patch_place: '{op} {path}: there is no such place',
  patch_nothing: '{op} {path}: there is nothing there',
  patch_other: '{op} {path}: is another value',
  patch_itself: '{op} {path}: can’t be moved into itself',
  patch_deep: '{op} {path}: nests more than {limit} levels deep',
  patch_whole: 'the patch removes the whole document',
  patch_large: '{op} {path}: the patch makes the value too large',
  patch_value: 'the value is not JSON, so a patch does not apply',
  edit_operation: "the edit's operation {number} is not one of RFC 6902: {text}",
  edit_operations: 'the edit has {number} operations, the most is {limit}',
} as const;

/** What can be wrong. */
export type Rule = keyof typeof RULES;

type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;

/** The values of a rule, by name. */
export type RuleValues<R extends Rule, Value = string> = Readonly<Record<Names<(typeof RULES)[R]>, Value>>;

/** What a rule says with these values. */
export function worded<R extends Rule>(rule: R, values: RuleValues<R, string | number>): string {
  const texts = new Map(Object.entries<string | number>(values));
  return RULES[rule].replace(/\{(\w+)\}/g, (_, name: string) => String(texts.get(name)));
}

/** These may hold spaces. */
const LONG = new Set(['text', 'values', 'types', 'path']);
const PATTERNS = Object.entries(RULES).map(([rule, text]) => {
  const parts = text.split(/\{(\w+)\}/);
  const source = parts.map((part, at) => {
    if (at % 2 === 0) return part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return `(?<${part}>${LONG.has(part) ? '.+' : '\\S+'})`;
  });
  return { rule, pattern: new RegExp(`^${source.join('')}$`, 's') };
});

/** The rule that says a text, and the values in it; undefined when none does. */
export function ruleOf(text: string): { readonly rule: Rule; readonly values: Record<string, string> } | undefined {
  for (const { rule, pattern } of PATTERNS) {
    const found = pattern.exec(text);
    if (found !== null && isRule(rule)) return { rule, values: { ...found.groups } };
  }
  return undefined;
}

function isRule(name: string): name is Rule {
  return Object.hasOwn(RULES, name);
}
