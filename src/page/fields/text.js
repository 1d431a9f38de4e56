// @ts-check
import { h } from '../dom.js';

const long_names = /(prompt|text|description)$/i;
const date_types = /** @type {Record<string, string>} */ ({
  date: 'date', time: 'time', 'date-time': 'datetime-local', week: 'week', month: 'month', email: 'email',
});

/** @param {import('../schema.js').Field} field @param {() => void} changed @returns {import('../row.js').Widget} */
export function make(field, changed) {
  const { maxLength, minLength, pattern, format } = field.schema;
  const many = field.kind === 'text' && (maxLength === undefined || maxLength > 120 || long_names.test(field.name)
    || (typeof field.default === 'string' && field.default.includes('\n')));
  const type = field.kind === 'date' ? (date_types[format] ?? 'text') : 'text';
  const box = many
    ? h('textarea', { rows: long_names.test(field.name) ? 3 : 1, class: 'grows' })
    : h('input', { type, step: type.startsWith('date') ? 'any' : null });
  const grow = () => {
    if (!many) return;
    box.style.height = 'auto';
    if (box.scrollHeight) box.style.height = `${Math.min(box.scrollHeight + 2, 400)}px`;
  };
  box.addEventListener('input', () => {
    grow();
    changed();
  });
  return {
    element: box,
    labelled: box,
    value: () => (type === 'datetime-local' && box.value ? new Date(box.value).toISOString() : box.value),
    set: (value) => {
      const text = value === null || value === undefined ? '' : String(value);
      box.value = type === 'datetime-local' && text ? local_time(text) : text;
      requestAnimationFrame(grow);
    },
    problem: () => {
      if (maxLength !== undefined && [...box.value].length > maxLength) return `must have at most ${maxLength} characters`;
      if (minLength && [...box.value].length < minLength) return `must have at least ${minLength} characters`;
      return pattern && !matches(pattern, box.value) ? `must be like ${pattern}` : '';
    },
  };
}

/** A pattern that a browser does not understand is left to the server. @param {string} pattern @param {string} text */
function matches(pattern, text) {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return true;
  }
}

/** @param {string} text */
function local_time(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  return new Date(time.getTime() - time.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}
