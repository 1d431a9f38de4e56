// @ts-check
import { button, fill, h, size_text } from '../dom.js';
import { record } from './record.js';

/** @typedef {File | string} FileValue a local file, or the address of one */

/** @param {FileValue} value */
const name_of = (value) => {
  if (value instanceof File) return value.name;
  if (value.startsWith('data:')) return `data URL, ${value.slice(5, value.search(/[;,]/))}`;
  return value;
};

/** @param {FileValue} value @param {() => void} remove */
function preview(value, remove) {
  const type = value instanceof File ? value.type : (/^data:([^;,]*)/.exec(value)?.[1] ?? '');
  const source = value instanceof File ? URL.createObjectURL(value) : value;
  const local = value instanceof File || value.startsWith('data:');
  let picture = null;
  if (local && type.startsWith('image/')) picture = h('img', { src: source, alt: '', class: 'thumb' });
  else if (local && type.startsWith('audio/')) picture = h('audio', { src: source, controls: true });
  else if (local && type.startsWith('video/')) picture = h('video', { src: source, controls: true, class: 'thumb' });
  const about = value instanceof File ? size_text(value.size) : '';
  return h('li', { class: 'given-file' }, picture,
    h('span', { class: 'file-name' }, name_of(value)), h('span', { class: 'faint' }, about),
    button(`Remove ${name_of(value).slice(0, 60)}`, () => {
      if (value instanceof File) URL.revokeObjectURL(source);
      remove();
    }, { icon: 'close', class: 'quiet' }));
}

/**
 * A file, or many: dropped, chosen, pasted, taken with the camera, recorded, or named by an address.
 * @param {import('../schema.js').Field} field @param {() => void} changed @returns {import('../row.js').Widget}
 */
export function make(field, changed) {
  const many = field.kind === 'files';
  /** @type {FileValue[]} */
  let values = [];
  const accept = field.schema['x-cog-accept'] ?? field.item?.schema['x-cog-accept'];
  const chooser = h('input', { type: 'file', multiple: many, accept: Array.isArray(accept) ? accept.join(',') : accept,
    class: 'visually-hidden', tabindex: -1, 'aria-hidden': 'true' });
  const shown = h('ul', { class: 'given-files' });
  const address = h('input', { type: 'url', placeholder: 'or an address: https://…', 'aria-label': `${field.title}, address` });
  const add = (/** @type {FileValue[]} */ more) => {
    if (!more.length) return;
    values = many ? [...values, ...more] : [more[more.length - 1]];
    draw();
    changed();
  };
  const draw = () => {
    fill(shown, values.map((value, at) => preview(value, () => {
      values.splice(at, 1);
      draw();
      changed();
      choose.focus();
    })));
    shown.hidden = values.length === 0;
  };
  const take_address = () => {
    const text = address.value.trim();
    if (!text) return;
    address.value = '';
    add([text]);
  };
  const choose = button(many ? 'Choose files' : 'Choose a file', () => chooser.click(), { class: 'small' });
  const capture = record(accept, (file) => add([file]));
  const zone = h('div', { class: 'drop' },
    h('div', { class: 'drop-row' }, choose, h('span', { class: 'faint' }, 'drop or paste'), capture), address, chooser);

  chooser.addEventListener('change', () => {
    add([...(chooser.files ?? [])]);
    chooser.value = '';
  });
  address.addEventListener('change', take_address);
  address.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && !event.ctrlKey) {
      event.preventDefault();
      take_address();
    }
  });
  const over = (/** @type {boolean} */ is) => zone.classList.toggle('over', is);
  zone.addEventListener('dragover', (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    over(true);
  });
  zone.addEventListener('dragleave', () => over(false));
  zone.addEventListener('drop', (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    over(false);
    add([...(event.dataTransfer?.files ?? [])]);
  });
  zone.addEventListener('paste', (/** @type {ClipboardEvent} */ event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    add(files);
  });
  return {
    element: h('div', { class: 'stack' }, zone, shown),
    labelled: choose,
    group: true,
    value: () => (many ? values : values[0]),
    set: (value) => {
      values = Array.isArray(value) ? [...value] : value ? [value] : [];
      address.value = '';
      draw();
    },
    problem: () => {
      const wrong = values.find((value) => typeof value === 'string' && !/^(https?|data):/i.test(value));
      return wrong === undefined ? '' : 'must be a file, or an address that begins with http:// or https://';
    },
    settle: take_address,
  };
}
