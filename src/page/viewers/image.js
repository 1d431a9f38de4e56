// @ts-check
import { button, h, save, size_text } from '../dom.js';

/** @param {import('../files.js').OutputFile} file */
function show_full(file) {
  const dialog = h('dialog', { class: 'full', 'aria-label': file.name, onclose: () => dialog.remove() },
    h('img', { src: file.source, alt: file.name }),
    h('div', { class: 'tools' }, button('Close', () => dialog.close(), { class: 'small' })));
  dialog.addEventListener('click', (/** @type {Event} */ event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}

/** A picture, fitted; it opens in full size. @param {import('../files.js').OutputFile} file */
export function make(file) {
  const about = h('span', { class: 'faint' });
  const picture = h('img', { src: file.source, alt: file.name, onload: () => {
    const pixels = picture.naturalWidth ? `${picture.naturalWidth} × ${picture.naturalHeight}` : '';
    about.textContent = [pixels, file.size >= 0 ? size_text(file.size) : ''].filter(Boolean).join(', ');
  } });
  return h('figure', { class: 'picture' },
    h('button', { type: 'button', class: 'bare', 'aria-label': `${file.name}, full size`, onclick: () => show_full(file) }, picture),
    h('figcaption', {}, h('span', { class: 'file-name' }, file.name), about,
      button(`Download ${file.name}`, () => save(file.source, file.name), { icon: 'download', class: 'quiet' })));
}
