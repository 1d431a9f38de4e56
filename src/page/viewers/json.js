// @ts-check
import { button, copy, fill, h } from '../dom.js';
import { to_json } from '../json.js';

const most_children = 200;
const open_levels = 2;

/** @param {any} value @param {string} path */
const leaf = (value, path) => {
  const kind = value === null ? 'null' : typeof value;
  const text = typeof value === 'string' ? JSON.stringify(value.length > 2000 ? `${value.slice(0, 2000)}…` : value) : String(value);
  return h('span', { class: `leaf ${kind}`, title: path }, text);
};

/** @param {string} path @param {string | number} key */
const child_path = (path, key) => (typeof key === 'number' ? `${path}[${key}]`
  : /^[A-Za-z_]\w*$/.test(key) ? (path ? `${path}.${key}` : key) : `${path}[${JSON.stringify(key)}]`);

/**
 * A tree that folds.
 * @param {any} value
 * @param {(value: any, path: string) => Node | null} [special] shows a value in its own way
 */
export function make(value, special = () => null, searchable = true) {
  const tree = h('div', { class: 'tree' }, node(value, '', 0, special, ''));
  if (!searchable || value === null || typeof value !== 'object' || Object.keys(value).length < 8) return tree;
  const search = h('input', { type: 'search', placeholder: 'Search', 'aria-label': 'Search the output', oninput: () => {
    const wanted = search.value.toLowerCase();
    fill(tree, node(value, '', 0, special, wanted));
  } });
  return h('div', { class: 'stack' }, search, tree);
}

/** @param {any} value @param {string} wanted @returns {boolean} */
function holds(value, wanted) {
  if (value !== null && typeof value === 'object')
    return Object.entries(value).some(([key, one]) => (!Array.isArray(value) && key.toLowerCase().includes(wanted)) || holds(one, wanted));
  return String(value).toLowerCase().includes(wanted);
}

/**
 * @param {any} value @param {string} path @param {number} depth
 * @param {(value: any, path: string) => Node | null} special @param {string} wanted
 * @returns {Node}
 */
function node(value, path, depth, special, wanted) {
  const shown = special(value, path);
  if (shown) return shown;
  if (value === null || typeof value !== 'object') return leaf(value, path);
  const list = Array.isArray(value);
  const entries = Object.entries(value);
  if (!entries.length) return h('span', { class: 'leaf' }, list ? '[]' : '{}');
  const flat = list && entries.length <= 16 && entries.every(([, one]) => typeof one === 'number');
  if (flat && !wanted) return h('span', { class: 'leaf number', title: path }, `[${value.join(', ')}]`);
  const children = h('ul');
  const draw = () => {
    const fitting = wanted ? entries.filter(([key, one]) => (!list && key.toLowerCase().includes(wanted)) || holds(one, wanted)) : entries;
    fill(children, fitting.slice(0, most_children).map(([key, one]) => {
      const inner = child_path(path, list ? Number(key) : key);
      return h('li', {}, h('button', { type: 'button', class: 'bare key', title: `Copy the path ${inner}`,
        onclick: (/** @type {any} */ event) => copy(inner, event.currentTarget) }, key), ' ', node(one, inner, depth + 1, special, wanted));
    }), fitting.length > most_children && h('li', { class: 'faint' }, `and ${fitting.length - most_children} more`));
  };
  const count = `${entries.length} ${list ? 'item' : 'member'}${entries.length === 1 ? '' : 's'}`;
  const fold = h('details', { open: depth < open_levels || wanted !== '', ontoggle: () => fold.open && !children.firstChild && draw() },
    h('summary', {}, h('span', { class: 'faint' }, list ? `[ ${count} ]` : `{ ${count} }`)), children);
  if (fold.open) draw();
  return fold;
}

/** JSON text, if it is any; else null. @param {string} text */
export function from_text(text) {
  try {
    return make(JSON.parse(text));
  } catch {
    return null;
  }
}

/** @param {any} value @param {number} most characters */
export function raw_text(value, most) {
  const text = to_json(value, 2);
  return text.length > most ? `${text.slice(0, most)}\n… ${text.length - most} characters more` : text;
}
