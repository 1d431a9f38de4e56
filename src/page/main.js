// @ts-check
/** Starts the page: the header, the tabs, and what the server's state means for them. */

import { api_element } from './apidocs.js';
import { Refusal, Unreachable, get_json, is_playground, request } from './api.js';
import { StartingView, show_banner } from './banner.js';
import { announce, fill, h, icon, seconds_text } from './dom.js';
import { History } from './history.js';
import { HistoryView } from './history_view.js';
import { ask_for_keys } from './keys.js';
import { read_metrics, sum_of } from './metrics.js';
import { Playground } from './playground.js';
import { server } from './run.js';
import { RunView } from './run_view.js';
import { operation_of } from './schema.js';
import { values_of } from './share.js';
import { StatusView } from './status.js';

const pauses = { starting: 1000, ready: 5000 };
const form_allowed = document.documentElement.dataset.mode !== 'status';

class Page {
  constructor() {
    /** @type {any} */
    this.health = undefined;
    /** @type {any} */
    this.document = null;
    /** @type {Record<string, { tab: HTMLElement, panel: HTMLElement }>} */
    this.tabs = {};
    /** @type {RunView[]} */
    this.views = [];
    this.serving = 0;
    this.history = new History();
    this.status = new StatusView();
    this.starting = new StartingView();
    this.tab_list = /** @type {HTMLElement} */ (document.getElementById('tabs'));
    this.panels = /** @type {HTMLElement} */ (document.getElementById('panels'));
    this.state = /** @type {HTMLElement} */ (document.getElementById('state'));
    this.load = /** @type {HTMLElement} */ (document.getElementById('load'));
    this.banner = /** @type {HTMLElement} */ (document.getElementById('banner'));
    this.history_view = new HistoryView(this.history, (entry) => this.show_entry(entry), (id) => {
      this.open_tab(this.views[0]?.operation.path === 'trainings' ? 'train' : 'run');
      this.views[0]?.follow(id);
    }, () => this.views.map((view) => view.result?.run).find((run) => run && !run.is_over)?.id);
  }

  async start() {
    ask_for_keys();
    this.set_theme_button();
    this.add_tab('status', 'Status', this.status.element);
    this.api_panel = this.add_tab('api', 'API', h('p', { class: 'faint' }, 'The model has not been described yet.'));
    const place = location.pathname.split('/').pop();
    this.wanted = place === 'docs' ? 'api' : place === 'status' || !form_allowed ? 'status' : 'run';
    if (this.wanted !== 'run') this.open_tab(this.wanted);
    if (is_playground) this.playground = await Playground.open(this);
    await this.history.open();
    await this.look();
    document.addEventListener('visibilitychange', () => document.hidden || this.look());
    window.addEventListener('hashchange', () => this.take_hash());
  }

  /** Asks for the state, now and again later. */
  async look() {
    clearTimeout(this.timer);
    const was_gone = this.health === null;
    try {
      this.health = await get_json('health-check');
    } catch (error) {
      if (error instanceof Unreachable || error instanceof Refusal) this.health = null;
      else throw error;
    }
    this.version ??= this.health?.version?.build_time;
    this.show_state();
    if (was_gone && this.health) this.views.forEach((view) => view.result?.run.wake());
    if (this.health) await Promise.all([this.load_document(), this.show_load()]);
    const soon = !this.health || !this.document || this.health.status === 'STARTING' || this.health.reload;
    if (!document.hidden) this.timer = setTimeout(() => this.look(), this.health && soon ? pauses.starting : pauses.ready);
  }

  show_state() {
    const status = this.health?.status ?? 'NO ANSWER';
    if (this.state.textContent !== status) {
      this.state.textContent = status;
      this.state.dataset.health = status;
      announce(`The server is ${status.toLowerCase().replace('_', ' ')}`);
      document.title = `${status === 'READY' || status === 'BUSY' ? '' : `${status} · `}Cog model`;
    }
    show_banner(this.banner, this.health, () => this.open_tab('status'), this.health && this.health.version?.build_time !== this.version);
    const starting = this.health?.status === 'STARTING';
    if (starting) this.starting.update(this.health, seconds_text((Date.now() - Date.parse(this.health.setup?.started_at)) / 1000));
    for (const view of this.views.slice(0, 1)) {
      if (starting && !view.result && !this.starting.element.isConnected) fill(view.place, this.starting.element);
      else if (!starting && this.starting.element.isConnected) fill(view.place, h('div', { class: 'nothing' }, icon('file'), h('p', {}, 'The output appears here.')));
    }
    if (!this.views.length && form_allowed) this.show_waiting(starting);
  }

  /** Before the form is known. @param {boolean} starting */
  show_waiting(starting) {
    this.waiting ??= this.add_tab('run', 'Run', h('div'), true);
    if (this.wanted === 'run' && !this.current) this.open_tab('run');
    if (starting && !this.starting.element.isConnected) fill(this.waiting, h('div', { class: 'card' }, this.starting.element));
    else if (!starting && this.health) fill(this.waiting, h('p', { class: 'card faint' }, 'There is no form: the model could not be described.'));
  }

  async show_load() {
    try {
      const metrics = read_metrics(await (await request('metrics')).text());
      const slots = sum_of(metrics, 'cog_slots');
      const waiting = sum_of(metrics, 'cog_predictions_waiting') ?? 0;
      const busy = (slots ?? 0) - (sum_of(metrics, 'cog_slots_free') ?? 0);
      const gpu = sum_of(metrics, 'cog_gpu_utilization_ratio');
      const gpus = metrics.get('cog_gpu_utilization_ratio')?.length ?? 0;
      fill(this.load, slots !== undefined && slots > 0 && h('span', {}, `${busy}/${slots} slots busy${waiting ? `, ${waiting} waiting` : ''}`),
        gpu !== undefined && h('span', {}, `${gpus > 1 ? `${gpus} GPUs` : 'GPU'} ${Math.round((gpu / gpus) * 100)} %`));
    } catch {
      fill(this.load);
    }
  }

