import Type from 'typebox';

const strict = { additionalProperties: false } as const;

/** What `textOrBase64` gives. */
export const BytesSchema = Type.Union([Type.String(), Type.Object({ base64: Type.String() }, strict)], {
  description: 'Text, or base64 when it is no UTF-8',
});

/** What `namedHeaders` gives. */
export const HeadersSchema = Type.Array(
  Type.Object({ name: Type.String(), value: Type.Union([BytesSchema, Type.Null()]) }, strict),
  { description: 'In their order; a name may come twice' },
);
