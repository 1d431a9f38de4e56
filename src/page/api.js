// @ts-check
/** Requests to the server, with the key if it wants one, and errors as sentences. */

import { read_events } from './events.js';

/** Where the server is: the document lies directly under it. */
export const base = new URL('.', document.baseURI);

/** Whether the tool shows the page, in front of any server. */
export const is_playground = document.documentElement.dataset.mode === 'playground';

/** The server that answers: in the playground the one that was chosen, to which the tool passes requests on. */
let target = base;
export const server_base = () => target;

let key_name = '';
let key = '';
function recall_key() {
  key_name = `cog-key ${is_playground ? target.href : base.pathname}`;
  try {
    key = sessionStorage.getItem(key_name) ?? '';
  } catch {
    // Without storage a key lasts as long as the page.
  }
}
recall_key();

/** @param {string} url */
export function set_target(url) {
  target = new URL(url.replace(/\/*$/, '/'));
  recall_key();
}

/** Whether a file must be fetched: an element that asks by itself cannot send what the request needs. */
export const must_fetch = () => key !== '' || is_playground;

export const has_key = () => key !== '';

/** @param {string} value @param {boolean} for_tab keep it until the tab is closed */
export function set_key(value, for_tab) {
  key = value;
  try {
    if (for_tab) sessionStorage.setItem(key_name, value);
    else sessionStorage.removeItem(key_name);
  } catch {
    // See above.
  }
}

/** Set by who shows the dialog; resolves to whether there is a new key. @type {{ ask: null | ((why: string) => Promise<boolean>) }} */
export const keys = { ask: null };

/** An answer that is no success, said as a sentence. */
export class Refusal extends Error {
  /** @param {number} status @param {string} message @param {any} body @param {number} retry_after seconds */
  constructor(status, message, body, retry_after) {
    super(message);
    this.status = status;
    this.body = body;
    this.retry_after = retry_after;
  }
}

/** The server could not be reached. */
export class Unreachable extends Error {}

/** @param {string} path @returns {string} */
export const address = (path) => new URL(is_playground ? `proxy/${path}` : path, base).href;

/** @param {Record<string, string>} [given] */
function headers_with_key(given = {}) {
  const where = is_playground ? { ...given, 'X-Cog-Target': target.href } : given;
  return key ? { ...where, Authorization: `Bearer ${key}` } : where;
}

/**
 * @param {string} path
 * @param {RequestInit & { headers?: Record<string, string> }} [options]
 */
export async function request(path, options = {}) {
  for (;;) {
    let response;
    try {
      response = await fetch(address(path), {
        ...options, headers: headers_with_key(options.headers), cache: 'no-store',
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new Unreachable('The server does not answer');
    }
    if (response.ok) return response;
    const refusal = await read_refusal(response.status, await response.text(), response.headers);
    if (!(await asks_for_key(refusal))) throw refusal;
  }
}

/** @param {Refusal} refusal */
async function asks_for_key(refusal) {
  const wanted = refusal.status === 401 || (refusal.status === 403 && has_key());
  return wanted && keys.ask !== null && (await keys.ask(refusal.message));
}

/** @param {string} path @param {RequestInit & { headers?: Record<string, string> }} [options] */
export async function get_json(path, options = {}) {
  const response = await request(path, { ...options, headers: { Accept: 'application/json', ...options.headers } });
  return response.json();
}

/**
 * A request with a body, sent by XMLHttpRequest since only that tells how much has gone out.
 * @param {string} method
 * @param {string} path
 * @param {{ headers: Record<string, string>, body: string | FormData, signal?: AbortSignal,
 *           sent?: (fraction: number) => void }} options
 * @returns {Promise<{ status: number, body: any, headers: { get(name: string): string | null } }>}
 */
export async function send(method, path, options) {
  for (;;) {
    const answer = await send_once(method, path, options);
    if (answer.status >= 200 && answer.status < 300) return { ...answer, body: parsed(answer.text) };
    const refusal = await read_refusal(answer.status, answer.text, answer.headers);
    if (!(await asks_for_key(refusal))) throw refusal;
  }
}

/**
 * @param {string} method @param {string} path @param {any} options
 * @returns {Promise<{ status: number, text: string, headers: { get(name: string): string | null } }>}
 */
function send_once(method, path, { headers, body, signal, sent }) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open(method, address(path));
    for (const [name, value] of Object.entries(headers_with_key(headers))) call.setRequestHeader(name, value);
    if (sent) call.upload.onprogress = (event) => event.lengthComputable && sent(event.loaded / event.total);
    call.onload = () => resolve({
      status: call.status, text: call.responseText, headers: { get: (name) => call.getResponseHeader(name) },
    });
    call.onerror = () => reject(new Unreachable('The server does not answer'));
    call.onabort = () => reject(new DOMException('Given up', 'AbortError'));
    signal?.addEventListener('abort', () => call.abort());
    call.send(body);
  });
}

/**
 * The events of a stream, until it ends. Throws a Refusal if the answer is none.
 * @param {string} path
 * @param {RequestInit & { headers?: Record<string, string> }} options
 */
export async function* stream(path, options = {}) {
  const response = await request(path, { ...options, headers: { Accept: 'text/event-stream', ...options.headers } });
  if (!response.body || !(response.headers.get('Content-Type') ?? '').startsWith('text/event-stream'))
    throw new Refusal(response.status, 'The server did not answer with an event stream', null, 0);
  yield* read_events(response.body);
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param {number} status @param {string} text @param {{ get(name: string): string | null }} headers */
async function read_refusal(status, text, headers) {
  const body = parsed(text);
  let message = typeof body === 'string' ? body.slice(0, 2000) : '';
  if (body && typeof body === 'object') {
    if (typeof body.error === 'string') message = body.error;
    else if (typeof body.detail === 'string') message = body.detail;
  }
  if (is_playground && headers.get('Cog-Playground-Error')) throw new Unreachable(message);
  return new Refusal(status, message || sentence_of(status), body, Number(headers.get('Retry-After')) || 0);
}

/** @param {number} status */
function sentence_of(status) {
  switch (status) {
    case 401: return 'The server wants an API key';
    case 403: return 'This key may not do that';
    case 404: return 'The server does not know this';
    case 409: return 'Every slot and every place in the line is taken';
    case 413: return 'The request is larger than the server takes (COG_MAX_BODY_BYTES)';
    case 422: return 'Some inputs are not as the model wants them';
    case 429: return 'Too many requests';
    case 503: return 'The server is not ready';
    default: return `The server answered ${status}`;
  }
}
