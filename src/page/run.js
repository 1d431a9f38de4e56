// @ts-check
/** One prediction or training: sent, followed to its end, cancelled. Knows no elements. */

import { Refusal, Unreachable, get_json, request, send, stream } from './api.js';
import { body_of } from './body.js';
import { RunState } from './run_state.js';

/** What this server can do, found out by trying. */
export const server = {
  /** `GET /predictions/{id}/events`; null: not tried yet @type {boolean | null} */
  events: null,
  /** `GET /predictions/{id}` */
  keeps: true,
  /** `PUT /predictions/{id}` */
  names: true,
};

const most_retries = 5;

/** @param {number} seconds @param {AbortSignal} signal */
const pause = (seconds, signal) => new Promise((resolve) => {
  if (signal.aborted) return resolve(undefined);
  const done = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', done);
    resolve(undefined);
  };
  const timer = setTimeout(done, seconds * 1000);
  signal.addEventListener('abort', done);
});

export class Run extends RunState {
  async start() {
    try {
      const { body, json, has_files } = await body_of(this.values, this.operation.multipart, this.more);
      this.body = json ? /** @type {string} */ (body) : '';
      if (!server.keeps && json) {
        await this.run_at_once(body).catch((error) => {
          if (!server.names || !(error instanceof Refusal) || ![404, 405].includes(error.status)) throw error;
          server.names = false;
          return this.run_at_once(body);
        });
      } else {
        await this.create(body, json, has_files);
        await this.follow();
      }
    } catch (error) {
      this.refuse(error);
    }
  }

  /** @param {unknown} error */
  refuse(error) {
    if (this.is_over) return;
    if (this.stop.signal.aborted) return this.end('canceled');
    this.refusal = error instanceof Refusal ? error : null;
    this.error = error instanceof Error ? error.message : String(error);
    this.end('failed');
  }

  /** @param {string | FormData} body @param {boolean} json @param {boolean} has_files */
  async create(body, json, has_files) {
    /** @type {Record<string, string>} */
    const headers = { Prefer: 'respond-async', 'Cog-Files': 'links' };
    if (json) headers['Content-Type'] = 'application/json';
    if (this.deadline) headers['Cancel-After'] = `${this.deadline}s`;
    for (;;) {
      this.set_phase(has_files ? 'uploading' : 'starting');
      try {
        const sent = has_files ? (/** @type {number} */ part) => this.set_upload(part) : undefined;
        const answer = await send('PUT', this.path, { headers, body, signal: this.stop.signal, sent });
        this.set_phase('starting');
        this.take_state(answer.body);
        if (this.deadline) setTimeout(() => this.is_over || this.cancel(), this.deadline * 1000 + 500);
        return;
      } catch (error) {
        const busy = error instanceof Refusal && (error.status === 409 || error.status === 429);
        if (!busy || this.retry.count >= most_retries) throw error;
        const wait = Math.max(1, error.retry_after || 1);
        this.retry = { at: Date.now() + wait * 1000, count: this.retry.count + 1, why: error.message };
        this.set_phase('retrying');
        await pause(wait, this.stop.signal);
        if (this.stop.signal.aborted) throw error;
      }
    }
  }

  /** For a server that keeps no results: one request that lasts as long as the prediction. @param {string | FormData} body */
  async run_at_once(body) {
    const headers = { 'Content-Type': 'application/json', 'Cog-Files': 'links' };
    const [method, path] = server.names ? ['PUT', this.path] : ['POST', this.operation.path];
    this.set_phase('starting');
    if (this.operation.streaming) {
      const signal = this.stop.signal;
      for await (const event of stream(path, { method, headers, body, signal })) this.take_event(event);
      if (!this.is_over) throw new Unreachable('The connection to the server was lost');
      return;
    }
    const answer = await send(method, path, { headers, body: /** @type {string} */ (body), signal: this.stop.signal });
    this.take_state(answer.body);
  }

