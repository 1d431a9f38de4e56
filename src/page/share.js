// @ts-check
/** Inputs in the hash of an address, which no server ever sees. */

import { to_json, parse_json } from './json.js';

const most_bytes = 8192;

/** @param {Uint8Array} bytes @param {'compress' | 'decompress'} way */
async function through(bytes, way) {
  const made = way === 'compress' ? new CompressionStream('deflate-raw') : new DecompressionStream('deflate-raw');
  const stream = new Blob([/** @type {any} */ (bytes)]).stream().pipeThrough(made);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @param {any} value */
const stays = (value) => value instanceof File || (typeof value === 'string' && value.startsWith('data:'))
  || (Array.isArray(value) && value.some(stays));

/**
 * @param {Record<string, any>} values @param {string[]} secrets
 * @returns {Promise<{ hash: string, left_out: string[], problem: string }>}
 */
export async function hash_of(values, secrets) {
  const left_out = Object.keys(values).filter((name) => secrets.includes(name) || stays(values[name]));
  const shared = Object.fromEntries(Object.entries(values).filter(([name]) => !left_out.includes(name)));
  const bytes = await through(new TextEncoder().encode(to_json(shared)), 'compress');
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const hash = `#i=${btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')}`;
  const problem = hash.length > most_bytes ? `The inputs make a link of ${hash.length} bytes; more than ${most_bytes} do not arrive everywhere.` : '';
  return { hash, left_out, problem };
}

/** The inputs of a shared address; null if it is none. @param {string} hash */
export async function values_of(hash) {
  const found = /^#i=([\w-]+)$/.exec(hash);
  if (!found || hash.length > 2 * most_bytes) return null;
  try {
    const binary = atob(found[1].replace(/-/g, '+').replace(/_/g, '/'));
    const bytes = await through(Uint8Array.from(binary, (character) => character.charCodeAt(0)), 'decompress');
    const values = parse_json(new TextDecoder().decode(bytes));
    return values && typeof values === 'object' && !Array.isArray(values) ? values : null;
  } catch {
    return null;
  }
}
