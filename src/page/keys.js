// @ts-check
/** Asks for an API key. */

import { keys, set_key } from './api.js';
import { button, h } from './dom.js';

/** @type {Promise<boolean> | null} */
let asking = null;

/** @param {string} why @returns {Promise<boolean>} */
function ask(why) {
  asking ??= new Promise((resolve) => {
    const box = h('input', { type: 'password', autocomplete: 'off', 'aria-label': 'API key' });
    const for_tab = h('input', { type: 'checkbox' });
    let given = false;
    const take = () => {
      if (!box.value.trim()) return box.focus();
      set_key(box.value.trim(), for_tab.checked);
      given = true;
      dialog.close();
    };
    box.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && take());
    const dialog = h('dialog', { class: 'box', 'aria-label': 'API key', onclose: () => {
      dialog.remove();
      asking = null;
      resolve(given);
    } }, h('h2', {}, 'API key'), h('p', {}, why), box,
    h('label', { class: 'none' }, for_tab, 'Keep it for this tab'),
    h('div', { class: 'tools' }, button('Use it', take, { class: 'primary' }), button('Cancel', () => dialog.close())));
    document.body.append(dialog);
    dialog.showModal();
    box.focus();
  });
  return asking;
}

export function ask_for_keys() {
  keys.ask = ask;
}
