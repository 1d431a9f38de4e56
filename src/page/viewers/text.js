// @ts-check
import { announce, button, copy, fill, h, save } from '../dom.js';

const block_size = 8192;
const like_markdown = /^(#{1,6} |\s*[-*] \S|\s*\d+\. \S|```|\|.*\|\s*$)/m;

/** Text that may grow; it follows its end unless it was scrolled up. */
export class TextView {
  constructor(name = 'output.txt') {
    /** @type {string[]} */
    this.parts = [];
    this.length = 0;
    this.body = h('div', { class: 'text-body' });
    this.box = h('div', { class: 'text', tabindex: 0, role: 'region', 'aria-label': 'Output text' }, this.body);
    this.block = null;
    this.block_length = 0;
    this.rendered = null;
    this.asked = false;
    this.as_markdown = button('Markdown', () => {
      this.asked = true;
      this.show_markdown(this.rendered === null);
    }, { class: 'small', 'aria-pressed': 'false' });
    this.tools = h('div', { class: 'tools' }, this.as_markdown,
      button('Copy', () => copy(this.text, /** @type {any} */ (this.tools.children[1])), { class: 'small' }),
      button('Download', () => {
        const address = URL.createObjectURL(new Blob([this.text], { type: 'text/plain' }));
        save(address, name);
        setTimeout(() => URL.revokeObjectURL(address), 1000);
      }, { class: 'small' }));
    this.element = h('div', {}, this.box, this.tools);
  }

  get text() {
    if (this.parts.length > 1) this.parts = [this.parts.join('')];
    return this.parts[0] ?? '';
  }

  /** @param {string} more */
  append(more) {
    if (more === '') return;
    this.parts.push(more);
    this.length += more.length;
    const at_end = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < 40;
    // Blocks of a few kilobytes, so that the browser lays out only those in sight.
    for (let rest = more; rest !== '';) {
      if (!this.block || (this.block_length > block_size && this.ends_line)) {
        this.block = document.createTextNode('');
        this.block_length = 0;
        this.body.append(h('div', { class: 'block' }, this.block));
      }
      const room = Math.max(1, block_size - this.block_length);
      const line = rest.indexOf('\n', Math.min(room, rest.length) - 1);
      const cut = line < 0 || line > 8 * block_size ? Math.min(rest.length, 8 * block_size) : line + 1;
      const piece = rest.slice(0, cut);
      this.block.appendData(piece);
      this.block_length += piece.length;
      this.ends_line = piece.endsWith('\n') || this.block_length > 8 * block_size;
      rest = rest.slice(cut);
    }
    if (at_end) this.box.scrollTop = this.box.scrollHeight;
  }

  /** The text is whole: Markdown is shown as such. */
  finish() {
    if (!this.asked && this.length < 200_000 && like_markdown.test(this.text)) this.show_markdown(true);
  }

  /** @param {boolean} on */
  async show_markdown(on) {
    this.as_markdown.setAttribute('aria-pressed', String(on));
    this.rendered = null;
    if (on) {
      try {
        const { markdown_element } = await import('./markdown.js');
        this.rendered = await markdown_element(this.text);
      } catch {
        announce('The server was updated: reload the page', true);
      }
    }
    fill(this.box, this.rendered ?? this.body);
  }
}

/** @param {string} text @param {string} [name] */
export function text_element(text, name) {
  const view = new TextView(name);
  view.append(text);
  view.finish();
  return view.element;
}
