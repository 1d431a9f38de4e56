// @ts-check
import { button, fill, h, number_text } from '../dom.js';

const most_rows = 1000;

/** The cells of CSV text; quoted ones may hold separators and line breaks. @param {string} text @param {string} separator */
export function cells_of(text, separator) {
  /** @type {string[][]} */
  const rows = [];
  /** @type {string[]} */
  let row = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; ++at) {
    const character = text[at];
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') {
        cell += '"';
        ++at;
      } else quoted = false;
    } else if (character === '"' && cell === '') quoted = true;
    else if (character === separator) {
      row.push(cell);
      cell = '';
    } else if (character === '\n') {
      row.push(cell.replace(/\r$/, ''));
      rows.push(row);
      row = [];
      cell = '';
      if (rows.length > most_rows) return rows;
    } else cell += character;
  }
  if (cell !== '' || row.length) rows.push([...row, cell]);
  return rows;
}

/** A table that sorts by the column that is pressed. @param {string} text @param {boolean} tabs */
export function make(text, tabs) {
  const [names = [], ...rows] = cells_of(text, tabs ? '\t' : ',');
  const body = h('tbody');
  let sorted = -1;
  let down = false;
  const draw = () => fill(body, rows.map((row) => h('tr', {}, names.map((_, at) => h('td', {}, row[at] ?? '')))));
  const heads = names.map((name, at) => h('th', { scope: 'col' }, button(name || `Column ${at + 1}`, () => {
    down = sorted === at && !down;
    sorted = at;
    const compare = (/** @type {string} */ a, /** @type {string} */ b) =>
      a !== '' && b !== '' && !Number.isNaN(Number(a)) && !Number.isNaN(Number(b)) ? Number(a) - Number(b) : a.localeCompare(b);
    rows.sort((a, b) => compare(a[at] ?? '', b[at] ?? '') * (down ? -1 : 1));
    heads.forEach((head, other) => head.setAttribute('aria-sort', other !== at ? 'none' : down ? 'descending' : 'ascending'));
    draw();
  }, { class: 'bare' })));
  draw();
  const more = rows.length >= most_rows ? `The first ${number_text(most_rows)} rows` : `${number_text(rows.length)} rows`;
  return h('div', {}, h('div', { class: 'scrolls', tabindex: 0, role: 'region', 'aria-label': 'Table' },
    h('table', {}, h('thead', {}, h('tr', {}, heads)), body)), h('p', { class: 'faint' }, more));
}
