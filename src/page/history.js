// @ts-check
/** What was run from this browser, in IndexedDB; in memory where there is none. */

import { base, server_base } from './api.js';
import { RunState } from './run_state.js';

/**
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} path predictions or trainings
 * @property {number} created
 * @property {string} phase
 * @property {Record<string, any>} values local files among them as File
 * @property {any} state
 * @property {any} output
 * @property {string} logs
 * @property {Record<string, any>} metrics
 * @property {string} error
 * @property {number} seconds
 * @property {number} bytes
 */

const most_entries = 200;
const most_bytes = 200e6;
const most_file = 20e6;
export const most_output = 5e6;
const most_logs = 256 << 10;

/** @param {IDBRequest<any>} request @returns {Promise<any>} */
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** What another tab of the page did. @returns {BroadcastChannel | null} */
function channel() {
  try {
    return new BroadcastChannel(`cog ${base.href}`);
  } catch {
    return null;
  }
}

export class History {
  constructor() {
    /** @type {IDBDatabase | null} */
    this.database = null;
    /** What the browser does not store. @type {Map<string, Entry>} */
    this.memory = new Map();
    /** Whether it is kept beyond this tab. */
    this.lasting = false;
    this.channel = channel();
  }

  /** @param {() => void} told after each change in another tab */
  watch(told) {
    if (this.channel) this.channel.onmessage = told;
  }

  changed() {
    this.channel?.postMessage('changed');
  }

  async open() {
    try {
      const request = indexedDB.open(`cog ${server_base().href}`, 1);
      request.onupgradeneeded = () => request.result.createObjectStore('runs', { keyPath: 'id' }).createIndex('created', 'created');
      this.database = await done(request);
      this.lasting = true;
    } catch {
      this.database = null;
    }
  }

  /** @param {IDBDatabase} database @param {(store: IDBObjectStore) => void} change resolves when it is on the disk */
  write(database, change) {
    return new Promise((resolve, reject) => {
      const transaction = database.transaction('runs', 'readwrite');
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
      change(transaction.objectStore('runs'));
    });
  }

  /** The newest first. @returns {Promise<Entry[]>} */
  async entries() {
    const stored = this.database ? await done(this.database.transaction('runs').objectStore('runs').getAll()) : [];
    return [...stored, ...this.memory.values()].sort((/** @type {Entry} */ a, /** @type {Entry} */ b) => b.created - a.created);
  }

  /** @param {Entry} entry */
  async put(entry) {
    if (!this.database || !(await this.store(this.database, entry))) this.memory.set(entry.id, entry);
    else this.memory.delete(entry.id);
    await this.trim();
    this.changed();
  }

  /** False when the browser does not take it, even alone. @param {IDBDatabase} database @param {Entry} entry */
  async store(database, entry) {
    for (;;) {
      try {
        await this.write(database, (store) => store.put(entry));
        return true;
      } catch (error) {
        if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') return false;
        // The browser's own limit: the older half makes room.
        const others = (await this.entries()).filter((one) => one.id !== entry.id && !this.memory.has(one.id));
        if (!others.length) return false;
        await this.discard(others.slice(Math.floor(others.length / 2)).map((one) => one.id));
      }
    }
  }

  async trim() {
    let sum = 0;
    const beyond = (await this.entries()).filter((entry, at) => {
      sum += entry.bytes;
      return at >= most_entries || sum > most_bytes;
    });
    if (beyond.length) await this.discard(beyond.map((entry) => entry.id));
  }

  /** @param {string[]} ids */
  async discard(ids) {
    for (const id of ids) this.memory.delete(id);
    if (this.database) await this.write(this.database, (store) => ids.forEach((id) => store.delete(id)));
  }

  /** @param {string} id */
  async remove(id) {
    await this.discard([id]);
    this.changed();
  }

  async clear() {
    this.memory.clear();
    if (this.database) await this.write(this.database, (store) => store.clear());
    this.changed();
  }
}

/** @param {any} value */
const text_size = (value) => (value === undefined ? 0 : (JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one)) ?? '').length);

/** The entry with another output. @param {Entry} entry @param {any} output @returns {Entry} */
export const with_output = (entry, output) => ({ ...entry, output, bytes: entry.bytes - text_size(entry.output) + text_size(output) });

/** @param {any} value @returns {number} */
const file_size = (value) => (value instanceof File ? value.size
  : Array.isArray(value) ? value.reduce((sum, one) => sum + file_size(one), 0) : 0);

/** @param {import('./run.js').Run} run @param {string[]} secrets names of inputs that are not stored @returns {Entry} */
export function entry_of(run, secrets) {
  const values = Object.fromEntries(Object.entries(run.values)
    .filter(([name, value]) => !secrets.includes(name) && file_size(value) <= most_file));
  const output = run.output ?? (run.chunks.length ? run.chunks : undefined);
  const kept = text_size(output) <= most_output ? output : undefined;
  const logs = run.logs.slice(-most_logs);
  const { output: _, logs: __, input: ___, ...state } = run.state ?? {};
  return {
    id: run.id, path: run.operation.path, created: run.began, phase: run.phase, values, state, output: kept, logs,
    metrics: run.metrics, error: run.error, seconds: run.metrics.predict_time ?? (run.ended_at - run.began) / 1000,
    bytes: text_size(kept) + logs.length + text_size(values) + Object.values(values).reduce((sum, value) => sum + file_size(value), 0),
  };
}

/** Whether it had not ended when it was stored. @param {Entry} entry */
export const is_open = (entry) => !['succeeded', 'failed', 'canceled', 'lost'].includes(entry.phase);

/** A run as it was, to be shown. @param {Entry} entry @param {import('./schema.js').Operation} operation */
export function run_of(entry, operation) {
  const run = new RunState(operation, entry.values, { id: entry.id });
  run.began = entry.created;
  run.output = entry.output;
  run.logs = entry.logs;
  run.terminal.feed(entry.logs);
  run.metrics = entry.metrics;
  run.error = entry.error;
  run.state = { ...entry.state, output: entry.output, logs: entry.logs };
  run.end(/** @type {any} */ (entry.phase));
  return run;
}

/** The inputs in a line. @param {Record<string, any>} values */
export function line_of(values) {
  /** @type {(value: any) => string} */
  const said = (value) => (value instanceof File ? value.name
    : typeof value === 'string' ? (value.startsWith('data:') ? 'data URL' : value)
      : Array.isArray(value) ? value.slice(0, 20).map(said).join(' ') || 'none'
        : value !== null && typeof value === 'object' ? '…' : String(value));
  const parts = Object.entries(values).map(([name, value]) =>
    (typeof value === 'string' && !value.startsWith('data:') ? value : `${name} ${said(value)}`));
  return parts.join(', ').slice(0, 160) || 'all defaults';
}
