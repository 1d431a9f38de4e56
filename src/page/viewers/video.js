// @ts-check
import { h } from '../dom.js';
import { caption } from './file.js';

/** @param {import('../files.js').OutputFile} file */
export const make = (file) => h('figure', { class: 'player' },
  h('video', { src: file.source, controls: true, preload: 'metadata', playsinline: true, 'aria-label': file.name }), caption(file));
