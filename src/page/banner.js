// @ts-check
/** What is the matter with the server, above everything. */

import { fill, h } from './dom.js';
import { Terminal } from './terminal.js';

/** @param {string} logs @param {number} count */
function last_lines(logs, count) {
  const terminal = new Terminal();
  terminal.feed(logs);
  return terminal.text(count);
}

/**
 * @param {HTMLElement} place
 * @param {any} health null: the server does not answer
 * @param {() => void} to_status
 * @param {boolean} updated the server is another than the one that this page came from
 */
export function show_banner(place, health, to_status, updated) {
  const [kind, ...said] = updated ? ['amber', h('strong', {}, 'The server was updated.'), ' Reload the page.'] : banner_of(health);
  const key = JSON.stringify([kind, updated, health?.status, health?.setup?.logs?.length, health?.user_healthcheck_error, health?.capacity?.given_up, health?.reload]);
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  place.hidden = kind === '';
  place.dataset.kind = kind;
  if (kind === '') return fill(place);
  fill(place, ...said, kind === 'bad' && health && h('a', { href: 'status', onclick: (/** @type {Event} */ event) => {
    event.preventDefault();
    to_status();
  } }, 'Status'));
}

/** @param {any} health @returns {[string, ...any[]]} */
function banner_of(health) {
  if (!health) return ['bad', h('strong', {}, 'The server does not answer.'), ' Trying again every 5 seconds.'];
  const log_of = (/** @type {string | undefined} */ text) => text
    ? h('pre', { tabindex: 0, 'aria-label': 'Setup log' }, last_lines(text, 12)) : null;
  const log = log_of(health.setup?.logs);
  switch (health.status) {
    case 'SETUP_FAILED': return ['bad', h('strong', {}, 'The model could not be set up.'), log];
    case 'DEFUNCT': return ['bad', h('strong', {}, 'All workers are gone: the server needs a restart.'),
      h('ul', {}, (health.capacity?.given_up ?? []).map((/** @type {string} */ cause) => h('li', {}, cause)))];
    case 'UNHEALTHY': return ['amber', h('strong', {}, 'The model says that it is not well: '), health.user_healthcheck_error ?? ''];
    default:
      if (health.reload?.status !== 'failed') return [''];
      return ['amber', h('strong', {}, 'The source as it is now does not run'), `, so what ran before goes on: ${health.reload.error}`,
        log_of(health.reload.logs)];
  }
}

/** The setup log while it grows, with the time since it began. */
export class StartingView {
  constructor() {
    this.clock = h('span', { class: 'clock' });
    this.log = h('pre', { class: 'log', tabindex: 0, role: 'log', 'aria-live': 'off', 'aria-label': 'Setup log' });
    this.element = h('section', { class: 'result starting', 'aria-label': 'Setup' },
      h('div', { class: 'result-head' }, h('span', { class: 'pill', 'data-state': 'starting' }, 'Setting up'), this.clock),
      h('div', { class: 'main-bar' }, h('div', { class: 'bar unknown' }, h('div', { class: 'bar-done' }))), this.log,
      h('p', { class: 'faint' }, 'The form can be filled in already.'));
  }

  /** @param {any} health @param {string} elapsed */
  update(health, elapsed) {
    this.clock.textContent = elapsed;
    const text = last_lines(health.setup?.logs ?? '', 500);
    if (this.log.textContent === text) return;
    const at_end = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 24;
    this.log.textContent = text;
    if (at_end) this.log.scrollTop = this.log.scrollHeight;
  }
}
