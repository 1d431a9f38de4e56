// @ts-check
/** The right side: what becomes of a run, live. */

import { announce, button, copy, fill, h, number_text, seconds_text } from './dom.js';
import { LogView, bar_element } from './log.js';
import { OutputView } from './output.js';
import { cause_of } from './run_state.js';
import { raw_text } from './viewers/json.js';

const output_pause = 100;
const log_pause = 250;
const most_raw = 1 << 20;
const phase_words = {
  preparing: 'Preparing', uploading: 'Uploading', retrying: 'Waiting for a free place', starting: 'Starting',
  processing: 'Running', succeeded: 'Succeeded', failed: 'Failed', canceled: 'Canceled', lost: 'Lost',
};

/** @param {number} position */
function ordinal(position) {
  const rule = new Intl.PluralRules('en', { type: 'ordinal' }).select(position);
  return position + ({ one: 'st', two: 'nd', few: 'rd' }[/** @type {'one'} */ (rule)] ?? 'th');
}

export class ResultView {
  /** @param {import('./run.js').Run} run @param {{ show_problems?: (refusal: import('./api.js').Refusal) => void, ended?: () => void }} [options] */
  constructor(run, { show_problems = () => {}, ended = () => {} } = {}) {
    this.run = run;
    this.show_problems = show_problems;
    this.ended = ended;
    this.pill = h('span', { class: 'pill' });
    this.clock = h('span', { class: 'clock' });
    this.note = h('span', { class: 'note' });
    this.main_bar = h('div', { class: 'main-bar' });
    this.cancel = button('Cancel', () => run.cancel(), { class: 'small' });
    this.error = h('div', { class: 'error-box', hidden: true });
    this.output = new OutputView(run.operation.output);
    this.output.element.setAttribute('aria-busy', 'true');
    this.facts = h('p', { class: 'facts' });
    this.log = new LogView(run.terminal);
    this.bars = h('div', { class: 'bars' });
    this.log_title = h('summary', {}, 'Logs');
    this.logs = h('details', { class: 'fold', hidden: true, ontoggle: () => this.paint_log() }, this.log_title, this.bars, this.log.element);
    this.metrics = h('details', { class: 'fold', hidden: true }, h('summary', {}, 'Metrics'));
    this.raw_body = h('pre', { class: 'raw', tabindex: 0 });
    this.raw = h('details', { class: 'fold', hidden: true, ontoggle: () => this.paint_raw() }, h('summary', {}, 'Raw JSON'), this.raw_body);
    this.element = h('section', { class: 'result', 'aria-label': 'Result' },
      h('div', { class: 'result-head' }, this.pill, this.clock, this.note, this.cancel), this.main_bar,
      this.error, this.output.element, this.facts, this.logs, this.metrics, this.raw);
    this.said = '';
    this.over = false;
    this.stale = false;
    this.wait = 0;
    run.changed = () => this.schedule();
    this.tick = setInterval(() => {
      this.paint_head();
      if (this.stale) this.paint_log();
    }, log_pause);
    this.paint();
  }

  schedule() {
    if (this.run.phase !== this.said) this.paint_head();
    if (this.run.is_over) return this.paint();
    this.wait ||= window.setTimeout(() => {
      this.wait = 0;
      this.output.update(this.run);
    }, output_pause);
    this.stale = true;
  }

  paint() {
    if (this.over) return;
    this.over = this.run.is_over;
    this.paint_head();
    this.output.update(this.run);
    this.paint_log();
    if (this.over) this.finish();
  }

  paint_head() {
    const { run } = this;
    const lost = Math.ceil((run.connection_lost_until - Date.now()) / 1000);
    const phase = run.phase === 'starting' && run.queue ? 'Waiting' : phase_words[run.phase];
    this.pill.textContent = phase;
    this.pill.dataset.state = run.phase;
    this.clock.textContent = seconds_text(this.elapsed());
    this.note.textContent = this.note_text(lost);
    this.note.classList.toggle('warning', lost > 0);
    this.cancel.hidden = run.is_over;
    this.cancel.disabled = run.cancel_asked > 0;
    this.cancel.textContent = !run.cancel_asked ? 'Cancel'
      : Date.now() - run.cancel_asked < 3000 ? 'Canceling' : 'Canceling, the model has not answered yet';
    this.paint_main_bar();
    if (this.said === run.phase) return;
    this.said = run.phase;
    this.element.dataset.phase = run.phase;
    announce(run.is_over && run.error ? `${phase}: ${cause_of(run.error)}` : phase, run.phase === 'failed' || run.phase === 'lost');
  }

