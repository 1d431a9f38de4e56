// @ts-check
import { h } from '../dom.js';
import { Row } from '../row.js';

/** A group of inputs. @param {import('../schema.js').Field} field @param {() => void} changed @returns {import('../row.js').Widget} */
export function make(field, changed) {
  const rows = field.fields.map((inner) => new Row(inner, changed));
  const element = h('div', { class: 'group' }, rows.map((row) => row.element));
  return {
    element,
    labelled: element,
    group: true,
    value: () => {
      const given = rows.filter((row) => row.value() !== undefined);
      return given.length ? Object.fromEntries(given.map((row) => [row.field.name, row.value()])) : undefined;
    },
    set: (value) => rows.forEach((row) => {
      if (value && typeof value === 'object' && row.field.name in value) row.set(value[row.field.name]);
      else row.reset();
    }),
    problem: () => '',
    check: () => rows.map((row) => row.check(rows.some((one) => one.touched))).every(Boolean),
    mark: ([part, ...deeper], message) =>
      rows.find((row) => row.field.name === part)?.mark(deeper, message) ?? false,
  };
}
