// @ts-check
/** Shows a terminal and the bars in it. */

import { button, copy, fill, h, save } from './dom.js';

const colour_names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** @param {import('./terminal.js').Piece} piece */
function piece_element({ text, style }) {
  if (!style) return document.createTextNode(text);
  const [foreground, background, flags] = style.split('/');
  const element = h('span', {}, text);
  const colour = (/** @type {string} */ value, /** @type {'color' | 'backgroundColor'} */ where) => {
    if (value === '') return;
    if (value.startsWith('rgb')) element.style[where] = value;
    else element.classList.add(`${where === 'color' ? 'ink' : 'paper'}-${colour_names[Number(value) % 8]}`);
  };
  colour(foreground, 'color');
  colour(background, 'backgroundColor');
  if (flags.includes('b')) element.classList.add('bold');
  if (flags.includes('f')) element.classList.add('faint');
  if (flags.includes('i')) element.classList.add('italic');
  if (flags.includes('u')) element.classList.add('underlined');
  return element;
}

/** @param {import('./terminal.js').Piece[]} line */
const line_element = (line) => h('div', {}, line.length ? line.map(piece_element) : '\u200b');

/** The lines of a terminal; it follows the end unless it was scrolled up. */
export class LogView {
  /** @param {import('./terminal.js').Terminal} terminal */
  constructor(terminal) {
    this.terminal = terminal;
    this.settled = h('div');
    this.moving = h('div');
    this.shown = 0;
    this.box = h('div', { class: 'log', tabindex: 0, role: 'log', 'aria-live': 'off', 'aria-label': 'Log' }, this.settled, this.moving);
    const tools = h('div', { class: 'tools' },
      button('Copy', () => copy(terminal.text(), /** @type {any} */ (tools.firstChild)), { class: 'small' }),
      button('Download', () => {
        const address = URL.createObjectURL(new Blob([terminal.text()], { type: 'text/plain' }));
        save(address, 'log.txt');
        setTimeout(() => URL.revokeObjectURL(address), 1000);
      }, { class: 'small' }));
    this.element = h('div', {}, this.box, tools);
  }

  paint() {
    const { terminal, box } = this;
    const at_end = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
    const settled = terminal.dropped + terminal.frozen.length;
    if (settled < this.shown || this.shown < terminal.dropped) {
      fill(this.settled);
      this.shown = terminal.dropped;
    }
    while (this.settled.childElementCount > 0 && this.settled.childElementCount + settled - this.shown > terminal.frozen.length)
      this.settled.firstElementChild.remove();
    this.settled.append(...terminal.frozen.slice(this.shown - terminal.dropped).map(line_element));
    this.shown = settled;
    const lines = terminal.live_lines();
    if (lines.length && !lines[lines.length - 1].length) lines.pop();
    this.moving.replaceChildren(...lines.map(line_element));
    if (at_end) box.scrollTop = box.scrollHeight;
  }
}

/** @param {import('./terminal.js').Bar} bar */
export function bar_element({ name, fraction, done, total, rate, left }) {
  const percent = Math.round(fraction * 100);
  const said = [done && total && `${done}/${total}`, rate, left && left !== '?' && `${left} left`].filter(Boolean).join(' · ');
  return h('div', { class: 'bar-row' },
    h('span', { class: 'bar-name' }, name || 'Progress'),
    h('div', { class: 'bar', role: 'progressbar', 'aria-valuenow': percent, 'aria-valuemin': 0, 'aria-valuemax': 100,
      'aria-label': name || 'Progress' }, h('div', { class: 'bar-done', style: { width: `${percent}%` } })),
    h('span', { class: 'bar-text' }, `${percent} %`, said && h('span', { class: 'faint' }, ` ${said}`)));
}
