// @ts-check
import { h } from '../dom.js';

/** @param {import('../schema.js').Field} field @param {() => void} changed @returns {import('../row.js').Widget} */
export function make(field, changed) {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = field.schema;
  const whole = field.kind === 'integer';
  const low = typeof exclusiveMinimum === 'number' ? exclusiveMinimum : minimum;
  const high = typeof exclusiveMaximum === 'number' ? exclusiveMaximum : maximum;
  const box = h('input', { type: 'text', inputmode: whole && low >= 0 ? 'numeric' : 'decimal', class: 'number', autocomplete: 'off' });
  const bounded = low !== undefined && high !== undefined && Number.isSafeInteger(Math.trunc(high - low));
  const step = multipleOf ?? (whole ? 1 : Number(((high - low) / 100).toPrecision(12)));
  const slider = bounded
    ? h('input', { type: 'range', min: low, max: high, step, 'aria-label': `${field.title}, slider`, tabindex: 0 })
    : null;

  const number = () => {
    const text = box.value.trim();
    if (text === '') return undefined;
    if (whole && /^[-+]?\d+$/.test(text) && !Number.isSafeInteger(Number(text))) return BigInt(text.replace('+', ''));
    return Number(text.replace(',', '.'));
  };
  const nudge = (/** @type {number} */ by) => {
    const now = number();
    const start = now === undefined ? (low ?? 0) : Number(now);
    const next = Number((start + by).toPrecision(12));
    box.value = String(Math.min(high ?? Infinity, Math.max(low ?? -Infinity, next)));
    show();
    changed();
  };
  const show = () => {
    if (!slider) return;
    const now = Number(number());
    if (Number.isFinite(now)) slider.value = String(now);
    const part = (Number(slider.value) - low) / (high - low || 1);
    slider.style.setProperty('--part', `${part * 100}%`);
  };
  box.addEventListener('input', () => {
    show();
    changed();
  });
  box.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    const unit = multipleOf ?? (whole || !bounded ? 1 : step);
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      nudge((event.key === 'ArrowUp' ? 1 : -1) * unit * (event.shiftKey ? 10 : 1));
    }
  });
  slider?.addEventListener('input', () => {
    box.value = slider.value;
    show();
    changed();
  });
  return {
    element: slider ? h('div', { class: 'bounded' }, slider, box) : box,
    labelled: box,
    value: number,
    set: (value) => {
      box.value = value === null || value === undefined ? '' : String(value);
      if (slider && box.value === '') slider.value = String(low);
      show();
    },
    problem: () => {
      const now = number();
      if (now === undefined) return '';
      if (typeof now === 'number' && !Number.isFinite(now)) return 'must be a number';
      if (whole && typeof now === 'number' && !Number.isInteger(now)) return 'must be a whole number';
      if (low !== undefined && (now < low || (low === exclusiveMinimum && now <= low)))
        return low === exclusiveMinimum ? `must be more than ${low}` : `must be at least ${low}`;
      if (high !== undefined && (now > high || (high === exclusiveMaximum && now >= high)))
        return high === exclusiveMaximum ? `must be less than ${high}` : `must be at most ${high}`;
      return '';
    },
  };
}
