// @ts-check
/** The tab Status: what the server knows of itself, from `/status` where there is one, else from `/metrics`, `/` and `/health-check`. */

import { get_json, request } from './api.js';
import { button, copy, fill, h, number_text, seconds_text, size_text, time_text } from './dom.js';
import { buckets_of, quantile_of, read_metrics, sum_of } from './metrics.js';
import { cause_of } from './run_state.js';
import { Terminal } from './terminal.js';

const interval = 2000;
const most_samples = 60;

/** @param {string} name @param {Child} value @param {Child} [more] @typedef {import('./dom.js').Child} Child */
const tile = (name, value, more) => h('div', { class: 'tile' }, h('dt', {}, name), h('dd', {}, value), more && h('dd', { class: 'faint' }, more));

/** A line over the last minutes. @param {number[]} values @param {string} label */
function sparkline(values, label) {
  const space = 'http://www.w3.org/2000/svg';
  const picture = document.createElementNS(space, 'svg');
  picture.setAttribute('viewBox', `0 0 ${most_samples - 1} 20`);
  picture.setAttribute('preserveAspectRatio', 'none');
  picture.setAttribute('class', 'spark');
  picture.setAttribute('role', 'img');
  picture.setAttribute('aria-label', label);
  const most = Math.max(1, ...values);
  const from = most_samples - values.length;
  if (values.length < 2) return picture;
  const line = document.createElementNS(space, 'path');
  line.setAttribute('d', values.map((value, at) => `${at ? 'L' : 'M'}${from + at} ${19 - (value / most) * 18}`).join(''));
  picture.append(line);
  return picture;
}

export class StatusView {
  constructor() {
    this.tiles = h('dl', { class: 'tiles' });
    this.gpus = h('div');
    this.workers = h('div');
    this.latency = h('div');
    this.deaths = h('div');
    this.failures = h('div');
    this.setup = h('div');
    this.report = /** @type {any} */ ({});
    this.update_note = h('span', { class: 'faint' });
    this.element = h('section', { class: 'status', 'aria-label': 'Status' },
      this.tiles, this.gpus, this.workers, this.latency, this.deaths, this.failures, this.setup,
      h('div', { class: 'tools' }, h('a', { href: 'metrics', target: '_blank', rel: 'noreferrer' }, 'Metrics as text'),
        h('a', { href: 'health-check', target: '_blank', rel: 'noreferrer' }, 'Health as JSON'),
        button('Copy as JSON', () => copy(JSON.stringify(this.report, null, 2)), { class: 'small' }), this.update_note));
    /** @type {Record<string, number[]>} */
    this.samples = { running: [], waiting: [], ended: [] };
    this.last_ended = -1;
    this.timer = 0;
    this.has_status = true;
  }

  start() {
    if (this.timer) return;
    this.timer = window.setInterval(() => document.hidden || this.load(), interval);
    this.load();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
  }

  async load() {
    try {
      const [health, root, text, status] = await Promise.all([get_json('health-check'), get_json('.'),
        request('metrics').then((response) => response.text()), this.load_status()]);
      this.report = { at: new Date().toISOString(), health, root, status: status ?? undefined, metrics: text.split('\n').filter((line) => line && line[0] !== '#') };
      this.draw(health, root, read_metrics(text), status);
      this.update_note.textContent = '';
    } catch (error) {
      this.update_note.textContent = `Not up to date: ${error instanceof Error ? error.message : error}`;
    }
  }

  async load_status() {
    if (!this.has_status) return null;
    try {
      return await get_json('status');
    } catch {
      this.has_status = false;
      return null;
    }
  }

