// @ts-check
/** Shows an output: picks the viewer by what it is. */

import { button, fill, h, number_text, save } from './dom.js';
import { forget_files, is_file, look_of, open_file } from './files.js';
import * as audio from './viewers/audio.js';
import * as file_viewer from './viewers/file.js';
import * as image from './viewers/image.js';
import * as tree from './viewers/json.js';
import * as table from './viewers/table.js';
import { TextView, text_element } from './viewers/text.js';
import * as video from './viewers/video.js';

const most_text = 1 << 20;

/** @param {string} value @param {string} stem @returns {HTMLElement} filled when the file is known */
function file_element(value, stem) {
  const place = h('div', { class: 'output-file', 'aria-busy': 'true' });
  show_file(value, stem).then((element) => fill(place, element), (error) =>
    fill(place, h('p', { class: 'problem' }, `The file cannot be shown: ${error.message}`)))
    .finally(() => place.removeAttribute('aria-busy'));
  return place;
}

/** @param {string} value @param {string} stem */
async function show_file(value, stem) {
  const file = await open_file(value, stem);
  const look = look_of(file);
  switch (look) {
    case 'image': return image.make(file);
    case 'audio': return audio.make(file);
    case 'video': return video.make(file);
    case 'file': return file_viewer.make(file);
  }
  const text = await file.text(most_text);
  const shown = look === 'table' ? table.make(text, /tab-separated|\.tsv$/i.test(`${file.type} ${file.name}`))
    : look === 'json' ? (tree.from_text(text) ?? text_element(text, file.name)) : text_element(text, file.name);
  return h('figure', {}, shown, file_viewer.caption(file));
}

/** @param {string[]} values */
function gallery(values) {
  const items = values.map((value, at) => h('li', { tabindex: -1 }, file_element(value, `output-${at}`)));
  const list = h('ul', { class: 'gallery', onkeydown: (/** @type {KeyboardEvent} */ event) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const at = items.findIndex((item) => item.contains(document.activeElement));
    const next = items[at + by];
    if (!by || at < 0 || !next || /** @type {any} */ (event.target).closest('audio, video')) return;
    event.preventDefault();
    (next.querySelector('button') ?? next).focus();
  } }, items);
  const all = button('Download all', async () => {
    for (const [at, value] of values.entries()) {
      const file = await open_file(value, `output-${at}`);
      if (!file.foreign) save(file.source, file.name);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }, { class: 'small' });
  return h('div', {}, list, h('div', { class: 'tools' }, h('span', { class: 'faint' }, `${values.length} files`), all));
}

/** An output that is whole. @param {any} value @param {any} schema @returns {HTMLElement} */
function value_element(value, schema) {
  if (is_file(value, schema)) return file_element(value, 'output');
  if (typeof value === 'string') return text_element(value);
  if (value === null || typeof value !== 'object')
    return h('p', { class: 'large' }, typeof value === 'number' ? number_text(value, 12) : String(value));
  if (Array.isArray(value) && value.length && value.every((one) => is_file(one, schema?.items)))
    return value.length === 1 ? file_element(value[0], 'output') : gallery(value);
  const inner = (/** @type {any} */ one, /** @type {string} */ path) => {
    const known = path.split('.').reduce((at, part) => at?.properties?.[part], schema);
    return is_file(one, known ?? schema?.items) ? file_element(one, path || 'output') : null;
  };
  return tree.make(value, inner);
}

/** The place of one run's output. */
export class OutputView {
  /** @param {any} schema of the output */
  constructor(schema) {
    this.schema = schema ?? {};
    this.element = h('div', { class: 'output' });
    this.is_text = this.schema.type === 'array' && this.schema['x-cog-array-display'] === 'concatenate';
    /** @type {TextView | null} */
    this.text = null;
    this.taken = 0;
    this.items = 0;
    this.done = false;
    forget_files();
  }

  /** Shows what has come since the last call. @param {import('./run_state.js').RunState} run */
  update(run) {
    if (this.done) return;
    const value = run.output !== undefined && (run.is_over || !run.chunks.length) ? run.output : run.chunks;
    const has_any = run.output !== undefined || run.chunks.length > 0;
    if (has_any && this.is_text && Array.isArray(value) && value.every((one, at) => at < this.taken || typeof one === 'string'))
      this.grow(value);
    else if (run.is_over && has_any) this.show_whole(value);
    else if (Array.isArray(value)) this.add_items(value);
    if (run.is_over) {
      this.done = true;
      this.text?.finish();
    }
  }

  /** @param {string[]} chunks */
  grow(chunks) {
    if (!this.text || chunks.length < this.taken) {
      this.text = new TextView();
      this.taken = 0;
      fill(this.element, this.text.element);
    }
    this.text.append(chunks.slice(this.taken).join(''));
    this.taken = chunks.length;
  }

  /** @param {any} value */
  show_whole(value) {
    this.text = null;
    fill(this.element, value_element(value, this.schema));
  }

  /** Items of a list that is not whole yet. @param {any[]} items */
  add_items(items) {
    const schema = this.schema.items;
    for (const item of items.slice(this.items)) this.element.append(value_element(item, schema));
    this.items = items.length;
  }
}