  /** Once, and again when workers of a changed source serve. */
  async load_document() {
    const serving = this.health.reload?.serving ?? 0;
    if (this.document && this.serving === serving) return;
    let document;
    try {
      document = await get_json('openapi.json?forms=1');
    } catch {
      return;
    }
    this.serving = serving;
    if (JSON.stringify(document) === JSON.stringify(this.document)) return;
    this.document = document;
    fill(/** @type {HTMLElement} */ (this.api_panel), api_element(this.document));
    if (form_allowed) await this.make_forms();
  }

  async make_forms() {
    await get_json('predictions').catch(() => {
      server.keeps = false;
    });
    const index = await get_json('').catch(() => ({}));
    const has_openai = index.operations?.['chat completions'] === true;
    const common = { stored: () => this.after_run(), began: () => setTimeout(() => this.look(), 300), has_openai,
      more: () => this.playground?.webhooks.fields() ?? {} };
    const before = this.views.splice(0);
    this.forget_tab('run');
    this.forget_tab('train');
    for (const [path, key, title] of /** @type {const} */ ([['trainings', 'train', 'Train'], ['predictions', 'run', 'Run']])) {
      const operation = operation_of(this.document, path);
      if (!operation) continue;
      const view = new RunView(operation, this.history, common);
      const same = before.find((one) => one.operation.path === path);
      if (same) view.take_over(same);
      this.views.unshift(view);
      this.add_tab(key, title, view.element, true);
    }
    if (this.views.length) /** @type {HTMLElement} */ (this.panels.parentElement).append(this.history_view.element);
    if (this.wanted === 'run') this.open_tab(this.tabs.run ? 'run' : this.tabs.train ? 'train' : 'status');
    else this.open_tab(this.current ?? 'status');
    this.show_state();
    if (!before.length) await this.take_hash();
    await this.history_view.draw();
  }

  async take_hash() {
    if (!location.hash.startsWith('#i=') || !this.views[0]) return;
    const values = await values_of(location.hash);
    if (values) this.views[0].take_shared(values);
    else this.views[0].say('The link holds no inputs that can be read.');
  }

  after_run() {
    this.history_view.draw();
    this.look();
  }

  /** @param {import('./history.js').Entry} entry */
  show_entry(entry) {
    const view = this.views.find((one) => one.operation.path === entry.path) ?? this.views[0];
    this.open_tab(view.operation.path === 'trainings' ? 'train' : 'run');
    view.show_entry(entry);
    view.element.scrollIntoView({ block: 'start' });
  }

  /** @param {string} key @param {string} title @param {HTMLElement} content @returns {HTMLElement} */
  add_tab(key, title, content, first = false) {
    const panel = h('div', { role: 'tabpanel', id: `panel-${key}`, 'aria-labelledby': `tab-${key}`, hidden: true }, content);
    const tab = h('button', { type: 'button', role: 'tab', id: `tab-${key}`, 'aria-controls': `panel-${key}`, 'aria-selected': 'false', tabindex: -1,
      onclick: () => this.open_tab(key, true), onkeydown: (/** @type {KeyboardEvent} */ event) => this.move_tab(event) }, title);
    this.tabs[key] = { tab, panel };
    if (first) this.tab_list.prepend(tab);
    else this.tab_list.append(tab);
    this.panels.append(panel);
    return panel;
  }

  /** @param {string} key */
  forget_tab(key) {
    this.tabs[key]?.tab.remove();
    this.tabs[key]?.panel.remove();
    delete this.tabs[key];
    if (this.current === key) this.current = undefined;
  }

  /** @param {KeyboardEvent} event */
  move_tab(event) {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!by) return;
    const all = [...this.tab_list.children];
    const next = /** @type {HTMLElement} */ (all[(all.indexOf(/** @type {any} */ (event.currentTarget)) + by + all.length) % all.length]);
    next.click();
    next.focus();
  }

  /** @param {string} key @param {boolean} [by_hand] */
  open_tab(key, by_hand = false) {
    if (!this.tabs[key]) return;
    this.current = key;
    for (const [name, { tab, panel }] of Object.entries(this.tabs)) {
      const chosen = name === key;
      tab.setAttribute('aria-selected', String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      panel.hidden = !chosen;
    }
    this.history_view.element.classList.toggle('elsewhere', key !== 'run' && key !== 'train');
    if (key === 'status') this.status.start();
    else this.status.stop();
    if (!by_hand) return;
    this.wanted = key;
    const address = key === 'status' ? 'status' : key === 'api' ? 'docs' : '.';
    history.replaceState(null, '', new URL(address, document.baseURI));
  }

  set_theme_button() {
    const toggle = /** @type {HTMLElement} */ (document.getElementById('theme'));
    const dark = () => (document.documentElement.dataset.theme
      ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
    const draw = () => {
      fill(toggle, icon(dark() ? 'sun' : 'moon'));
      toggle.setAttribute('aria-label', dark() ? 'Light colours' : 'Dark colours');
      toggle.title = dark() ? 'Light colours' : 'Dark colours';
    };
    try {
      const kept = localStorage.getItem('cog-theme');
      if (kept) document.documentElement.dataset.theme = kept;
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    toggle.addEventListener('click', () => {
      const theme = dark() ? 'light' : 'dark';
      document.documentElement.dataset.theme = theme;
      try {
        localStorage.setItem('cog-theme', theme);
      } catch {
        // See above.
      }
      draw();
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
    draw();
  }
}

new Page().start();