  /** @param {any} health @param {any} root @param {Map<string, import('./metrics.js').Sample[]>} metrics @param {any} status */
  draw(health, root, metrics, status) {
    const slots = sum_of(metrics, 'cog_slots') ?? 0;
    const running = slots - (sum_of(metrics, 'cog_slots_free') ?? 0);
    const waiting = sum_of(metrics, 'cog_predictions_waiting') ?? 0;
    const ended = (/** @type {string} */ how) => sum_of(metrics, 'cog_predictions_total', { status: how }) ?? 0;
    const all = ended('succeeded') + ended('failed') + ended('canceled');
    this.sample('running', running);
    this.sample('waiting', waiting);
    this.sample('ended', this.last_ended < 0 ? 0 : Math.max(0, all - this.last_ended));
    this.last_ended = all;
    const buckets = buckets_of(metrics, 'cog_predict_seconds');
    const setup_seconds = (Date.parse(health.setup?.completed_at) - Date.parse(health.setup?.started_at)) / 1000;
    const per_second = this.samples.ended.reduce((sum, value) => sum + value, 0) / Math.max(1, this.samples.ended.length) / (interval / 1000);
    fill(this.tiles,
      tile('State', h('span', { class: 'pill', 'data-health': health.status }, health.status), health.user_healthcheck_error),
      tile('Busy slots', `${running} of ${slots}`, sparkline(this.samples.running, 'Busy slots over time')),
      tile('Waiting', number_text(waiting), sparkline(this.samples.waiting, 'Waiting over time')),
      tile('Ended', number_text(all), sparkline(this.samples.ended, `${number_text(per_second, 1)} a second`)),
      tile('Failed', number_text(ended('failed')), `${number_text(ended('canceled'))} canceled`),
      tile('Refused', number_text(sum_of(metrics, 'cog_predictions_refused_total') ?? 0), 'no place was free'),
      tile('Time to run, median', seconds_text(quantile_of(buckets, 0.5)) || 'none yet', `90 %: ${seconds_text(quantile_of(buckets, 0.9)) || 'none yet'}`),
      status?.latency?.queue && tile('Time in queue, median', seconds_text(status.latency.queue.p50), `90 %: ${seconds_text(status.latency.queue.p90)}, last 5 min`),
      tile('Worker restarts', number_text(sum_of(metrics, 'cog_worker_restarts_total') ?? 0)),
      tile('Webhooks waiting', number_text(sum_of(metrics, 'cog_webhooks_waiting') ?? 0)),
      tile('Connections', number_text(sum_of(metrics, 'cog_http_connections') ?? 0), `${size_text(sum_of(metrics, 'cog_body_memory_bytes') ?? 0)} of bodies`),
      tile('Setup', Number.isFinite(setup_seconds) ? seconds_text(setup_seconds) : '…', health.setup?.started_at && `began ${time_text(health.setup.started_at)}`),
      tile('Version', health.version?.coglet ?? '', [health.version?.git_sha, health.version?.python && `Python ${health.version.python}`].filter(Boolean).join(', ')));
    this.draw_gpus(status?.gpus ?? root.gpus ?? [], metrics);
    this.draw_workers(metrics, status);
    this.draw_latency(buckets);
    this.draw_deaths(status?.deaths ?? []);
    this.draw_failures(status?.failures ?? []);
    this.draw_setup(health.setup?.logs ?? '');
  }

  /** @param {string} name @param {number} value */
  sample(name, value) {
    this.samples[name] = [...this.samples[name], value].slice(-most_samples);
  }

  /** @param {any[]} gpus @param {Map<string, import('./metrics.js').Sample[]>} metrics */
  draw_gpus(gpus, metrics) {
    const used = (/** @type {any} */ gpu, /** @type {string} */ name) =>
      metrics.get(name)?.find(({ labels }) => labels.uuid === gpu.uuid || labels.gpu === String(gpu.index))?.value;
    const rows = gpus.map((gpu, at) => {
      const memory = used(gpu, 'cog_gpu_memory_bytes') ?? gpu.memory_bytes ?? gpu.memory_total_bytes ?? gpu.memory;
      const taken = used(gpu, 'cog_gpu_memory_used_bytes') ?? gpu.memory_used_bytes;
      const busy = used(gpu, 'cog_gpu_utilization_ratio') ?? gpu.utilization;
      return h('tr', {}, h('th', { scope: 'row' }, gpu.index ?? at), h('td', {}, gpu.name ?? gpu.uuid ?? ''),
        h('td', {}, memory ? `${taken === undefined ? '' : `${size_text(taken)} of `}${size_text(memory)}` : ''),
        h('td', {}, busy === undefined ? '' : `${Math.round(busy * 100)} %`));
    });
    fill(this.gpus, rows.length > 0 && [h('h2', {}, 'GPUs'), table(['GPU', 'Name', 'Memory', 'Busy'], rows)]);
  }