  elapsed() {
    const { run } = this;
    if (run.is_over && typeof run.metrics.predict_time === 'number') return run.metrics.predict_time;
    return ((run.is_over ? run.ended_at : Date.now()) - (run.running_since || run.began)) / 1000;
  }

  /** @param {number} lost seconds until the next try */
  note_text(lost) {
    const { run } = this;
    if (run.is_over) return '';
    if (lost > 0) return `Connection lost, trying again in ${lost} s`;
    if (run.phase === 'uploading') return `${Math.floor(run.upload * 100)} %`;
    if (run.phase === 'retrying')
      return `${run.retry.why.replace(/\.?$/, '.')} Trying again in ${Math.max(0, Math.ceil((run.retry.at - Date.now()) / 1000))} s`;
    const { position, estimated_wait_ms: wait } = run.queue ?? {};
    if (!position) return '';
    return `${position === 1 ? 'next' : ordinal(position)} in line${wait ? `, about ${seconds_text(wait / 1000)}` : ''}`;
  }

  paint_main_bar() {
    const { run } = this;
    const progress = run.metrics.progress;
    const bar = typeof progress === 'number' && progress >= 0 && progress <= 1
      ? { name: '', fraction: progress, done: '', total: '', rate: '', left: '' } : run.terminal.bars()[0];
    if (run.phase === 'uploading') fill(this.main_bar, bar_element({ name: 'Upload', fraction: run.upload, done: '', total: '', rate: '', left: '' }));
    else if (run.is_over) fill(this.main_bar);
    else if (bar) fill(this.main_bar, bar_element(bar));
    else fill(this.main_bar, h('div', { class: 'bar unknown', 'aria-hidden': 'true' }, h('div', { class: 'bar-done' })));
  }

  paint_log() {
    this.stale = false;
    const { terminal } = this.run;
    this.logs.hidden = terminal.received === 0;
    if (this.logs.hidden) return;
    this.log_title.textContent = `Logs (${terminal.count} ${terminal.count === 1 ? 'line' : 'lines'})`;
    if (!this.logs.open) return;
    const bars = this.run.is_over ? [] : terminal.bars();
    fill(this.bars, bars.map(bar_element));
    this.log.paint();
  }

  finish() {
    const { run } = this;
    clearInterval(this.tick);
    this.output.element.removeAttribute('aria-busy');
    if (run.phase === 'succeeded') announce('Succeeded. The output is there.');
    if (run.refusal?.status === 422 && Array.isArray(run.refusal.body?.detail)) this.show_problems(run.refusal);
    this.paint_error();
    this.paint_facts();
    const metrics = Object.entries(run.metrics);
    this.metrics.hidden = metrics.length === 0;
    if (metrics.length) this.metrics.append(h('table', { class: 'metrics' }, h('tbody', {}, metrics.map(([name, value]) =>
      h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, typeof value === 'number' ? number_text(value, 6) : JSON.stringify(value)))))));
    this.raw.hidden = run.state === null;
    this.ended();
  }

  paint_error() {
    const { run } = this;
    if (!run.error && run.phase !== 'lost') return;
    const last = run.phase === 'failed' ? run.terminal.text(20) : '';
    this.error.hidden = false;
    this.error.dataset.state = run.phase;
    fill(this.error, h('strong', {}, cause_of(run.error)),
      last && h('pre', { tabindex: 0, 'aria-label': 'The last lines of the log' }, last),
      last && button('Open log', () => {
        this.logs.open = true;
        this.logs.scrollIntoView({ block: 'nearest' });
      }, { class: 'small' }));
  }

  paint_facts() {
    const { run } = this;
    const time = run.metrics.predict_time;
    const waited = Date.parse(run.state?.started_at) - Date.parse(run.state?.created_at);
    fill(this.facts,
      typeof time === 'number' && h('span', {}, 'predict_time ', h('b', {}, seconds_text(time))),
      waited > 1 && h('span', {}, 'waited ', h('b', {}, seconds_text(waited / 1000))),
      run.state && h('span', { class: 'id' }, 'id ', h('code', {}, run.id),
        button('Copy the id', () => copy(run.id), { icon: 'copy', class: 'quiet' })));
  }

  paint_raw() {
    if (this.raw.open) this.raw_body.textContent = raw_text(this.run.state, most_raw);
  }

  close() {
    clearInterval(this.tick);
    clearTimeout(this.wait);
    this.run.leave();
  }
}
