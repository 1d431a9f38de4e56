// @ts-check
import { h } from '../dom.js';
import { json_problem, parse_json, to_json } from '../json.js';

/** A value as JSON text, checked while it is typed. @param {import('../schema.js').Field} _ @param {() => void} changed @returns {import('../row.js').Widget} */
export function make(_, changed) {
  const box = h('textarea', { class: 'code', rows: 3, spellcheck: 'false', autocapitalize: 'off', oninput: changed });
  const problem = () => (box.value.trim() === '' ? '' : json_problem(box.value));
  return {
    element: box,
    labelled: box,
    value: () => (box.value.trim() === '' || problem() ? undefined : parse_json(box.value)),
    set: (value) => {
      box.value = value === undefined || value === null ? '' : to_json(value, 2);
      box.rows = Math.min(12, Math.max(2, box.value.split('\n').length));
    },
    problem,
  };
}
