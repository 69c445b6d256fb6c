import type { TLocalizedValidationError } from 'typebox/error';

/** One thing that is wrong with a value. */
export interface Violation {
  /** JSON Pointer (RFC 6901) of the value; empty for the whole. */
  readonly pointer: string;
  readonly message: string;
}

const MOST_VIOLATIONS = 100;
const MOST_NAME_CHARACTERS = 200;

/**
 * What a schema's check found, one violation per value; missing and unknown members have pointers of their own. At most
 * 100.
 */
export function violationsOf(all: readonly TLocalizedValidationError[]): Violation[] {
  const errors = ofMeantForm(all);
  const byPointer = new Map<string, string>();
  const add = (pointer: string, message: string): void => {
    if (!byPointer.has(pointer)) byPointer.set(pointer, message);
    else if (byPointer.get(pointer) !== message) byPointer.set(pointer, `${byPointer.get(pointer)}; ${message}`);
  };
  for (const error of errors) {
    if (byPointer.size >= MOST_VIOLATIONS) break;
    const at = error.instancePath;
    if (error.keyword === 'additionalProperties') {
      for (const name of error.params.additionalProperties)
        add(`${at}/${escapePointer(name)}`, 'is not a known member');
    } else if (error.keyword === 'required') {
      for (const name of error.params.requiredProperties) add(`${at}/${escapePointer(name)}`, 'is missing');
    } else if (error.keyword === 'enum') {
      add(at, `must be one of ${error.params.allowedValues.map(String).join(', ')}`);
    } else if (error.keyword === 'oneOf') {
      add(at, 'must have exactly one of the forms its schema allows');
    } else if (error.keyword !== 'boolean' && error.keyword !== 'anyOf') {
      add(at, error.message);
    }
  }
  // Of very many errors typebox gives only the first ones: for unknown members, that their schemas are false, without a
  // list of them.
  if (byPointer.size === 0)
    for (const { keyword, instancePath } of errors)
      if (keyword === 'boolean') add(instancePath, 'is not a known member');
  const violations = [...byPointer].map(([pointer, message]) => ({ pointer, message }));
  return violations.slice(0, MOST_VIOLATIONS);
}

/**
 * Of a value that may have several forms, told apart by a constant member such as `kind`, only the errors of the form
 * whose constant it has; all of them if it has none of these. typebox gives the forms in order, and only the first
 * errors: a form without an error of its constant is the one that is meant only if it is the first of these.
 */
function ofMeantForm(errors: readonly TLocalizedValidationError[]): readonly TLocalizedValidationError[] {
  const refused = new Set<string>();
  const unions = new Set<string>();
  for (const { keyword, schemaPath } of errors) {
    const [, form, union] = /^((.*\/anyOf)\/\d+)\/properties\/[^/]+$/.exec(schemaPath) ?? [];
    if (keyword !== 'const' || form === undefined || union === undefined) continue;
    refused.add(form);
    unions.add(union);
  }
  const meant = new Map<string, string>();
  const left = errors.filter(({ schemaPath }) => {
    const union = [...unions].find((one) => schemaPath.startsWith(`${one}/`));
    if (union === undefined) return true;
    const form = /^\/\d+/.exec(schemaPath.slice(union.length))?.[0] ?? '';
    if (refused.has(union + form)) return false;
    if (!meant.has(union)) meant.set(union, form);
    return meant.get(union) === form;
  });
  return left.some(({ keyword }) => keyword !== 'anyOf') ? left : errors;
}

/** A member's name as a step of a JSON Pointer; a very long one is cut. */
export function escapePointer(name: string): string {
  return pointerStep(name.slice(0, MOST_NAME_CHARACTERS));
}

/** A member's name as a step of a JSON Pointer (RFC 6901 section 3). */
export function pointerStep(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