  /** Follows to the end, over lost connections. */
  async follow() {
    let lost = 0;
    while (!this.is_over && !this.stop.signal.aborted) {
      try {
        await this.follow_once(() => {
          lost = 0;
          this.connection_lost_until = 0;
        });
      } catch (error) {
        if (this.stop.signal.aborted || this.is_over) return;
        if (error instanceof Refusal && error.status < 500) throw error;
        const wait = Math.min(30, 2 ** lost++);
        this.connection_lost_until = Date.now() + wait * 1000;
        this.changed();
        await Promise.race([pause(wait, this.stop.signal), new Promise((resolve) => {
          this.wake = () => resolve(undefined);
        })]);
      }
    }
  }

  /** @param {() => void} heard */
  async follow_once(heard) {
    const training = this.operation.path === 'trainings';
    if (server.events !== false && !training && (await this.try_events(heard))) {
      if (!this.is_over) throw new Unreachable('The connection to the server was lost');
      return;
    }
    if (!this.is_over && !server.events && this.operation.streaming && this.body && !training) {
      // What the server no longer has must not run a second time.
      if (this.joined && !(await this.look_up(heard))) return;
      this.joined = true;
      this.forget_replayed();
      const options = { method: 'PUT', headers: { 'Content-Type': 'application/json', 'Cog-Files': 'links' }, body: this.body, signal: this.stop.signal };
      for await (const event of stream(this.path, options)) {
        heard();
        this.take_event(event);
      }
      return;
    }
    await this.poll(training ? 1 : 0.2, heard);
  }

  /** False when the server has no such route, or no such prediction. @param {() => void} heard */
  async try_events(heard) {
    /** @type {Record<string, string>} */
    const headers = { 'Cog-Files': 'links' };
    if (this.last_event) headers['Last-Event-ID'] = this.last_event;
    else this.forget_replayed();
    try {
      for await (const event of stream(`${this.path}/events`, { headers, signal: this.stop.signal })) {
        server.events = true;
        heard();
        if (event.id) this.last_event = event.id;
        this.take_event(event);
      }
      return true;
    } catch (error) {
      if (!(error instanceof Refusal) || ![404, 405, 406].includes(error.status)) throw error;
      // A server that has the route says in JSON that it has no such prediction.
      server.events ??= typeof error.body?.error === 'string';
      return false;
    }
  }

  /** @param {number} interval seconds at first @param {() => void} heard */
  async poll(interval, heard) {
    for (let wait = interval; !this.is_over && !this.stop.signal.aborted; wait = Math.min(interval < 1 ? 0.6 : interval, wait * 1.3)) {
      await pause(wait, this.stop.signal);
      if (this.stop.signal.aborted) return;
      await this.look_up(heard);
    }
  }

  /** Takes the state as it is; false when the run is over. @param {() => void} heard */
  async look_up(heard) {
    const state = await this.find();
    heard();
    if (state) this.take_state(state);
    else this.lose();
    return !this.is_over;
  }

  /** The state; null when the server does not know the id. */
  async find() {
    try {
      // Trainings are found here too.
      const headers = { 'Cog-Files': 'links' };
      return await get_json(`predictions/${encodeURIComponent(this.id)}`, { headers, signal: this.stop.signal });
    } catch (error) {
      if (!(error instanceof Refusal) || ![404, 405].includes(error.status)) throw error;
      return null;
    }
  }

  async cancel() {
    if (this.is_over) return;
    const sent = this.phase === 'starting' || this.phase === 'processing';
    this.cancel_asked = Date.now();
    this.changed();
    if (!sent || !server.names) {
      this.stop.abort();
      return this.end('canceled');
    }
    try {
      await request(`${this.path}/cancel`, { method: 'POST' });
    } catch (error) {
      if (error instanceof Unreachable) this.cancel_asked = 0;
    }
    this.changed();
  }

  /** Stops following; the prediction goes on. */
  leave() {
    this.changed = () => {};
    this.stop.abort();
  }
}
