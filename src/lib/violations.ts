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
export function violationsOf(errors: readonly TLocalizedValidationError[]): Violation[] {
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

/** A member's name as a step of a JSON Pointer; a very long one is cut. */
export function escapePointer(name: string): string {
  return name.slice(0, MOST_NAME_CHARACTERS).replaceAll('~', '~0').replaceAll('/', '~1');
}
