// @ts-check
/** Files in an output: where they are, what they are, how they are shown and saved. */

import { address, base, must_fetch, request } from './api.js';

/**
 * @typedef {object} OutputFile
 * @property {string} name
 * @property {string} type media type
 * @property {string} source for an element or a link
 * @property {number} size -1: not known
 * @property {boolean} foreign on another host: a link only
 * @property {(most: number) => Promise<string>} text the first bytes as text
 */

const own_file = /^predictions\/[^/]+\/files\/\d+$/;
const extensions = /** @type {Record<string, string>} */ ({
  'image/jpeg': 'jpg', 'image/svg+xml': 'svg', 'audio/mpeg': 'mp3', 'audio/x-wav': 'wav', 'audio/wav': 'wav',
  'text/plain': 'txt', 'text/markdown': 'md', 'text/csv': 'csv', 'text/tab-separated-values': 'tsv',
  'application/octet-stream': 'bin', 'model/gltf-binary': 'glb', 'application/gzip': 'gz', 'video/quicktime': 'mov',
});
const types = Object.fromEntries(Object.entries(extensions).map(([type, extension]) => [extension, type]));
Object.assign(types, { png: 'image/png', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp', mp4: 'video/mp4',
  webm: 'video/webm', ogg: 'audio/ogg', flac: 'audio/flac', json: 'application/json', pdf: 'application/pdf' });

/** @param {string} type */
const extension_of = (type) => extensions[type] ?? type.split('/')[1]?.replace(/^x-|\+.*$/g, '') ?? 'bin';

/** @param {any} value @param {any} schema of the value @returns {boolean} */
export function is_file(value, schema) {
  if (typeof value !== 'string') return false;
  if (/^data:[\w.+-]+\/[\w.+-]+[;,]/.test(value) || own_file.test(value)) return true;
  return schema?.format === 'uri' && /^https?:\/\//.test(value);
}

/** Object addresses of the output that is shown; given back when another one is. @type {string[]} */
const made = [];
export function forget_files() {
  for (const one of made.splice(0)) URL.revokeObjectURL(one);
}

/** A blob that becomes no script of this page wherever it is opened. @param {Blob} blob @param {string} type */
function inert(blob, type) {
  const shown = /^(image|audio|video)\//.test(type) ? type : 'application/octet-stream';
  const source = URL.createObjectURL(new Blob([blob], { type: shown }));
  made.push(source);
  return source;
}

/** @param {string} text of base64 */
function bytes_of(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; ++at) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** @param {string} value @param {string} stem of the name, if it has none @returns {Promise<OutputFile>} */
export async function open_file(value, stem) {
  if (value.startsWith('data:')) return from_data(value, stem);
  const url = new URL(value, base);
  const name = decodeURIComponent(url.pathname.split('/').pop() ?? '') || stem;
  if (!own_file.test(value)) {
    const type = types[name.split('.').pop()?.toLowerCase() ?? ''] ?? 'application/octet-stream';
    return { name, type, source: url.href, size: -1, foreign: url.origin !== location.origin, text: async () => '' };
  }
  return from_server(value, stem);
}

/** @param {string} value @param {string} stem @returns {OutputFile} */
function from_data(value, stem) {
  const comma = value.indexOf(',');
  const [type, ...parameters] = value.slice(5, comma).split(';');
  const data = value.slice(comma + 1);
  const blob = parameters.includes('base64')
    ? new Blob([bytes_of(data)]) : new Blob([decodeURIComponent(data)]);
  const named = parameters.find((parameter) => parameter.startsWith('name='));
  return {
    name: named ? decodeURIComponent(named.slice(5)) : `${stem}.${extension_of(type)}`,
    type, size: blob.size, foreign: false, source: inert(blob, type),
    text: (most) => blob.slice(0, most).text(),
  };
}

/** @param {string} path @param {string} stem @returns {Promise<OutputFile>} */
async function from_server(path, stem) {
  const head = await request(path, { method: 'HEAD' });
  const type = (head.headers.get('Content-Type') ?? 'application/octet-stream').split(';')[0];
  const disposition = head.headers.get('Content-Disposition') ?? '';
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(disposition);
  const plain = /filename="?([^";]+)"?/i.exec(disposition);
  const name = extended ? decodeURIComponent(extended[1]) : (plain?.[1] ?? `${stem}.${extension_of(type)}`);
  const size = Number(head.headers.get('Content-Length') ?? -1);
  const source = must_fetch() ? inert(await (await request(path)).blob(), type) : address(path);
  const text = async (/** @type {number} */ most) =>
    (size === 0 ? '' : (await request(path, { headers: { Range: `bytes=0-${most - 1}` } })).text());
  return { name, type, source, size, foreign: false, text };
}

/** @param {Blob} blob @returns {Promise<string>} */
const data_url_of = (blob) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(String(reader.result));
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(blob);
});

/**
 * An output with data URLs in place of the files that the server keeps for a while; as it is if they are larger than that
 * together, or gone.
 * @param {any} output @param {number} most bytes
 */
export async function self_contained(output, most) {
  let left = most;
  let any = false;
  /** @param {any} value @returns {Promise<any>} */
  const with_files = async (value) => {
    if (typeof value === 'string' && own_file.test(value)) {
      const { name, type, size } = await from_server(value, 'output');
      any = true;
      left -= (size * 4) / 3;
      if (left < 0) throw new RangeError('too large');
      const blob = await (await request(value)).blob();
      return (await data_url_of(new Blob([blob], { type }))).replace(';base64,', `;name=${encodeURIComponent(name)};base64,`);
    }
    if (value === null || typeof value !== 'object') return value;
    const parts = [];
    for (const [key, one] of Object.entries(value)) parts.push([key, await with_files(one)]);
    return Array.isArray(value) ? parts.map(([, one]) => one) : Object.fromEntries(parts);
  };
  return with_files(output).then((value) => (any ? value : output), () => output);
}

/** Which viewer. @param {OutputFile} file */
export function look_of(file) {
  const { type, name } = file;
  if (file.foreign) return 'file';
  if (/^image\/(png|jpeg|gif|webp|avif|bmp|svg\+xml|x-icon)$/.test(type)) return 'image';
  if (type.startsWith('audio/')) return 'audio';
  if (type.startsWith('video/')) return 'video';
  if (/^text\/(csv|tab-separated-values)$/.test(type) || /\.(csv|tsv)$/i.test(name)) return 'table';
  if (/^application\/(\w+\+)?json$/.test(type) || /\.json$/i.test(name)) return 'json';
  if (type === 'text/markdown' || /\.md$/i.test(name)) return 'markdown';
  if (type.startsWith('text/') || /^application\/(xml|x-yaml|yaml|x-ndjson)$/.test(type)) return 'text';
  return 'file';
}
