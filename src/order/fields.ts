import Type, {
  type TArrayOptions,
  type TNumberOptions,
  type TObject,
  type TSchema,
  type TStringOptions,
} from 'typebox';
import { MAX_EXACT_INTEGER, OrderSchema } from './order.ts';

/** An order, its delivery, its payment or an item: values by name. */
export type Values = { readonly [name: string]: unknown };

/** One value of an order, or of an item. */
export interface Field {
  readonly name: string;
  /** The object of the order that holds it, such as `delivery`; undefined when the order or the item itself does. */
  readonly parent: string | undefined;
  /** JSON Pointer (RFC 6901), from the order or from the item. */
  readonly pointer: string;
  readonly kind: 'text' | 'integer' | 'instant';
  /** Its column in PostgreSQL and CSV: its name, with the parent's in front unless it already begins with that. */
  readonly column: string;
  /** Limits of a text, in characters. */
  readonly minLength: number;
  readonly maxLength: number;
  /** The JSON between the value before it, or the start of the order or item, and its own value. */
  readonly before: string;
  /** Its value in an order or an item. */
  readonly read: (holder: Values) => unknown;
}

/** The values of an order in the order of its JSON. */
export interface OrderFields {
  /** Those outside the items, of which the first `head` stand before the items. */
  readonly order: readonly Field[];
  readonly head: number;
  /** The name of the list of items, and the values of each. */
  readonly list: string;
  readonly item: readonly Field[];
  readonly maxItems: number;
  /** The JSON from the last value before the items to the first item, after an item's last value, after the order's. */
  readonly beforeItems: string;
  readonly itemEnd: string;
  readonly end: string;
}

/**
 * What a schema such as OrderSchema says, as everything that reads or writes orders value by value needs it. Its
 * members are values, objects of values, and one list of objects of values: the items.
 * @throws TypeError when it has any other member, or a limit that not all of those readers know
 */
export function fieldsOf(schema: TObject): OrderFields {
  const order = new Outline();
  order.object(schema);
  const { fields, items, json } = order;
  if (items === undefined) throw new TypeError('the schema has no list of items');
  return { order: fields, ...items, end: json };
}

/** Walks through a schema, noting the values and the JSON between them. */
class Outline {
  readonly fields: Field[] = [];
  items: Pick<OrderFields, 'head' | 'list' | 'item' | 'maxItems' | 'beforeItems' | 'itemEnd'> | undefined;
  /** The JSON since the last value. */
  json = '';

  object(schema: TObject, parent?: string): void {
    let separator = '{';
    for (const [name, member] of Object.entries(schema.properties)) {
      this.json += `${separator}"${name}":`;
      separator = ',';
      if (Type.IsObject(member) && parent === undefined) this.object(member, name);
      else if (Type.IsArray(member) && this.items === undefined) this.#list(name, member.items, { ...member });
      else this.#value(name, member, parent);
    }
    this.json += '}';
  }

  #list(name: string, schema: TSchema, { maxItems = Number.POSITIVE_INFINITY }: TArrayOptions): void {
    if (!Type.IsObject(schema)) throw new TypeError('the items are not objects');
    const item = new Outline();
    item.object(schema);
    this.items = {
      head: this.fields.length,
      list: name,
      item: item.fields,
      maxItems,
      beforeItems: `${this.json}[`,
      itemEnd: item.json,
    };
    this.json = ']';
  }

  #value(name: string, schema: TSchema, parent: string | undefined): void {
    const quote = Type.IsInteger(schema) ? '' : '"';
    this.fields.push({
      name,
      parent,
      pointer: parent === undefined ? `/${name}` : `/${parent}/${name}`,
      column: parent === undefined || name.startsWith(`${parent}_`) ? name : `${parent}_${name}`,
      before: `${this.json}${quote}`,
      read: parent === undefined ? (holder) => holder[name] : (holder) => valuesOf(holder[parent])[name],
      ...limits(name, schema),
    });
    this.json = quote;
  }
}

function limits(name: string, schema: TSchema): Pick<Field, 'kind' | 'minLength' | 'maxLength'> {
  if (Type.IsInteger(schema)) {
    const { minimum, maximum }: TNumberOptions = { ...schema };
    if (minimum === -MAX_EXACT_INTEGER && maximum === MAX_EXACT_INTEGER)
      return { kind: 'integer', minLength: 0, maxLength: 0 };
  }
  if (Type.IsString(schema)) {
    const { minLength = 0, maxLength, format, pattern }: TStringOptions = { ...schema };
    const kind = format === undefined ? 'text' : format === 'date-time' ? 'instant' : undefined;
    if (kind !== undefined && maxLength !== undefined && pattern === undefined) return { kind, minLength, maxLength };
  }
  throw new TypeError(`${name} is neither a text, an integer nor an instant`);
}

const NOTHING: Values = {};

function valuesOf(value: unknown): Values {
  return isValues(value) ? value : NOTHING;
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null;
}

/** The fields of the order contract. */
export const ORDER_FIELDS = fieldsOf(OrderSchema);
