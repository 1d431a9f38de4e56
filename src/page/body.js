// @ts-check
/** The body of a create request. */

import { to_json } from './json.js';

/** @param {any} value @returns {boolean} */
const holds_file = (value) => value instanceof File || (Array.isArray(value) && value.some(holds_file))
  || (value !== null && typeof value === 'object' && Object.values(value).some(holds_file));

/** @param {File} file @returns {Promise<string>} */
export function data_url(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onerror = () => reject(new Error(`${file.name} cannot be read`));
    reader.onload = () => {
      const text = String(reader.result);
      const type = file.type || 'application/octet-stream';
      resolve(`data:${type};name=${encodeURIComponent(file.name)};base64,${text.slice(text.indexOf(',') + 1)}`);
    };
    reader.readAsDataURL(file);
  });
}

/** The value with its files as data URLs. @param {any} value @returns {Promise<any>} */
async function with_data_urls(value) {
  if (value instanceof File) return data_url(value);
  if (Array.isArray(value)) return Promise.all(value.map(with_data_urls));
  if (value !== null && typeof value === 'object') {
    const members = await Promise.all(Object.entries(value).map(async ([name, one]) => [name, await with_data_urls(one)]));
    return Object.fromEntries(members);
  }
  return value;
}

/**
 * @param {Record<string, any>} values
 * @param {boolean} multipart whether the server takes forms
 * @param {Record<string, any>} [more] members beside the inputs
 * @returns {Promise<{ body: string | FormData, json: boolean, has_files: boolean }>}
 */
export async function body_of(values, multipart, more = {}) {
  const has_files = holds_file(values);
  const all_plain = Object.values(values).every((value) => value instanceof File || !holds_file(value)
    || (Array.isArray(value) && value.every((one) => one instanceof File)));
  if (!has_files || !multipart || !all_plain)
    return { body: to_json({ input: await with_data_urls(values), ...more }), json: true, has_files };
  const form = new FormData();
  const rest = Object.fromEntries(Object.entries(values).filter(([, value]) => !holds_file(value)));
  form.append('_request', new Blob([to_json({ input: rest, ...more })], { type: 'application/json' }));
  for (const [name, value] of Object.entries(values))
    if (holds_file(value)) for (const file of [value].flat()) form.append(name, file, file.name);
  return { body: form, json: false, has_files };
}
