// @ts-check
import { h } from '../dom.js';
import { caption } from './file.js';

/** @param {import('../files.js').OutputFile} file */
export const make = (file) => h('figure', { class: 'player' },
  h('audio', { src: file.source, controls: true, preload: 'metadata', 'aria-label': file.name }), caption(file));
