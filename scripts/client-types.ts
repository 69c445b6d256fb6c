/** A JSON value as it stands in an OpenAPI document. */
type Json = Readonly<Record<string, unknown>>;

/**
 * The types of an OpenAPI 3.1 document, in the form that openapi-fetch takes (`paths`), as the text of a TypeScript
 * module. It knows the keywords that the schemas of this project use; a schema without any is `unknown`.
 */
export function clientTypes(document: Json): string {
  const { schemas } = object(document['components']);
  const lines = [
    '/** The types of the REST API. Made by `make client` from the OpenAPI document: do not edit. */',
    '',
    'export interface paths {',
  ];
  for (const [path, item] of entries(document['paths'])) {
    lines.push(`  ${quote(path)}: {`);
    for (const [method, operation] of entries(item)) lines.push(...operationLines(method, object(operation)));
    lines.push('  };');
  }
  lines.push('}', '');
  for (const [name, schema] of entries(schemas)) lines.push(`export type ${name} = ${typeOf(schema, '')};`, '');
  return lines.join('\n');
}

function operationLines(method: string, operation: Json): string[] {
  const places: string[] = [];
  const parameters = list(operation['parameters']).map(object);
  for (const place of ['path', 'query', 'header']) {
    const here = parameters.filter((one) => one['in'] === place);
    if (here.length === 0) continue;
    const optional = here.some((one) => one['required'] === true) ? '' : '?';
    const members = here.map((one) => {
      const mark = one['required'] === true ? '' : '?';
      return `${quote(String(one['name']))}${mark}: ${typeOf(one['schema'], '        ')}`;
    });
    places.push(`${place}${optional}: { ${members.join('; ')} }`);
  }
  const lines = [
    `    /** ${String(operation['summary'])} */`,
    `    ${method}: {`,
    `      parameters: { ${places.join('; ')} };`,
  ];
  const body = operation['requestBody'];
  if (body !== undefined) lines.push(`      requestBody: { content: ${contentType(object(body)['content'])} };`);
  lines.push('      responses: {');
  for (const [status, response] of entries(operation['responses'])) {
    const { content } = object(response);
    const media = content === undefined ? '{ content?: never }' : `{ content: ${contentType(content)} }`;
    lines.push(`        ${status}: ${media};`);
  }
  lines.push('      };', '    };');
  return lines;
}

function contentType(content: unknown): string {
  const types = entries(content).map(([type, media]) => {
    const { schema } = object(media);
    const isJson = /[/+]json$/.test(type);
    return `${quote(type)}: ${isJson ? typeOf(schema, '        ') : 'string'}`;
  });
  return `{ ${types.join('; ')} }`;
}

function typeOf(schema: unknown, indent: string): string {
  const one = object(schema);
  const reference = one['$ref'];
  if (typeof reference === 'string') return reference.slice(reference.lastIndexOf('/') + 1);
  if ('const' in one) return JSON.stringify(one['const']);
  if (Array.isArray(one['enum'])) return one['enum'].map((value) => JSON.stringify(value)).join(' | ');
  const choices = one['anyOf'] ?? (one['type'] === undefined ? one['oneOf'] : undefined);
  if (Array.isArray(choices)) {
    const types = new Set(choices.map((choice) => typeOf(choice, indent)));
    return [...types].join(' | ');
  }
  switch (one['type']) {
    case 'string':
    case 'boolean':
    case 'null':
      return one['type'];
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `(${typeOf(one['items'], indent)})[]`;
    case 'object':
      return objectType(one, indent);
    default:
      return 'unknown';
  }
}

function objectType(schema: Json, indent: string): string {
  const properties = entries(schema['properties']);
  if (properties.length === 0) {
    const [value] = Object.values(object(schema['patternProperties']));
    return value === undefined ? 'Record<string, unknown>' : `Record<string, ${typeOf(value, indent)}>`;
  }
  const required = list(schema['required']);
  const members = properties.flatMap(([name, one]) => {
    const { description } = object(one);
    const comment =
      typeof description === 'string' ? [`${indent}  /** ${description.replaceAll('*/', '*\\/')} */`] : [];
    const mark = required.includes(name) ? '' : '?';
    return [...comment, `${indent}  ${quote(name)}${mark}: ${typeOf(one, `${indent}  `)};`];
  });
  return `{\n${members.join('\n')}\n${indent}}`;
}

function quote(name: string): string {
  return /^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

function entries(value: unknown): [string, unknown][] {
  return Object.entries(object(value));
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
