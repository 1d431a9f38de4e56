// @ts-check
/** The tab API: the routes of the server, from its document. */

import { server_base } from './api.js';
import { button, copy, h } from './dom.js';
import { hint_of, fields_of, resolve } from './schema.js';
import * as tree from './viewers/json.js';

const document_address = () => new URL('openapi.json', server_base()).href;

/** @param {any} document @param {any} given @returns {string} */
function type_text(document, given) {
  const schema = resolve(document, given);
  if (schema.enum) return schema.enum.map((/** @type {any} */ one) => JSON.stringify(one)).join(' | ');
  if (schema.anyOf) return schema.anyOf.map((/** @type {any} */ one) => type_text(document, one)).join(' | ');
  if (schema.type === 'array') return `list of ${type_text(document, schema.items ?? {})}`;
  return [schema.type ?? 'any', schema.format].filter(Boolean).join(', ');
}

/** A column for each thing that any of them has. @param {any} document @param {any} schema */
function members_table(document, schema) {
  const fields = fields_of(document, schema);
  const columns = /** @type {[string, (field: import('./schema.js').Field) => string][]} */ ([
    ['Type', (field) => type_text(document, field.schema)],
    ['Default', (field) => (field.has_default ? JSON.stringify(field.default) : '')],
    ['Description', (field) => [field.description, hint_of(field)].filter(Boolean).join('; ')],
  ]).filter(([, text_of]) => fields.some(text_of));
  return h('div', { class: 'scrolls', tabindex: 0, role: 'region', 'aria-label': 'Members' }, h('table', {},
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Name'), columns.map(([name]) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, fields.map((field) => h('tr', {},
      h('th', { scope: 'row' }, h('code', {}, field.name), field.required && h('span', { class: 'required', title: 'required' }, '*')),
      columns.map(([, text_of]) => h('td', {}, text_of(field))))))));
}

/** @param {any} document @param {string} path @param {string} method @param {any} operation */
function operation_element(document, path, method, operation) {
  const content = operation.requestBody?.content ?? {};
  const body = resolve(document, content['application/json']?.schema ?? {});
  const input = body.properties?.input ? resolve(document, body.properties.input) : null;
  const answers = Object.entries(operation.responses ?? {});
  return h('details', { class: 'fold operation' },
    h('summary', {}, h('span', { class: `method ${method}` }, method.toUpperCase()), ' ', h('code', {}, path), ' ',
      h('span', { class: 'faint' }, operation.summary ?? '')),
    operation.description && h('p', {}, operation.description),
    Object.keys(content).length > 0 && h('p', { class: 'faint' }, `Body: ${Object.keys(content).join(', ')}`),
    input && [h('h3', {}, 'input'), members_table(document, input)],
    !input && body.properties && members_table(document, body),
    answers.map(([status, answer]) => {
      const schema = resolve(document, /** @type {any} */ (answer).content?.['application/json']?.schema ?? {});
      return h('div', {}, h('h3', {}, `${status} ${/** @type {any} */ (answer).description ?? ''}`), schema.properties && members_table(document, schema));
    }));
}

/** Routes that the document does not tell of, since it is that of every Cog server. */
const others = [
  ['PUT', '/predictions/{id}', 'Run with your own id; the same again joins it or returns its result'],
  ['GET', '/predictions/{id}', 'State or result'],
  ['GET', '/predictions/{id}/events', 'Event stream of any prediction: what has happened, then what happens'],
  ['GET', '/predictions/{id}/files/{n}', 'Output file n, counted from 0'],
  ['GET', '/predictions', 'Ids of the results that are kept'],
  ['GET', '/metrics', 'Prometheus text'],
  ['GET', '/livez', 'Is a restart needed?'],
  ['GET', '/readyz', 'Can it take predictions?'],
];

/** @param {any} document @returns {HTMLElement} */
export function api_element(document) {
  const operations = Object.entries(document?.paths ?? {}).flatMap(([path, item]) => Object.entries(/** @type {any} */ (item))
    .filter(([method]) => ['get', 'put', 'post', 'delete', 'head', 'patch'].includes(method))
    .map(([method, operation]) => operation_element(document, path, method, operation)));
  const known = new Set(Object.keys(document?.paths ?? {}).map((path) => path.replace(/\{\w+\}/g, '{id}')));
  const link = h('code', {}, document_address());
  return h('section', { class: 'api', 'aria-label': 'API' },
    h('p', {}, 'This server answers every client of a Cog server. Its document: ', h('a', { href: 'openapi.json' }, link), ' ',
      button('Copy the address', () => copy(document_address()), { icon: 'copy', class: 'quiet' })),
    operations, h('h2', {}, 'More routes'),
    h('ul', { class: 'routes' }, others.filter(([, path]) => !known.has(path) || path === '/predictions').map(([method, path, about]) => h('li', {},
      h('span', { class: `method ${method.toLowerCase()}` }, method), ' ', h('code', {}, path), ' ', h('span', { class: 'faint' }, about)))),
    h('details', { class: 'fold' }, h('summary', {}, 'The whole document'), document ? tree.make(document, () => null, false) : ''));
}
