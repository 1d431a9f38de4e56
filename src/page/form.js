// @ts-check
/** The form made from the inputs of an operation. */

import { announce, fill, h } from './dom.js';
import { json_problem, parse_json, to_json } from './json.js';
import { Row } from './row.js';

export class Form {
  /** @param {import('./schema.js').Field[]} fields @param {() => void} changed */
  constructor(fields, changed) {
    this.fields = fields;
    this.changed = changed;
    this.rows = fields.map((field) => new Row(field, changed));
    const old = this.rows.filter((row) => row.field.deprecated && !row.field.required);
    const own = this.rows.filter((row) => !old.includes(row));
    this.summary = h('div', { class: 'summary', role: 'group', 'aria-label': 'Problems', tabindex: -1, hidden: true });
    this.old = h('details', {}, h('summary', {}, 'Deprecated inputs'), old.map((row) => row.element));
    this.inputs = h('div', { class: 'inputs' }, own.map((row) => row.element), old.length > 0 && this.old,
      fields.length === 0 && h('p', { class: 'faint' }, 'This model has no inputs.'));
    this.text = h('textarea', { class: 'code whole', rows: 14, spellcheck: 'false', 'aria-label': 'Inputs as JSON',
      oninput: () => {
        fill(this.text_problem, json_problem(this.text.value));
        changed();
      } });
    this.text_problem = h('p', { class: 'problem' });
    this.as_text = h('div', { hidden: true }, this.text, this.text_problem);
    this.element = h('div', {}, this.summary, this.inputs, this.as_text);
    /** @type {Map<string, any>} local files, which JSON text cannot hold */
    this.files = new Map();
    /** @type {Record<string, any>} */
    this.unknown = {};
  }

  get is_text() {
    return !this.as_text.hidden;
  }

  /** Shows the whole form as JSON, or as inputs again; false when the text is no JSON object. */
  toggle_text() {
    if (this.is_text) {
      const values = this.values();
      if (!values) return false;
      this.as_text.hidden = true;
      this.inputs.hidden = false;
      this.set(values);
      return true;
    }
    const values = this.values() ?? {};
    this.files.clear();
    for (const [name, value] of Object.entries(values)) this.stand_in(name, value, values);
    this.text.value = to_json(values, 2);
    fill(this.text_problem);
    this.as_text.hidden = false;
    this.inputs.hidden = true;
    return true;
  }

  /** @param {string} name @param {any} value @param {Record<string, any>} values */
  stand_in(name, value, values) {
    const swap = (/** @type {any} */ one, /** @type {number} */ at) => {
      if (!(one instanceof File)) return one;
      const sign = `file:${name}${at < 0 ? '' : `:${at}`}:${one.name}`;
      this.files.set(sign, one);
      return sign;
    };
    values[name] = Array.isArray(value) ? value.map(swap) : swap(value, -1);
  }

  /** What is to be sent; null when the JSON text is none. @returns {Record<string, any> | null} */
  values() {
    if (!this.is_text) {
      const given = this.rows.map((row) => [row.field.name, row.value()]).filter(([, value]) => value !== undefined);
      return { ...this.unknown, ...Object.fromEntries(given) };
    }
    if (json_problem(this.text.value)) return null;
    const back = (/** @type {any} */ value) => this.files.get(value) ?? value;
    const values = parse_json(this.text.value);
    if (!values || typeof values !== 'object' || Array.isArray(values)) return null;
    for (const name of Object.keys(values))
      values[name] = Array.isArray(values[name]) ? values[name].map(back) : back(values[name]);
    return values;
  }

  /** Fills the form; what is not named is reset. Names that the model does not know are returned. @param {Record<string, any>} values */
  set(values) {
    if (this.is_text) {
      this.as_text.hidden = true;
      this.inputs.hidden = false;
    }
    const known = new Set(this.fields.map((field) => field.name));
    this.unknown = Object.fromEntries(Object.entries(values).filter(([name]) => !known.has(name)));
    for (const row of this.rows) {
      if (row.field.name in values) row.set(values[row.field.name]);
      else row.reset();
    }
    if (this.rows.some((row) => row.field.deprecated && row.touched)) this.old.open = true;
    this.changed();
    return Object.keys(this.unknown);
  }

  reset() {
    this.unknown = {};
    this.show_problems([]);
    this.set({});
  }

  /** True when the browser finds nothing wrong. */
  check() {
    this.show_problems([]);
    if (this.is_text) {
      if (this.values()) return true;
      this.show_problems([{ row: null, text: 'The inputs are no JSON object' }]);
      return false;
    }
    const wrong = this.rows.filter((row) => !row.check());
    if (wrong.length) this.show_problems(wrong.map((row) => ({ row, text: `${row.field.title} ${row.problem.textContent || 'has something wrong in it'}` })));
    return wrong.length === 0;
  }

  /** Puts each error of a 422 at its input. @param {any[]} detail */
  show_detail(detail) {
    const problems = detail.map((one) => {
      // An item of a list is named behind the list: ["body", "input", "words/0"].
      const path = Array.isArray(one.loc) ? one.loc.filter((/** @type {any} */ part) => part !== 'body' && part !== 'input')
        .flatMap((/** @type {any} */ part) => String(part).split('/')) : [];
      const row = this.is_text ? undefined : this.rows.find((candidate) => candidate.field.name === path[0]);
      row?.mark(path.slice(1), one.msg);
      if (row?.field.deprecated) this.old.open = true;
      return { row: row ?? null, text: `${row?.field.title ?? path.join('.')}: ${one.msg}` };
    });
    this.show_problems(problems);
  }

  /** @param {{ row: Row | null, text: string }[]} problems */
  show_problems(problems) {
    this.summary.hidden = problems.length === 0;
    if (!problems.length) return;
    fill(this.summary, h('strong', {}, problems.length === 1 ? 'One input needs attention' : `${problems.length} inputs need attention`),
      h('ul', {}, problems.map(({ row, text: said }) => h('li', {},
        row ? h('a', { href: `#${row.widget.labelled.id}`, onclick: (/** @type {Event} */ event) => {
          event.preventDefault();
          row.widget.labelled.focus();
        } }, said) : said))));
    this.summary.focus();
    announce(problems.map((problem) => problem.text).join('. '), true);
  }
}
