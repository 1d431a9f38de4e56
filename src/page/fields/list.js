// @ts-check
import { button, fill, h } from '../dom.js';
import { widget_of } from '../row.js';

/** Rows that can be added, removed and moved; pasted lines become rows. @param {import('../schema.js').Field} field @param {() => void} changed @returns {import('../row.js').Widget} */
export function make(field, changed) {
  const item = /** @type {import('../schema.js').Field} */ (field.item);
  /** @type {import('../row.js').Widget[]} */
  let widgets = [];
  const rows = h('ol', { class: 'rows' });
  const errors = h('p', { class: 'problem', hidden: true });
  const most = field.schema.maxItems ?? Infinity;

  const made = (/** @type {any} */ value) => {
    const widget = widget_of({ ...item, title: field.title, name: `${field.name} item` }, changed);
    widget.set(value);
    return widget;
  };
  const draw = () => {
    fill(rows, widgets.map((widget, at) => {
      widget.labelled.setAttribute('aria-label', `${field.title}, ${at + 1} of ${widgets.length}`);
      const move = (/** @type {number} */ by) => {
        [widgets[at], widgets[at + by]] = [widgets[at + by], widgets[at]];
        draw();
        changed();
      };
      return h('li', { class: 'joined' }, widget.element,
        button(`Move ${at + 1} up`, () => move(-1), { icon: 'up', class: 'quiet', disabled: at === 0 }),
        button(`Move ${at + 1} down`, () => move(1), { icon: 'down', class: 'quiet', disabled: at === widgets.length - 1 }),
        button(`Remove ${at + 1}`, () => {
          widgets.splice(at, 1);
          draw();
          changed();
          (widgets[Math.min(at, widgets.length - 1)]?.labelled ?? add).focus();
        }, { icon: 'close', class: 'quiet' }));
    }));
    add.disabled = widgets.length >= most;
  };
  const add = button('Add', () => {
    widgets.push(made(item.default));
    draw();
    changed();
    widgets[widgets.length - 1].labelled.focus();
  }, { class: 'small' });

  rows.addEventListener('paste', (/** @type {ClipboardEvent} */ event) => {
    const lines = (event.clipboardData?.getData('text') ?? '').split(/\r?\n/).filter((line) => line !== '');
    const at = [...rows.children].findIndex((row) => row.contains(/** @type {Node} */ (event.target)));
    if (lines.length < 2 || at < 0) return;
    event.preventDefault();
    widgets.splice(at, 1, ...lines.slice(0, most).map(made));
    draw();
    changed();
  });
  const element = h('div', { class: 'stack' }, rows, h('div', {}, add), errors);
  return {
    element,
    labelled: element,
    group: true,
    value: () => widgets.map((widget) => widget.value()).filter((value) => value !== undefined),
    set: (value) => {
      widgets = Array.isArray(value) ? value.map(made) : [];
      draw();
    },
    problem: () => {
      const at = widgets.findIndex((widget) => widget.problem() !== '');
      if (at >= 0) return `${at + 1}: ${widgets[at].problem()}`;
      const least = field.schema.minItems ?? 0;
      return widgets.length < least ? `must have at least ${least}` : '';
    },
    mark: ([at], message) => {
      const widget = widgets[Number(at)];
      if (!widget) return false;
      widget.labelled.setAttribute('aria-invalid', 'true');
      widget.labelled.addEventListener('input', () => widget.labelled.removeAttribute('aria-invalid'), { once: true });
      fill(errors, `${Number(at) + 1}: ${message}`);
      errors.hidden = false;
      rows.addEventListener('input', () => {
        errors.hidden = true;
      }, { once: true });
      return true;
    },
  };
}
