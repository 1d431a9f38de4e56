// @ts-check
/** The tab Webhooks of the playground: an address of the tool's own, and what servers send there. */

import { base } from './api.js';
import { button, copy, fill, h, size_text, time_text } from './dom.js';
import { read_events } from './events.js';
import { raw_text } from './viewers/json.js';

const kinds = /** @type {const} */ ([['start', 'when it begins'], ['output', 'with each output'], ['logs', 'with new logs'], ['completed', 'at its end']]);
const most_kept = 100;
const most_shown = 1 << 20;
const kept = 'cog-webhook-token';

/** The same after a reload, so that runs that go on are heard of. */
function own_token() {
  const random = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    const before = sessionStorage.getItem(kept);
    if (before) return before;
    sessionStorage.setItem(kept, random);
  } catch {
    // Without storage it lasts as long as the page.
  }
  return random;
}

export class WebhooksView {
  /** @param {string} where the tool is, for those who send @param {(count: number) => void} counted */
  constructor(where, counted) {
    this.counted = counted;
    this.count = 0;
    this.token = own_token();
    this.address = `${where}/webhook/${this.token}`;
    this.wanted = h('input', { type: 'checkbox', id: 'webhooks-wanted' });
    this.kinds = kinds.map(([name, when]) => ({ name, when, box: h('input', { type: 'checkbox', checked: true }) }));
    this.state = h('p', { class: 'faint', role: 'status' });
    this.list = h('ol', { class: 'webhooks' });
    const copying = button('Copy', () => copy(this.address, copying), { class: 'small' });
    this.element = h('section', { class: 'card stack', 'aria-label': 'Webhooks' },
      h('label', { class: 'check' }, this.wanted, 'Ask for webhooks with each run'),
      h('fieldset', { class: 'kinds' }, h('legend', {}, 'Which'),
        this.kinds.map(({ name, when, box }) => h('label', { class: 'check' }, box, name, h('span', { class: 'faint' }, when)))),
      h('div', { class: 'address' }, h('code', {}, this.address), copying),
      h('p', { class: 'faint' }, 'The server must reach this address. One in a container reaches a tool that listens beyond this machine: cog playground --host 0.0.0.0'),
      this.state, h('div', { class: 'tools' }, button('Clear', () => this.clear(), { class: 'small' })), this.list);
  }

  /** What a request has to say for webhooks to come. @returns {Record<string, any>} */
  fields() {
    if (!this.wanted.checked) return {};
    return { webhook: this.address, webhook_events_filter: this.kinds.filter(({ box }) => box.checked).map(({ name }) => name) };
  }

  /** For as long as the page is open, over lost connections. */
  async listen() {
    for (let lost = 0; ; ++lost) {
      try {
        const response = await fetch(new URL(`events?token=${this.token}`, base), { cache: 'no-store' });
        if (response.ok && response.body) {
          lost = 0;
          this.state.textContent = 'Waiting for webhooks.';
          for await (const event of read_events(response.body)) if (event.name === 'webhook') this.add(event.data);
        }
      } catch {
        // Tried again below.
      }
      this.state.textContent = 'cog playground does not answer: no webhook gets here.';
      await new Promise((resolve) => setTimeout(resolve, Math.min(30, 2 ** lost) * 1000));
    }
  }

  /** @param {{ received_at: string, headers: Record<string, string>, body: string }} webhook */
  add({ received_at, headers, body }) {
    let said = /** @type {any} */ (null);
    try {
      said = JSON.parse(body);
    } catch {
      // Shown as it is.
    }
    const status = typeof said?.status === 'string' ? said.status : 'no prediction';
    const place = h('div');
    const draw = () => place.childNodes.length || fill(place,
      h('pre', { class: 'raw', tabindex: 0, 'aria-label': 'Body' }, said === null ? body.slice(0, most_shown) : raw_text(said, most_shown)),
      h('pre', { class: 'raw', tabindex: 0, 'aria-label': 'Header fields' }, Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`).join('')));
    this.list.prepend(h('li', {}, h('details', { class: 'fold', ontoggle: draw }, h('summary', {},
      h('span', { class: 'pill tiny', 'data-state': status }, status), ' ', time_text(received_at), ' ',
      typeof said?.id === 'string' && h('code', {}, said.id), ' ', h('span', { class: 'faint' }, size_text(body.length))), place)));
    while (this.list.children.length > most_kept) this.list.lastElementChild?.remove();
    this.counted(++this.count);
  }

  clear() {
    fill(this.list);
    this.counted((this.count = 0));
  }
}
