// @ts-check
/** Markdown as elements, made from the tokens of the lexer: no HTML is parsed, and HTML in it is text. */

import { h } from '../dom.js';

/** @type {((text: string) => any[]) | null | undefined} undefined: not loaded yet; null: this build has none */
let lexer;

async function load() {
  try {
    await import('../marked.js');
    const { marked } = /** @type {any} */ (globalThis);
    lexer = (text) => marked.lexer(text);
  } catch {
    lexer = null;
  }
}

/** The lexer escapes text for HTML. @param {string} text */
const plain = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) =>
  /** @type {Record<string, string>} */ ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name]);

/** @param {any[] | undefined} tokens @returns {Node[]} */
const inline = (tokens) => (tokens ?? []).map(inline_element);

/** @param {any} token @returns {Node} */
function inline_element(token) {
  switch (token.type) {
    case 'strong': return h('strong', {}, inline(token.tokens));
    case 'em': return h('em', {}, inline(token.tokens));
    case 'del': return h('del', {}, inline(token.tokens));
    case 'codespan': return h('code', {}, plain(token.text));
    case 'br': return h('br');
    case 'link': return /^(https?:|mailto:)/i.test(token.href)
      ? h('a', { href: token.href, rel: 'noreferrer noopener', target: '_blank' }, inline(token.tokens))
      : h('span', {}, inline(token.tokens));
    case 'image': return h('span', {}, `[${token.text || 'image'}]`);
    case 'text': return token.tokens ? h('span', {}, inline(token.tokens)) : document.createTextNode(plain(token.text));
    default: return document.createTextNode(plain(token.text ?? token.raw));
  }
}

/** @param {any} token @returns {Node | null} */
function block_element(token) {
  switch (token.type) {
    case 'space':
    case 'def': return null;
    case 'heading': return h(`h${Math.min(6, token.depth + 2)}`, {}, inline(token.tokens));
    case 'paragraph': return h('p', {}, inline(token.tokens));
    case 'blockquote': return h('blockquote', {}, blocks(token.tokens));
    case 'code': return h('pre', { tabindex: 0 }, h('code', {}, token.text));
    case 'hr': return h('hr');
    case 'list': return h(token.ordered ? 'ol' : 'ul', { start: token.ordered && token.start !== 1 ? token.start : null },
      token.items.map((/** @type {any} */ item) => h('li', {}, item.task ? (item.checked ? '☑ ' : '☐ ') : '', blocks(item.tokens))));
    case 'table': return h('div', { class: 'scrolls', tabindex: 0 }, h('table', {},
      h('thead', {}, h('tr', {}, token.header.map((/** @type {any} */ cell) => h('th', {}, inline(cell.tokens))))),
      h('tbody', {}, token.rows.map((/** @type {any[]} */ row) => h('tr', {}, row.map((cell) => h('td', {}, inline(cell.tokens))))))));
    case 'text': return h('span', {}, token.tokens ? inline(token.tokens) : plain(token.text));
    default: return h('p', {}, token.raw);
  }
}

/** @param {any[]} tokens @returns {Node[]} */
const blocks = (tokens) => /** @type {Node[]} */ (tokens.map(block_element).filter(Boolean));

/** @param {string} text */
export async function markdown_element(text) {
  if (lexer === undefined) await load();
  if (!lexer) return h('div', { class: 'text-body' }, text);
  return h('div', { class: 'markdown' }, blocks(lexer(text)));
}
