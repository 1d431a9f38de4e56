// @ts-check
/** One input of the form: its widget, label, hint and error. */

import { button, fill, h, unique } from './dom.js';
import * as choice from './fields/choice.js';
import * as file from './fields/file.js';
import * as json from './fields/json.js';
import * as list from './fields/list.js';
import * as number from './fields/number.js';
import * as object from './fields/object.js';
import * as secret from './fields/secret.js';
import * as text from './fields/text.js';
import * as toggle from './fields/toggle.js';
import { to_json } from './json.js';
import { hint_of } from './schema.js';

/**
 * @typedef {object} Widget
 * @property {HTMLElement} element
 * @property {HTMLElement} labelled what the label is for, and what takes the focus
 * @property {boolean} [group] the label names a group, not one control
 * @property {() => any} value undefined: nothing is given
 * @property {(value: any) => void} set
 * @property {() => string} problem what is wrong with what was typed; empty: nothing
 * @property {() => boolean} [check] for groups: marks what is wrong inside
 * @property {(path: (string | number)[], message: string) => boolean} [mark] an error of a part of the value
 * @property {() => void} [settle] takes what was typed and not yet added
 */

/** @param {import('./schema.js').Field} field @param {() => void} changed @returns {Widget} */
export function widget_of(field, changed) {
  switch (field.kind) {
    case 'text':
    case 'date': return text.make(field, changed);
    case 'secret': return secret.make(field, changed);
    case 'file':
    case 'files': return file.make(field, changed);
    case 'integer':
    case 'number': return number.make(field, changed);
    case 'boolean': return toggle.make(field, changed);
    case 'choice': return choice.make(field, changed);
    case 'choices': return choice.make_many(field, changed);
    case 'list': return list.make(field, changed);
    case 'object': return object.make(field, changed);
    default: return json.make(field, changed);
  }
}

/** An input with its label, hint and error. What was not touched is not sent. */
export class Row {
  /** @param {import('./schema.js').Field} field @param {() => void} changed */
  constructor(field, changed) {
    this.field = field;
    this.touched = false;
    this.changed = changed;
    this.widget = widget_of(field, () => this.touch());
    const id = unique('input');
    this.usual = h('span', { class: 'usual', hidden: true }, this.default_text());
    this.hint = h('div', { class: 'hint', id: `${id}-hint` }, [field.description, hint_of(field)]
      .filter(Boolean).map((said) => h('span', {}, said)), this.usual);
    this.problem = h('p', { class: 'problem', id: `${id}-problem`, hidden: true });
    this.undo = button('reset', () => {
      this.reset();
      this.changed();
      this.widget.labelled.focus();
    }, { class: 'link', hidden: true, 'aria-label': `Reset ${field.title}` });
    this.none = field.nullable && field.has_default && field.default !== null && field.kind !== 'choice'
      ? h('input', { type: 'checkbox', onchange: () => {
        this.widget.element.classList.toggle('off', this.none.checked);
        this.touch();
      } })
      : null;
    this.label_with(id);
  }

  default_text() {
    const { has_default, default: value, kind } = this.field;
    if (!has_default || value === null || value === '' || kind === 'object') return '';
    const said = typeof value === 'string' ? value : to_json(value);
    return said.length < 60 && said !== '{}' && said !== '[]' ? `default ${said}` : '';
  }

  /** @param {string} id */
  label_with(id) {
    const { field, widget } = this;
    const name = [h('span', { class: 'title' }, field.title),
      field.required && h('span', { class: 'required', title: 'required', 'aria-hidden': 'true' }, '*'),
      field.title !== field.name && h('code', { class: 'name' }, field.name)];
    widget.labelled.id = id;
    widget.labelled.setAttribute('aria-describedby', `${id}-hint ${id}-problem`);
    if (field.required && !widget.group) widget.labelled.setAttribute('aria-required', 'true');
    let label;
    if (widget.group) {
      label = h('span', { class: 'label', id: `${id}-label` }, name);
      const group = widget.element;
      if (!group.hasAttribute('role')) group.setAttribute('role', 'group');
      group.setAttribute('aria-labelledby', `${id}-label`);
      if (widget.labelled !== group) widget.labelled.setAttribute('aria-label', `${field.title}: ${widget.labelled.textContent}`);
      else widget.labelled.tabIndex = -1;
    } else {
      label = h('label', { class: 'label', for: id }, name);
    }
    const head = h('div', { class: 'head' }, label,
      this.none && h('label', { class: 'none' }, this.none, 'none'), this.undo);
    this.element = h('div', { class: `row is-${field.kind}`, 'data-name': field.name },
      field.kind === 'boolean' ? h('div', { class: 'switch-row' }, widget.element, head) : [head, widget.element],
      this.problem, this.hint);
    this.reset();
  }

  /** @param {boolean} touched */
  set_touched(touched) {
    this.touched = touched;
    this.undo.hidden = !touched;
    this.usual.hidden = !touched || this.usual.textContent === '';
  }

  touch() {
    this.set_touched(true);
    this.clear();
    this.changed();
  }

  reset() {
    this.widget.set(this.field.has_default ? this.field.default : undefined);
    if (this.none) this.none.checked = false;
    this.widget.element.classList.remove('off');
    this.set_touched(false);
    this.clear();
  }

  /** @param {any} value */
  set(value) {
    this.reset();
    if (this.none) {
      this.none.checked = value === null;
      this.widget.element.classList.toggle('off', value === null);
    }
    if (value !== null) this.widget.set(value);
    this.set_touched(true);
  }

  /** undefined: not to be sent. */
  value() {
    if (!this.touched) return undefined;
    if (this.none?.checked) return null;
    const value = this.widget.value();
    const is_text = this.field.kind === 'text' || this.field.kind === 'list' || this.field.kind === 'choices';
    return value === '' && !is_text ? undefined : value;
  }

  clear() {
    this.problem.hidden = true;
    this.widget.labelled.removeAttribute('aria-invalid');
  }

  /** Marks what is wrong, if something is. @param {boolean} [required] whether what is required is missed */
  check(required = true) {
    this.clear();
    this.widget.settle?.();
    if (this.none?.checked) return true;
    const missing = required && this.field.required && this.empty();
    const problem = missing ? 'is required' : this.touched ? this.widget.problem() : '';
    if (problem) return !this.mark([], problem);
    return this.widget.check?.() ?? true;
  }

  empty() {
    const value = this.touched ? this.widget.value() : this.field.has_default ? this.field.default : undefined;
    return value === undefined || (value === '' && !this.touched);
  }

  /** @param {(string | number)[]} path @param {string} message */
  mark(path, message) {
    if (path.length && this.widget.mark?.(path, message)) return true;
    fill(this.problem, path.length ? `${path.join('.')}: ${message}` : message);
    this.problem.hidden = false;
    this.widget.labelled.setAttribute('aria-invalid', 'true');
    return true;
  }
}
