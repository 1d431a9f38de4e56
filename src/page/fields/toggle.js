// @ts-check
import { h } from '../dom.js';

/** @param {import('../schema.js').Field} _ @param {() => void} changed @returns {import('../row.js').Widget} */
export function make(_, changed) {
  const box = h('input', { type: 'checkbox', role: 'switch', class: 'switch', onchange: changed });
  return {
    element: box,
    labelled: box,
    value: () => box.checked,
    set: (value) => {
      box.checked = value === true;
    },
    problem: () => '',
  };
}
