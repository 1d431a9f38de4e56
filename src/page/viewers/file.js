// @ts-check
import { button, h, icon, save, size_text } from '../dom.js';

/** Name, size and a way to save it. @param {import('../files.js').OutputFile} file */
export const caption = (file) => h('figcaption', {}, h('span', { class: 'file-name' }, file.name),
  h('span', { class: 'faint' }, [file.type, file.size >= 0 ? size_text(file.size) : ''].filter(Boolean).join(', ')),
  button(`Download ${file.name}`, () => save(file.source, file.name), { icon: 'download', class: 'quiet' }));

/** A file that is not shown. @param {import('../files.js').OutputFile} file */
export const make = (file) => h('figure', { class: 'plain-file' }, icon('file'),
  file.foreign ? h('a', { href: file.source, rel: 'noreferrer noopener', target: '_blank' }, file.source) : caption(file));
