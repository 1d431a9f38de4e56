// @ts-check
/** The tabs Run and Train: form, result, code. */

import { announce, button, copy, fill, h, icon } from './dom.js';
import { self_contained } from './files.js';
import { Form } from './form.js';
import { entry_of, is_open, most_output, run_of, with_output } from './history.js';
import { ResultView } from './result.js';
import { Run } from './run.js';
import { secret_names } from './schema.js';
import { hash_of } from './share.js';
import { snippets_of } from './snippets.js';

/** @param {string} text such as 90, 90s, 5m, 1h30m @returns {number} seconds; NaN if it is none */
export function deadline_of(text) {
  const given = text.trim().toLowerCase();
  if (given === '') return 0;
  if (/^\d+$/.test(given)) return Number(given) >= 1 ? Number(given) : NaN;
  const found = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(given);
  const seconds = found ? Number(found[1] ?? 0) * 3600 + Number(found[2] ?? 0) * 60 + Number(found[3] ?? 0) : 0;
  return seconds >= 1 ? seconds : NaN;
}

export class RunView {
  /**
   * @param {import('./schema.js').Operation} operation
   * @param {import('./history.js').History} history
   * @param {{ stored: () => void, began: () => void, has_openai: boolean, more: () => Record<string, any> }} options
   */
  constructor(operation, history, { stored, began, has_openai, more }) {
    this.operation = operation;
    this.history = history;
    this.stored = stored;
    this.has_openai = has_openai;
    this.began = began;
    this.more = more;
    this.secrets = secret_names(operation.fields);
    /** @type {ResultView | null} */
    this.result = null;
    this.form = new Form(operation.fields, () => this.code_soon());
    this.run_button = h('button', { type: 'button', class: 'primary', onclick: () => this.run() },
      operation.path === 'trainings' ? 'Train' : 'Run', h('kbd', {}, 'Ctrl ↵'));
    this.json_button = button('JSON', () => this.toggle_json(), { 'aria-pressed': 'false' });
    this.deadline = h('input', { type: 'text', class: 'deadline', placeholder: 'none', 'aria-label': 'Deadline, such as 90s or 5m' });
    this.note = h('p', { class: 'form-note', role: 'status', hidden: true });
    this.place = h('div', { class: 'result-place' }, h('div', { class: 'nothing' }, icon('file'), h('p', {}, 'The output appears here.')));
    this.code_tabs = h('div', { class: 'code-tabs', role: 'group', 'aria-label': 'Language' });
    this.code_text = h('pre', { class: 'snippet', tabindex: 0, 'aria-label': 'Code' });
    this.language = 'curl';
    this.code = h('details', { class: 'fold code-fold', ontoggle: () => this.draw_code() }, h('summary', {}, 'Code'), this.code_tabs, this.code_text);
    this.code_timer = 0;
    this.element = h('div', { class: 'columns' },
      h('section', { class: 'card form', 'aria-label': 'Inputs', onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          this.run();
        }
      } }, this.note, this.form.element,
      h('div', { class: 'actions' }, this.run_button, button('Reset', () => this.reset()), this.json_button,
        button('Share', () => this.share()), h('label', { class: 'deadline-label' }, 'Deadline', this.deadline))),
      h('div', { class: 'card right' }, this.place, this.code));
  }

  reset() {
    this.form.reset();
    this.note.hidden = true;
    if (!this.form.is_text) this.json_button.setAttribute('aria-pressed', 'false');
  }

  toggle_json() {
    if (!this.form.toggle_text()) announce('This is no JSON object yet', true);
    this.json_button.setAttribute('aria-pressed', String(this.form.is_text));
  }

  /** @param {string} text */
  say(text) {
    this.note.textContent = text;
    this.note.hidden = text === '';
  }

  run() {
    if (this.result && !this.result.run.is_over) {
      announce('It is still running: cancel it first', true);
      this.result.cancel.focus();
      return;
    }
    const deadline = deadline_of(this.deadline.value);
    this.deadline.setAttribute('aria-invalid', String(Number.isNaN(deadline)));
    if (Number.isNaN(deadline)) {
      this.deadline.focus();
      return announce('The deadline must be like 90s, 5m or 1h30m', true);
    }
    if (!this.form.check()) return;
    this.say('');
    const values = this.form.values() ?? {};
    const run = new Run(this.operation, values, { deadline, more: this.more() });
    this.show(run, true);
    this.store(run);
    run.start();
    this.began();
  }

  /** @param {any} run @param {boolean} store */
  show(run, store) {
    this.result?.close();
    this.result = new ResultView(run, {
      show_problems: (refusal) => this.form.show_detail(refusal.body.detail),
      ended: () => store && (run.refusal === null ? this.store(run) : this.forget(run)),
    });
    fill(this.place, this.result.element);
    if (window.innerWidth < 900) this.place.scrollIntoView({ block: 'start' });
  }

  /** @param {any} run */
  async store(run) {
    const entry = entry_of(run, this.secrets);
    await this.history.put(entry).catch(() => {});
    this.stored();
    if (!run.is_over) return;
    // The server keeps files for a while only.
    const output = await self_contained(entry.output, most_output);
    if (output !== entry.output) await this.history.put(with_output(entry, output)).catch(() => {});
  }

  /** One that never came to be. @param {any} run */
  async forget(run) {
    await this.history.remove(run.id);
    this.stored();
  }

  /** An earlier run, with its inputs. @param {import('./history.js').Entry} entry */
  show_entry(entry) {
    this.form.set(entry.values);
    this.json_button.setAttribute('aria-pressed', 'false');
    if (is_open(entry)) this.follow(entry.id, entry.values);
    else this.show(run_of(entry, this.operation), false);
    const missing = this.secrets.length ? ' Secrets are not stored.' : '';
    this.say(`The inputs of an earlier run.${missing}`);
  }

  /** One that the server has, in flight or kept. @param {string} id @param {Record<string, any>} [values] known of this browser's own */
  follow(id, values) {
    const run = new Run(this.operation, values ?? {}, { id });
    this.show(run, values !== undefined);
    run.follow().catch((error) => run.refuse(error));
  }

  /** @param {Record<string, any>} values that came with an address */
  take_shared(values) {
    const unknown = this.form.set(values);
    this.form.unknown = {};
    this.say(`Filled from a link; nothing has run.${unknown.length ? ` This model has no ${unknown.join(', ')}.` : ''}`);
  }

  /** What was typed and shown in a form of an earlier state of the model. @param {RunView} before */
  take_over(before) {
    const values = before.form.values();
    if (values) this.form.set(values);
    this.form.unknown = {};
    this.deadline.value = before.deadline.value;
    this.language = before.language;
    this.code.open = before.code.open;
    if (!before.result) return;
    this.result = before.result;
    this.result.show_problems = (/** @type {any} */ refusal) => this.form.show_detail(refusal.body.detail);
    fill(this.place, this.result.element);
  }

  async share() {
    const values = this.form.values();
    if (!values) return announce('This is no JSON object yet', true);
    const { hash, left_out, problem } = await hash_of(values, this.secrets);
    const address = new URL(hash, new URL('.', document.baseURI)).href;
    const close = button('Close', () => dialog.close());
    const copying = button('Copy', () => copy(address, copying), { class: 'primary' });
    const dialog = h('dialog', { class: 'box', 'aria-label': 'Share', onclose: () => dialog.remove() }, h('h2', {}, 'Share these inputs'),
      problem ? h('p', { class: 'problem' }, problem)
        : [h('p', {}, 'Who opens this link sees the form filled in. Nothing runs, and the inputs are in no log of a server.'),
          h('input', { type: 'text', readonly: true, value: address, 'aria-label': 'Link', onfocus: (/** @type {any} */ event) => event.target.select() })],
      left_out.length > 0 && h('p', { class: 'warning' }, `Left out, since secrets and local files do not travel in links: ${left_out.join(', ')}`),
      h('div', { class: 'tools' }, !problem && copying, close));
    document.body.append(dialog);
    dialog.showModal();
  }

  code_soon() {
    clearTimeout(this.code_timer);
    this.code_timer = window.setTimeout(() => this.draw_code(), 150);
  }

  draw_code() {
    if (!this.code.open) return;
    const values = this.form.values();
    if (!values) return;
    const snippets = snippets_of({ values, secrets: this.secrets, path: this.operation.path, multipart: this.operation.multipart, openai: this.has_openai });
    const chosen = snippets.find((one) => one.name === this.language) ?? snippets[0];
    const copying = button('Copy', () => copy(chosen.text, copying), { class: 'small' });
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.language;
    fill(this.code_tabs, snippets.map(({ name }) => h('button', { type: 'button', class: 'chip-button', 'aria-pressed': String(name === chosen.name),
      'data-language': name, onclick: () => {
        this.language = name;
        this.draw_code();
      } }, name)), copying);
    if (focused) [...this.code_tabs.children].find((one) => one.dataset.language === focused)?.focus();
    this.code_text.textContent = chosen.text;
  }
}
