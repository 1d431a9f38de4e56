// @ts-check
/** Makes elements, without any HTML being parsed. */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * An element. Properties that begin with `on` are listeners, `class` and attributes are set as such, `style` is an
 * object, and what is false or null is left out.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Child | Child[])} children
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'style') Object.assign(element.style, value);
    else if (name === 'value') /** @type {any} */ (element).value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

/** @param {Element} element @param {(Child | Child[])[]} children */
function append(element, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Replaces what is in an element; whatever has the focus and is among the new children keeps it.
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function fill(element, ...children) {
  const focused = document.activeElement;
  const inside = focused && focused !== element && element.contains(focused);
  element.replaceChildren();
  append(element, children);
  if (inside && focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
}

const drawings = {
  copy: 'M5 5V2h9v9h-3M2 5h9v9H2z',
  download: 'M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5 6 6 0 1 0 13.5 9.5z',
  file: 'M4 1.5h5L12.5 5v9.5H4zM9 1.5V5h3.5',
  camera: 'M1.5 4.5h3l1-2h5l1 2h3v9h-13zM8 6.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  microphone: 'M8 1.5a2 2 0 0 0-2 2v4a2 2 0 0 0 4 0v-4a2 2 0 0 0-2-2zM3.5 7.5a4.5 4.5 0 0 0 9 0M8 12v2.5',
  plus: 'M8 3v10M3 8h10',
};

/**
 * A line drawing of 16 by 16; it says nothing to a screen reader.
 * @param {keyof typeof drawings} name
 */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const picture = document.createElementNS(space, 'svg');
  picture.setAttribute('viewBox', '0 0 16 16');
  picture.setAttribute('class', 'icon');
  picture.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', drawings[name]);
  picture.append(path);
  return picture;
}

/**
 * @param {string} label what it does; shown, unless there is a drawing
 * @param {() => void} press
 * @param {Record<string, any>} [properties] beside attributes: `icon`
 * @returns {HTMLButtonElement}
 */
export function button(label, press, properties = {}) {
  const { icon: drawing, ...others } = properties;
  const names = drawing ? { 'aria-label': label, title: label } : {};
  return h('button', { type: 'button', onclick: press, ...names, ...others }, drawing ? icon(drawing) : label);
}

let serial = 0;
/** An id that no other element has. @param {string} stem */
export const unique = (stem) => `${stem}-${++serial}`;

/** Says something to screen readers, politely, or at once if it is an error. @param {string} text */
export function announce(text, urgent = false) {
  const region = document.getElementById(urgent ? 'alert' : 'live');
  if (region) region.textContent = text;
}

/** @param {string} text @param {HTMLElement} [by] the button that says that it is done */
export async function copy(text, by) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h('textarea', { class: 'hidden-copy', value: text });
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  announce('Copied');
  if (!by || by.dataset.said) return;
  const before = [...by.childNodes];
  by.dataset.said = '1';
  by.replaceChildren('Copied');
  setTimeout(() => {
    by.replaceChildren(...before);
    delete by.dataset.said;
  }, 1200);
}

/** Lets the browser save a file. @param {string} address @param {string} name */
export function save(address, name) {
  h('a', { href: address, download: name }).click();
}

/** @param {number} bytes */
export function size_text(bytes) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let unit = 0;
  let value = bytes;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    ++unit;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return new Intl.NumberFormat(undefined, {
    style: 'unit', unit: units[unit], unitDisplay: unit ? 'short' : 'long', maximumFractionDigits: digits,
  }).format(value);
}

/** @param {number} seconds */
export function seconds_text(seconds) {
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 1) return `${number_text(seconds * 1000, seconds < 0.1 ? 1 : 0)} ms`;
  if (seconds < 60) return `${number_text(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** @param {number} value */
export function number_text(value, digits = 3) {
  return new Intl.NumberFormat(undefined, { maximumFractionDigits: digits }).format(value);
}

/** @param {string | number | Date} when */
export function time_text(when) {
  const time = new Date(when);
  const today = time.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(undefined, {
    ...(today ? {} : { month: 'short', day: 'numeric' }), hour: '2-digit', minute: '2-digit', second: '2-digit',
  }).format(time);
}

/** `max_new_tokens` as words: "Max new tokens". @param {string} name */
export function words(name) {
  const spaced = name.replace(/[_-]+/g, ' ').replace(/([a-z])([A-Z])/g, '$1 $2').trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
