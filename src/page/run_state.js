// @ts-check
/** What is known of one prediction or training while it runs, from the events and states that the server tells. */

import { Terminal } from './terminal.js';

/** @typedef {'preparing' | 'uploading' | 'retrying' | 'starting' | 'processing' | 'succeeded' | 'failed' | 'canceled' | 'lost'} Phase */

const ended = new Set(['succeeded', 'failed', 'canceled', 'lost']);

/** What went wrong, without what every error begins with. @param {string} error of a prediction */
export const cause_of = (error) => error.replace(/^(Prediction failed: )+/, '');

export function new_id() {
  const random = crypto.getRandomValues(new Uint8Array(10));
  return `page-${[...random].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

export class RunState {
  /**
   * @param {import('./schema.js').Operation} operation
   * @param {Record<string, any>} values
   * @param {{ changed?: () => void, deadline?: number, id?: string, more?: Record<string, any> }} [options] `deadline` in seconds,
   *   `more`: members of the request beside the inputs
   */
  constructor(operation, values, { changed = () => {}, deadline = 0, id = new_id(), more = {} } = {}) {
    this.operation = operation;
    this.values = values;
    this.changed = changed;
    this.deadline = deadline;
    this.id = id;
    this.more = more;
    /** @type {Phase} */
    this.phase = 'preparing';
    this.began = Date.now();
    this.running_since = 0;
    this.ended_at = 0;
    this.upload = 0;
    this.queue = null;
    this.terminal = new Terminal();
    this.logs = '';
    /** Chunks of a streamed output so far. @type {any[]} */
    this.chunks = [];
    /** The output as the server last told it whole. @type {any} */
    this.output = undefined;
    /** @type {Record<string, any>} */
    this.metrics = {};
    this.error = '';
    /** The last state, as JSON. @type {any} */
    this.state = null;
    /** The answer that refused it. @type {import("./api.js").Refusal | null} */
    this.refusal = null;
    this.retry = { at: 0, count: 0, why: '' };
    this.connection_lost_until = 0;
    this.cancel_asked = 0;
    this.body = '';
    this.last_event = '';
    this.joined = false;
    this.stop = new AbortController();
    /** Ends the wait for the next try, if there is one: the server has been seen again. */
    this.wake = () => {};
  }

  get is_over() {
    return ended.has(this.phase);
  }

  get path() {
    return `${this.operation.path}/${encodeURIComponent(this.id)}`;
  }

  forget_replayed() {
    this.chunks = [];
    this.logs = '';
    this.terminal.clear();
  }

  lose() {
    this.error = 'Lost when the server restarted, or no longer kept';
    this.end('lost');
  }

  /** @param {import('./events.js').ServerEvent} event */
  take_event({ name, data }) {
    switch (name) {
      case 'start':
        // What follows is all of the run, also when it is another one of this id.
        this.forget_replayed();
        this.set_phase(data.status === 'starting' ? 'starting' : 'processing');
        break;
      case 'queued':
        this.queue = data;
        break;
      case 'output':
        this.set_phase('processing');
        if (data.index === undefined || data.index >= this.chunks.length) this.chunks.push(data.chunk);
        break;
      case 'log':
        this.set_phase('processing');
        this.logs += data.data;
        this.terminal.feed(data.data);
        break;
      case 'metric':
        this.take_metric(data);
        break;
      case 'completed':
        this.take_state(data);
        break;
      case 'error':
        throw new Error('events are missing');
    }
    this.changed();
  }

  /** @param {{ mode: string, name: string, value: any }} metric */
  take_metric({ mode, name, value }) {
    const now = this.metrics[name];
    if (mode === 'append') this.metrics[name] = [...(Array.isArray(now) ? now : []), value];
    else if (mode === 'replace' || typeof value !== 'number') this.metrics[name] = value;
    else this.metrics[name] = (typeof now === 'number' ? now : 0) + value;
  }

  /** @param {any} state as the server shows it */
  take_state(state) {
    if (!state || typeof state !== 'object') return;
    this.state = state;
    this.queue = state.queue ?? null;
    if (typeof state.logs === 'string' && state.logs.length >= this.logs.length) {
      if (!state.logs.startsWith(this.logs)) {
        this.terminal.clear();
        this.logs = '';
      }
      this.terminal.feed(state.logs.slice(this.logs.length));
      this.logs = state.logs;
    }
    if (state.output !== undefined) this.output = state.output;
    if (state.metrics) this.metrics = state.metrics;
    if (state.error) this.error = String(state.error);
    if (state.started_at && !this.running_since) this.running_since = Date.parse(state.started_at);
    if (ended.has(state.status)) this.end(state.status);
    else this.set_phase(state.status === 'processing' ? 'processing' : 'starting');
  }

  /** @param {number} part */
  set_upload(part) {
    this.upload = part;
    if (part >= 1 && this.phase === 'uploading') this.set_phase('starting');
    this.changed();
  }

  /** @param {Phase} phase */
  set_phase(phase) {
    if (this.is_over) return;
    if (phase === 'processing' && !this.running_since) this.running_since = Date.now();
    if (this.phase !== 'processing' || phase !== 'starting') this.phase = phase;
    this.changed();
  }

  /** @param {Phase} phase */
  end(phase) {
    this.phase = phase;
    this.ended_at = Date.now();
    this.changed();
  }
}