  /** @param {Map<string, import('./metrics.js').Sample[]>} metrics @param {any} status */
  draw_workers(metrics, status) {
    if (status?.workers) {
      const rows = status.workers.map((/** @type {any} */ worker) => h('tr', {}, h('th', { scope: 'row' }, worker.index),
        h('td', {}, worker.state), h('td', {}, worker.pid ?? ''), h('td', {}, (worker.devices ?? []).join(', ')),
        h('td', {}, worker.predictions ?? ''), h('td', {}, worker.restarts?.total ?? ''),
        h('td', {}, worker.rss_bytes ? size_text(worker.rss_bytes) : ''), h('td', {}, worker.last_death?.cause ?? '')));
      fill(this.workers, h('h2', {}, 'Workers'), table(['Worker', 'State', 'Process', 'Devices', 'Predictions', 'Restarts', 'Memory', 'Last death'], rows));
      return;
    }
    const states = (metrics.get('cog_workers') ?? []).filter((sample) => sample.value > 0);
    fill(this.workers, h('h2', {}, 'Workers'), table(['State', 'Workers'],
      states.map(({ labels, value }) => h('tr', {}, h('th', { scope: 'row' }, labels.state.replace('_', ' ')), h('td', {}, value)))));
  }

  /** @param {{ to: number, count: number }[]} buckets */
  draw_latency(buckets) {
    const first = buckets.findIndex((bucket) => bucket.count > 0);
    let last = buckets.length;
    while (last > 0 && !buckets[last - 1].count) --last;
    const shown = first < 0 ? [] : buckets.slice(first, last);
    const most = Math.max(1, ...shown.map((bucket) => bucket.count));
    fill(this.latency, shown.length > 0 && [h('h2', {}, 'Time to run'), h('ul', { class: 'histogram' }, shown.map(({ to, count }) => h('li', {},
      h('span', { class: 'range' }, to === Infinity ? 'longer' : `≤ ${seconds_text(to)}`),
      h('span', { class: 'column' }, h('span', { class: 'bar-done', style: { width: `${(count / most) * 100}%` } })),
      h('span', { class: 'count' }, number_text(count)))))]);
  }

  /** @param {any[]} deaths */
  draw_deaths(deaths) {
    const rows = deaths.map((one) => h('tr', {}, h('th', { scope: 'row' }, time_text(one.at)), h('td', {}, one.worker),
      h('td', {}, one.cause), h('td', {}, (one.predictions ?? []).join(', '))));
    fill(this.deaths, rows.length > 0 && [h('h2', {}, 'Deaths of workers'), table(['At', 'Worker', 'Cause', 'Predictions lost'], rows)]);
  }

  /** They are drawn anew only when there are others, so that what was opened stays open. @param {any[]} failures */
  draw_failures(failures) {
    const key = failures.map((one) => `${one.id} ${one.at}`).join();
    if (this.failures.dataset.key === key) return;
    this.failures.dataset.key = key;
    fill(this.failures, failures.length > 0 && [h('h2', {}, 'Failures'), ...failures.map((one) => {
      const terminal = new Terminal();
      terminal.feed(one.log_tail ?? '');
      return h('details', { class: 'fold' }, h('summary', {}, `${time_text(one.at)} ${cause_of(one.error ?? '')}`),
        h('p', { class: 'faint' }, 'id ', h('code', {}, one.id)),
        terminal.received > 0 && h('pre', { tabindex: 0, class: 'raw' }, terminal.text()));
    })]);
  }

  /** @param {string} logs */
  draw_setup(logs) {
    if (this.setup.dataset.size === String(logs.length)) return;
    this.setup.dataset.size = String(logs.length);
    const terminal = new Terminal();
    terminal.feed(logs);
    fill(this.setup, logs && h('details', { class: 'fold' }, h('summary', {}, `Setup log (${terminal.count} lines)`), h('pre', { tabindex: 0, class: 'raw' }, terminal.text())));
  }
}

/** @param {string[]} names @param {Node[]} rows */
const table = (names, rows) => h('div', { class: 'scrolls', tabindex: 0, role: 'region', 'aria-label': names[0] }, h('table', {},
  h('thead', {}, h('tr', {}, names.map((name) => h('th', { scope: 'col' }, name)))), h('tbody', {}, rows)));
