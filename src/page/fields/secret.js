// @ts-check
import { button, h } from '../dom.js';

/** @param {import('../schema.js').Field} _ @param {() => void} changed @returns {import('../row.js').Widget} */
export function make(_, changed) {
  const box = h('input', { type: 'password', autocomplete: 'off', spellcheck: 'false', oninput: changed });
  const eye = button('Show', () => {
    const shown = box.type === 'password';
    box.type = shown ? 'text' : 'password';
    eye.setAttribute('aria-pressed', String(shown));
  }, { icon: 'eye', class: 'quiet', 'aria-pressed': 'false' });
  return {
    element: h('div', { class: 'joined' }, box, eye),
    labelled: box,
    value: () => box.value,
    set: (value) => {
      box.value = value ?? '';
    },
    problem: () => '',
  };
}
