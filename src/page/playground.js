// @ts-check
/** The page as the tool shows it, in front of any server: a bar that says which, and what webhooks say. */

import { base, server_base, set_target } from './api.js';
import { announce, h } from './dom.js';
import { WebhooksView } from './webhooks.js';

const kept = 'cog-target';

/** The URL of a server, without a user or what follows its path; '' if the text is none. @param {string} text */
export function target_of(text) {
  const given = text.trim();
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(given) ? given : `http://${given}`);
    if (!/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) return '';
    return url.origin + url.pathname.replace(/\/+$/, '');
  } catch {
    return '';
  }
}

export class Playground {
  /**
   * Learns from the tool where the server is, and adds to the page what shows it.
   * @param {{ banner: HTMLElement, add_tab: (key: string, title: string, content: HTMLElement) => HTMLElement, tabs: Record<string, { tab: HTMLElement }> }} page
   */
  static async open(page) {
    const config = await (await fetch(new URL('config', base), { cache: 'no-store' })).json();
    let chosen = config.target;
    try {
      chosen = sessionStorage.getItem(kept) ?? chosen;
    } catch {
      // Without storage each load begins with the tool's own target.
    }
    set_target(chosen);
    return new Playground(page, config);
  }

  /** @param {any} page @param {{ target: string, webhookBase: string, cogVersion: string }} config */
  constructor(page, config) {
    document.head.append(h('link', { rel: 'stylesheet', href: new URL('playground.css', import.meta.url).href }));
    this.box = h('input', { type: 'text', inputmode: 'url', spellcheck: 'false', autocomplete: 'off', id: 'target', value: this.shown });
    this.problem = h('p', { class: 'problem', id: 'target-problem', hidden: true }, 'This must be the address of a server, such as http://localhost:8393');
    page.banner.before(h('form', { class: 'target-bar card', 'aria-label': 'Target', onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      this.connect();
    } }, h('label', { for: 'target' }, 'Target'), this.box, h('button', { type: 'submit' }, 'Connect'),
    h('span', { class: 'faint' }, `cog ${config.cogVersion}`), this.problem));
    this.webhooks = new WebhooksView(config.webhookBase, (count) => {
      page.tabs.webhooks.tab.textContent = `Webhooks (${count})`;
    });
    page.add_tab('webhooks', 'Webhooks', this.webhooks.element);
    this.webhooks.listen();
  }

  get shown() {
    return server_base().href.replace(/\/$/, '');
  }

  /** Another server is another form, another history, another key: the page begins anew. */
  connect() {
    const wanted = target_of(this.box.value);
    this.problem.hidden = wanted !== '';
    this.box.setAttribute('aria-invalid', String(wanted === ''));
    if (wanted === '') {
      this.box.setAttribute('aria-describedby', 'target-problem');
      this.box.focus();
      return announce(this.problem.textContent ?? '', true);
    }
    try {
      sessionStorage.setItem(kept, wanted);
    } catch {
      this.problem.hidden = false;
      this.problem.textContent = `This browser keeps nothing for the page: start the tool with cog playground ${wanted}`;
      return announce(this.problem.textContent, true);
    }
    location.reload();
  }
}
