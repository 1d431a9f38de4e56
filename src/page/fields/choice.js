// @ts-check
import { h, unique } from '../dom.js';
import { to_json } from '../json.js';

/** @param {any} value */
const shown = (value) => (value === null ? 'none' : typeof value === 'string' ? value || '(empty)' : to_json(value));
const few = 5;

/**
 * One of several: radio buttons for few, else a list, with a search over it when it is long.
 * @param {import('../schema.js').Field} field @param {() => void} changed @returns {import('../row.js').Widget}
 */
export function make(field, changed) {
  const values = field.nullable && !field.choices.includes(null) ? [...field.choices, null] : field.choices;
  return field.choices.length <= few ? radios(values, changed) : list(values, changed, field);
}

/** @param {any[]} values @param {() => void} changed @returns {import('../row.js').Widget} */
function radios(values, changed) {
  const name = unique('choice');
  const boxes = values.map(() => h('input', { type: 'radio', name, onchange: changed }));
  const element = h('div', { class: 'choices', role: 'radiogroup' },
    values.map((value, at) => h('label', { class: 'chip' }, boxes[at], h('span', {}, shown(value)))));
  return {
    element,
    labelled: element,
    group: true,
    value: () => values[boxes.findIndex((box) => box.checked)],
    set: (value) => boxes.forEach((box, at) => {
      box.checked = values[at] === value;
    }),
    problem: () => '',
  };
}

/**
 * @param {any[]} values @param {() => void} changed @param {import('../schema.js').Field} field
 * @returns {import('../row.js').Widget}
 */
function list(values, changed, field) {
  const select = h('select', { onchange: changed });
  const draw = (/** @type {string} */ wanted, /** @type {string} */ chosen) => {
    const found = values.map((value, at) => ({ value, at }))
      .filter(({ value, at }) => String(at) === chosen || shown(value).toLowerCase().includes(wanted.toLowerCase()));
    select.replaceChildren(h('option', { value: '' }, 'Choose'),
      ...found.map(({ value, at }) => h('option', { value: String(at) }, shown(value))));
    select.value = chosen;
  };
  draw('', '');
  const search = values.length > 20
    ? h('input', { type: 'search', placeholder: `Search ${values.length} choices`, 'aria-label': `Search ${field.title}`,
      oninput: (/** @type {any} */ event) => draw(event.target.value, select.value) })
    : null;
  return {
    element: search ? h('div', { class: 'stack' }, search, select) : select,
    labelled: select,
    value: () => (select.value === '' ? undefined : values[Number(select.value)]),
    set: (value) => {
      const at = values.indexOf(value);
      if (search) search.value = '';
      draw('', at < 0 ? '' : String(at));
    },
    problem: () => '',
  };
}

/** Several of several. @param {import('../schema.js').Field} field @param {() => void} changed @returns {import('../row.js').Widget} */
export function make_many(field, changed) {
  const values = field.item?.choices ?? [];
  const boxes = values.map(() => h('input', { type: 'checkbox', onchange: changed }));
  const element = h('div', { class: 'choices' },
    values.map((value, at) => h('label', { class: 'chip' }, boxes[at], h('span', {}, shown(value)))));
  return {
    element,
    labelled: element,
    group: true,
    value: () => values.filter((_, at) => boxes[at].checked),
    set: (value) => boxes.forEach((box, at) => {
      box.checked = Array.isArray(value) && value.includes(values[at]);
    }),
    problem: () => '',
  };
}
