// @ts-check
/** The list of earlier runs: those of this browser, and those only the server has. */

import { Refusal, get_json } from './api.js';
import { button, fill, h, seconds_text, time_text } from './dom.js';
import { is_open, line_of } from './history.js';
import { cause_of } from './run_state.js';

export class HistoryView {
  /**
   * @param {import('./history.js').History} history
   * @param {(entry: import('./history.js').Entry) => void} show
   * @param {(id: string) => void} show_kept one that only the server has
   * @param {() => string | undefined} watched the id of the run that is shown while it lasts
   */
  constructor(history, show, show_kept, watched) {
    this.watched = watched;
    this.history = history;
    this.show = show;
    this.show_kept = show_kept;
    this.list = h('ul', { class: 'history-list' });
    this.note = h('p', { class: 'faint' });
    this.clear = button('Delete all', async () => {
      if (!this.asked) {
        this.asked = true;
        this.clear.textContent = 'Delete all: sure?';
        setTimeout(() => this.settle(), 4000);
        return;
      }
      this.settle();
      await this.history.clear();
      await this.draw();
    }, { class: 'small' });
    this.asked = false;
    this.drawn = Promise.resolve();
    this.history.watch(() => this.draw());
    this.element = h('section', { class: 'history', 'aria-label': 'History' },
      h('div', { class: 'history-head' }, h('h2', {}, 'History'), this.clear), this.note, this.list);
  }

  settle() {
    this.asked = false;
    this.clear.textContent = 'Delete all';
  }

  /** One after the other, so that what is shown last is the newest. */
  draw() {
    this.drawn = this.drawn.then(() => this.draw_now()).catch(() => {});
    return this.drawn;
  }

  async draw_now() {
    const own = await this.history.entries();
    await this.settle_open(own);
    /** @type {any[] | null} */
    let kept = null;
    try {
      kept = (await get_json('predictions')).results ?? [];
    } catch {
      // A server that keeps nothing, or none at all: what the browser has is shown.
    }
    const on_server = new Map((kept ?? []).map((one) => [one.id, one]));
    const rows = own.map((entry) => ({ when: entry.created, element: this.row_of(entry, kept === null || on_server.has(entry.id)) }));
    const mine = new Set(own.map((entry) => entry.id));
    for (const one of on_server.values())
      if (!mine.has(one.id)) rows.push({ when: Date.parse(one.created_at ?? one.completed_at), element: this.kept_row(one) });
    rows.sort((a, b) => b.when - a.when);
    fill(this.list, rows.slice(0, 200).map((row) => row.element));
    this.note.textContent = !this.history.lasting ? 'This browser stores nothing here: the history lasts until the page is closed.'
      : this.history.memory.size ? 'This browser has no room for some of these runs: they last until the page is closed.' : '';
    this.clear.hidden = own.length === 0;
    this.element.hidden = rows.length === 0;
  }

  /** What had not ended when the page was left: how it stands now. @param {import('./history.js').Entry[]} entries */
  async settle_open(entries) {
    for (const entry of entries.filter((one) => is_open(one) && one.id !== this.watched())) {
      try {
        const state = await get_json(`predictions/${encodeURIComponent(entry.id)}`);
        if (!['succeeded', 'failed', 'canceled'].includes(state.status)) continue;
        const { output, logs = '', input: _, ...rest } = state;
        Object.assign(entry, { phase: state.status, output, logs, state: rest, metrics: state.metrics ?? {},
          error: state.error ?? '', seconds: state.metrics?.predict_time ?? 0 });
      } catch (error) {
        if (!(error instanceof Refusal)) continue;
        Object.assign(entry, { phase: 'lost', error: 'Lost when the server restarted, or no longer kept' });
      }
      await this.history.put(entry);
    }
  }

  /** @param {import('./history.js').Entry} entry @param {boolean} kept */
  row_of(entry, kept) {
    return h('li', {},
      h('button', { type: 'button', class: 'bare entry', onclick: () => this.show(entry) },
        h('span', { class: 'pill tiny', 'data-state': is_open(entry) ? 'processing' : entry.phase }, is_open(entry) ? 'running' : entry.phase),
        h('time', {}, time_text(entry.created)), h('span', { class: 'took' }, is_open(entry) ? '' : seconds_text(entry.seconds)),
        h('span', { class: 'about' }, entry.error && entry.phase !== 'succeeded' ? cause_of(entry.error) : line_of(entry.values)),
        !kept && !is_open(entry) && h('span', { class: 'faint mark', title: 'The server no longer has it' }, 'browser only')),
      button('Delete this entry', async () => {
        await this.history.remove(entry.id);
        await this.draw();
      }, { icon: 'close', class: 'quiet' }));
  }

  /** @param {any} one as `GET /predictions` lists it */
  kept_row(one) {
    return h('li', {}, h('button', { type: 'button', class: 'bare entry', onclick: () => this.show_kept(one.id) },
      h('span', { class: 'pill tiny', 'data-state': one.status }, one.status),
      h('time', {}, one.created_at ? time_text(one.created_at) : ''), h('span', { class: 'took' }),
      h('span', { class: 'about' }, one.id), h('span', { class: 'faint mark' }, 'server only')));
  }
}
