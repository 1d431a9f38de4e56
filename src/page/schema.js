// @ts-check
/** Reads the model's document: what its inputs are, in order, with all references resolved. */

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} title
 * @property {string} description
 * @property {string} kind text, secret, file, date, number, integer, boolean, choice, choices, list, files, object, json
 * @property {any} schema resolved
 * @property {boolean} required
 * @property {boolean} nullable
 * @property {boolean} deprecated
 * @property {boolean} has_default
 * @property {any} default
 * @property {any[]} choices
 * @property {Field | null} item of a list
 * @property {Field[]} fields of an object
 */

import { words } from './dom.js';

/**
 * A schema without `$ref`, `allOf`, and `anyOf` with null.
 * @param {any} document @param {any} schema @returns {any}
 */
export function resolve(document, schema, depth = 0) {
  if (!schema || typeof schema !== 'object' || depth > 20) return schema ?? {};
  let { $ref, allOf, anyOf, oneOf, ...own } = schema;
  if (typeof $ref === 'string') {
    const target = $ref.replace(/^#\//, '').split('/')
      .reduce((/** @type {any} */ at, part) => at?.[part.replace(/~1/g, '/').replace(/~0/g, '~')], document);
    own = { ...resolve(document, target, depth + 1), ...own };
  }
  for (const part of allOf ?? []) own = { ...resolve(document, part, depth + 1), ...own };
  const either = anyOf ?? oneOf;
  if (either) {
    const rest = either.filter((/** @type {any} */ one) => one.type !== 'null');
    if (rest.length < either.length) own.nullable = true;
    if (rest.length === 1) own = { ...resolve(document, rest[0], depth + 1), ...own };
    else own.anyOf = rest;
  }
  if (Array.isArray(own.type)) {
    const types = own.type.filter((/** @type {string} */ type) => type !== 'null');
    if (types.length < own.type.length) own.nullable = true;
    if (types.length === 1) own.type = types[0];
    else delete own.type;
  }
  return own;
}

const scalars = new Set(['text', 'secret', 'file', 'date', 'number', 'integer', 'boolean', 'choice']);
const dates = new Set(['date', 'time', 'date-time', 'week', 'month', 'email']);

/** @param {any} schema resolved @param {Field | null} item */
function kind_of(schema, item) {
  if (schema.anyOf) return 'json';
  if (Array.isArray(schema.enum)) return 'choice';
  switch (schema.type) {
    case 'string':
      if (schema.format === 'password' || schema['x-cog-secret']) return 'secret';
      if (schema.format === 'uri') return 'file';
      return dates.has(schema.format) ? 'date' : 'text';
    case 'integer':
    case 'number':
    case 'boolean':
      return schema.type;
    case 'array':
      if (!item || !scalars.has(item.kind)) return 'json';
      if (item.kind === 'file') return 'files';
      return item.kind === 'choice' ? 'choices' : 'list';
    case 'object':
      return schema.properties && Object.keys(schema.properties).length ? 'object' : 'json';
    default:
      return 'json';
  }
}

/** @param {any} document @param {string} name @param {any} given @param {boolean} required @returns {Field} */
export function field_of(document, name, given, required, depth = 0) {
  const schema = resolve(document, given);
  const item = schema.type === 'array' ? field_of(document, '', schema.items ?? {}, true, depth + 1) : null;
  const kind = kind_of(schema, item);
  const nested = kind === 'object' && depth < 6;
  return {
    name,
    title: words(name),
    description: schema.description && !(schema.enum && schema.description === 'An enumeration.') ? schema.description : '',
    kind: kind === 'object' && !nested ? 'json' : kind,
    schema,
    required,
    nullable: schema.nullable === true,
    deprecated: schema.deprecated === true,
    has_default: 'default' in schema,
    default: schema.default,
    choices: schema.enum ?? [],
    item,
    fields: nested ? fields_of(document, schema, depth + 1) : [],
  };
}

/** @param {any} document @param {any} schema of an object @returns {Field[]} */
export function fields_of(document, schema, depth = 0) {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {})
    .map(([name, given], at) => ({ field: field_of(document, name, given, required.has(name), depth), at }))
    .sort((a, b) => (a.field.schema['x-order'] ?? a.at) - (b.field.schema['x-order'] ?? b.at))
    .map(({ field }) => field);
}

/** @typedef {{ fields: Field[], output: any, streaming: boolean, multipart: boolean, path: string, description: string }} Operation */

/**
 * What may be created with the model: predictions, and trainings where there are any.
 * @param {any} document @param {'predictions' | 'trainings'} path @returns {Operation | null}
 */
export function operation_of(document, path) {
  const operation = document?.paths?.[`/${path}`]?.post;
  if (!operation) return null;
  const content = operation.requestBody?.content ?? {};
  const body = resolve(document, content['application/json']?.schema ?? {});
  const input = resolve(document, body.properties?.input ?? {});
  const answer = operation.responses?.['200']?.content?.['application/json']?.schema;
  const output = resolve(document, answer ?? {}).properties?.output;
  return {
    fields: fields_of(document, input),
    output: resolve(document, output ?? {}),
    streaming: operation['x-cog-streaming'] === true,
    multipart: 'multipart/form-data' in content,
    path,
    description: operation.description ?? '',
  };
}

/** The inputs that must not be stored, shared or shown. @param {Field[]} fields @returns {string[]} */
export const secret_names = (fields) =>
  fields.filter((field) => field.kind === 'secret' || field.item?.kind === 'secret'
    || field.fields.some((inner) => inner.kind === 'secret')).map((field) => field.name);

/** @param {Field} field what may be in it, in words */
export function hint_of(field) {
  const { minimum, maximum, minLength, maxLength, pattern, multipleOf } = field.schema;
  const said = [];
  if (minimum !== undefined && maximum !== undefined) said.push(`${minimum} to ${maximum}`);
  else if (minimum !== undefined) said.push(`at least ${minimum}`);
  else if (maximum !== undefined) said.push(`at most ${maximum}`);
  if (multipleOf) said.push(`a multiple of ${multipleOf}`);
  if (minLength) said.push(minLength === 1 ? 'not empty' : `at least ${minLength} characters`);
  if (maxLength) said.push(`at most ${maxLength} characters`);
  if (pattern) said.push(`like ${pattern}`);
  return said.join(', ');
}
