import Type, { type Static, type TInteger, type TNumber, type TObject, type TSchema } from 'typebox';
import { natural, strict } from '../schemas.ts';

/** Two readings of one thing, and the time between them. */
export interface Span<R> {
  readonly now: R;
  /** Undefined for the first reading: every rate is 0 then. */
  readonly before: R | undefined;
  readonly seconds: number;
}

/** One figure of a sample: its schema, where it comes from, and how several seconds of it are combined. */
export interface Figure<R, S extends TSchema = TSchema> {
  readonly schema: S;
  read(span: Span<R>): Static<S>;
  /** `last` is the last of the values. */
  combine(values: readonly Static<S>[], last: Static<S>): Static<S>;
}

type Figures<R> = Readonly<Record<string, Figure<R>>>;
type Schemas<F extends Figures<never>> = { [Name in keyof F]: F[Name]['schema'] };
type Values<F extends Figures<never>> = { -readonly [Name in keyof F]: Static<F[Name]['schema']> };

/** The figures that one kind of reading gives. */
export interface SamplePart<R, F extends Figures<never>> {
  readonly schema: TObject<Schemas<F>>;
  read(span: Span<R>): Values<F>;
  /** `last` is the last of the values. */
  combine(values: readonly Values<F>[], last: Values<F>): Values<F>;
}

/** A part of a sample from the description of its figures: `part<Reading>()({ … })`, which types their readers. */
export function part<R>() {
  return <F extends Figures<R>>(figures: F, options: { readonly description?: string } = {}): SamplePart<R, F> => ({
    schema: Type.Object(schemasOf(figures), { ...strict, ...options }),
    read: (span) => valuesOf(figures, (figure) => figure.read(span)),
    combine: (values, last) =>
      valuesOf(figures, (figure, name) =>
        figure.combine(
          values.map((one) => one[name]),
          last[name],
        ),
      ),
  });
}

/** A value that is read as it is: a total, a state. Unless told otherwise, several seconds have the last value. */
export function state<R, S extends TSchema>(
  schema: S,
  read: (now: R) => Static<S>,
  combine: Figure<R, S>['combine'] = (_, last) => last,
): Figure<R, S> {
  return { schema, read: ({ now }) => read(now), combine };
}

/** A whole number. */
export function count<R>(read: (now: R) => number): Figure<R, TInteger> {
  return state(natural(), (now) => Math.round(read(now)));
}

/** What a count grows by in a second. */
export function rate<R>(read: (now: R) => number, schema = PER_SECOND): Figure<R, TNumber> {
  return growth(({ now, before = now }) => read(now) - read(before), schema);
}

/** The same, from both readings. It is never negative: a topic that is recreated counts from 0 again. */
export function growth<R>(read: (span: Span<R>) => number, schema = PER_SECOND): Figure<R, TNumber> {
  return {
    schema,
    read: (span) => (span.seconds <= 0 ? 0 : Math.max(0, round(read(span) / span.seconds))),
    combine: mean,
  };
}

export const PER_SECOND: TNumber = Type.Number({ minimum: 0 });

function mean(values: readonly number[]): number {
  return round(values.reduce((sum, one) => sum + one, 0) / values.length);
}

export function worst(values: readonly number[]): number {
  return Math.max(...values);
}

/** To a tenth. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function schemasOf<F extends Figures<never>>(figures: F): Schemas<F>;
function schemasOf(figures: Figures<never>): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(figures).map(([name, { schema }]) => [name, schema]));
}

function valuesOf<R, F extends Figures<R>>(
  figures: F,
  value: (figure: Figure<R>, name: keyof F & string) => unknown,
): Values<F>;
function valuesOf<R>(
  figures: Figures<R>,
  value: (figure: Figure<R>, name: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, value(figure, name)]));
}
